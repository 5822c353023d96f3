package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.RecordLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class LanesTest {

    private final Records records = new Records();
    private final AtomicInteger nudges = new AtomicInteger();
    private Runnable onNudge = () -> {};

    private Lanes lanes(long fullWaitNs) {
        return new Lanes(records.file, fullWaitNs, () -> {
            nudges.incrementAndGet();
            onNudge.run();
        });
    }

    private int publish(Lanes lanes, long spanId, int hint) {
        return lanes.publish(records.source, records.write(spanId, Records.lengthOf(1), 0), hint, null);
    }

    private static int drain(Lanes lanes, Lane.Handler handler) {
        int taken = 0;
        for (int i = 0; i < lanes.count(); i++) {
            taken += lanes.lane(i).poll(handler);
        }
        return taken;
    }

    private static final Lane.Handler IGNORING = new Lane.Handler() {
        @Override
        public boolean onRecord(Lane lane, long sequence, int slots) {
            return true;
        }

        @Override
        public void onMissing(Lane lane, long count) {
            throw new AssertionError(count + " records are missing");
        }
    };

    @Test
    void aThreadStaysInItsLaneUntilItIsFullThenGoesToTheNext() {
        final Lanes lanes = lanes(0);
        int hint = 2;
        final int[] perLane = new int[Records.LANES];
        for (int i = 0; i < Records.LANES * Records.SLOTS; i++) {
            hint = publish(lanes, i + 1, hint);
            assertEquals((2 + i / Records.SLOTS) % Records.LANES, hint);
            perLane[hint]++;
        }
        for (int count : perLane) {
            assertEquals(Records.SLOTS, count);
        }
        assertEquals(RecordSink.FULL, publish(lanes, 99, hint));
        assertEquals(Records.LANES * Records.SLOTS, drain(lanes, IGNORING));
    }

    @Test
    void anyHintIsGoodEnough() {
        final Lanes lanes = lanes(0);
        assertTrue(publish(lanes, 1, Integer.MAX_VALUE) >= 0);
        assertTrue(publish(lanes, 2, Integer.MIN_VALUE) >= 0);
        assertTrue(publish(lanes, 3, -1) >= 0);
        assertEquals(3, drain(lanes, IGNORING));
    }

    @Test
    void aFullRingIsWaitedForUpToTheBoundAndTheExporterIsAsked() {
        final Lanes lanes = lanes(TimeUnit.MILLISECONDS.toNanos(2));
        fill(lanes);
        final int before = nudges.get();
        assertEquals(RecordSink.FULL, publish(lanes, 99, 0));
        assertTrue(nudges.get() > before);
    }

    @Test
    void whoWaitsGoesOnAsSoonAsThereIsRoom() {
        final Lanes lanes = lanes(TimeUnit.HOURS.toNanos(1));
        fill(lanes);
        onNudge = () -> lanes.lane(3).poll(IGNORING);
        assertEquals(3, publish(lanes, 99, 0));
    }

    @Test
    void whoWaitsIsToldWhenTheLanesCloseMeanwhile() {
        final Lanes lanes = lanes(TimeUnit.HOURS.toNanos(1));
        fill(lanes);
        onNudge = lanes::shut;
        assertEquals(RecordSink.CLOSED, publish(lanes, 99, 0));
    }

    private void fill(Lanes lanes) {
        int hint = 0;
        for (int i = 0; i < Records.LANES * Records.SLOTS; i++) {
            hint = publish(lanes, i + 1, hint);
        }
    }

    @Test
    void onlyWhenEveryLaneIsShutIsTheSetClosed() {
        final Lanes lanes = lanes(0);
        lanes.lane(0).shut();
        lanes.lane(1).shut();
        assertEquals(2, publish(lanes, 1, 0));
        assertTrue(lanes.shut());
        assertEquals(RecordSink.CLOSED, publish(lanes, 2, 0));
        assertEquals(RecordSink.CLOSED, publish(lanes, 3, 2));
    }

    @Test
    void aLaneThatIsHeldMakesTheSetBusyAndIsWaitedForWhereWaitingIsAllowed() throws InterruptedException {
        assertEquals(RecordSink.BUSY, publishWhileOneIsHeldAndTheRestIsFull(0));
        assertTrue(publishWhileOneIsHeldAndTheRestIsFull(TimeUnit.HOURS.toNanos(1)) >= 0);
    }

    /** A thread stands still inside lane 0, half full, and the others are full: by waiting long enough one gets in. */
    private int publishWhileOneIsHeldAndTheRestIsFull(long fullWaitNs) throws InterruptedException {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        final AtomicReference<Thread> holder = new AtomicReference<>();
        final Lanes lanes = lanes(fullWaitNs);
        int hint = 1;
        for (int i = 0; i < (Records.LANES - 1) * Records.SLOTS; i++) {
            hint = publish(lanes, i + 1, hint);
        }
        onNudge = () -> {
            if (Thread.currentThread() == holder.get()) {
                inside.countDown();
                awaitQuietly(go);
            } else {
                go.countDown();
            }
        };
        final int other = records.file.layout().mediumOffset();
        final int length = records.write(other, 77, Records.lengthOf(1), 0);
        holder.set(new Thread(() -> {
            for (int i = 0; i < Records.SLOTS / 2 + 1; i++) {
                lanes.publish(other, length, 0, null);
            }
        }));
        holder.get().start();
        inside.await();
        final int result = publish(lanes, 99, 0);
        go.countDown();
        holder.get().join();
        return result;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void recordsOfOneThreadKeepTheirOrderInEachLaneAndNoneIsLostWhoeverElsePublishes() throws InterruptedException {
        final Records many = new Records(64);
        final Lanes lanes = new Lanes(many.file, TimeUnit.HOURS.toNanos(1), () -> {});
        final int threads = 6;
        final int each = 20_000;
        final Thread[] producers = new Thread[threads];
        for (int t = 0; t < threads; t++) {
            final int thread = t;
            producers[t] = new Thread(() -> {
                final int source = many.file.layout().mediumOffset() + thread * 1024;
                int hint = thread;
                for (int i = 1; i <= each; i++) {
                    final int length = Records.lengthOf(1 + i % 3) - 8 * (i % 4);
                    many.write(source, (long) thread << 32 | i, length, 0);
                    hint = lanes.publish(source, length, hint, null);
                }
            });
            producers[t].start();
        }
        final OrderChecker checker = new OrderChecker();
        Harness.await("every record", () -> checker.drainAll(lanes) == threads * each);
        for (Thread producer : producers) {
            producer.join();
        }
        assertEquals("", checker.wrong);
    }

    /** Sees that each thread's numbers grow within a lane and that every record is whole. */
    private static final class OrderChecker implements Lane.Handler {
        private final Batch batch = new Batch(1 << 20, 64, Records.RECORD_LENGTH, 0);
        private final Map<Lane, long[]> last = new HashMap<>();
        private int seen;
        String wrong = "";

        int drainAll(Lanes lanes) {
            drain(lanes, this);
            return seen;
        }

        @Override
        public boolean onRecord(Lane lane, long sequence, int slots) {
            batch.clear();
            batch.append(lane, sequence, slots);
            final long id = RecordLayout.spanId(batch.buffer(), batch.offset(0));
            final int i = (int) id;
            final long[] numbers = last.computeIfAbsent(lane, any -> new long[64]);
            final int thread = (int) (id >>> 32);
            if (i <= numbers[thread]) {
                wrong = "thread " + thread + ": " + i + " after " + numbers[thread] + Arrays.toString(numbers);
            }
            if (!Records.isWhole(batch, 0, id, Records.lengthOf(1 + i % 3) - 8 * (i % 4))) {
                wrong = "torn: " + thread + ", " + i;
            }
            numbers[thread] = i;
            seen++;
            return true;
        }

        @Override
        public void onMissing(Lane lane, long count) {
            wrong = "missing " + count;
        }
    }
}
