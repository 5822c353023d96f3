package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests when records are reused: after they have rested, and when their spans are never ended. */
class RestingRecordsTest {

    private static final int CHUNK = SweepRig.CHUNK;
    /** SERVER in OTLP's numbering; attached spans are INTERNAL, 1. */
    private static final int DETACHED_KIND = 2;

    private static final Duration LOOK = Duration.ofMillis(300);

    // --- resting

    @Test
    void detachedSpansRecordRestsForThousandsOfOthers() {
        assertNotUsedBefore(ChunkSweep.MOST_RESTING, new SweepRig(512), 512 * CHUNK - 6000, 100, 0);
    }

    @Test
    void restsAlsoWhenItsChunkIsOwnedMeanwhile() {
        assertNotUsedBefore(ChunkSweep.MOST_RESTING, new SweepRig(512), 512 * CHUNK - 6000, 50, 50);
    }

    @Test
    void quarterOfFewRecordsRests() {
        assertNotUsedBefore(8 * CHUNK, new SweepRig(32), 16 * CHUNK, 20, 0);
    }

    @Test
    void attachedSpansRecordRestsForSome128Others() {
        assertNotUsedBefore(128, new SweepRig(32), 16 * CHUNK, 0, 20);
    }

    /** Among the other spans are some detached long-lived ones, which end while the rest of their chunk is reused. */
    private static void assertNotUsedBefore(int others, SweepRig rig, int open, int detached, int attached) {
        final List<Span> filling = new ArrayList<>();
        for (int i = 0; i < open; i++) {
            filling.add(rig.open());
        }
        final int least = detached > 0 ? DETACHED_KIND : 0;
        final Map<Integer, Integer> last = new HashMap<>();
        int used = 0;
        for (int round = 0; used < 40_000; round++) {
            rig.spans(attached * (round % 3)).detached(detached * (round * 7 % 5));
            if (round % 3 == 0) {
                filling.get(round % filling.size()).end();
                filling.set(round % filling.size(), rig.open());
            }
            rig.sweepAfter(LOOK);
            for (int record : rig.done) {
                final Integer before = last.remove(record);
                assertTrue(before == null || used - before >= others, "used again: record " + record);
                if (rig.kind(record) >= least) {
                    last.put(record, used);
                }
                used++;
            }
        }
        assertEquals(0, rig.count(Counter.RECORDS_FULL));
        filling.forEach(Span::end);
        rig.close();
    }

    @Test
    void reusesRestingRecordsBeforeDroppingSpans() {
        final SweepRig rig = new SweepRig(32);
        for (int i = 0; i < 24 * CHUNK; i++) {
            rig.open();
        }
        for (int round = 0; round < 500; round++) {
            rig.detached(50).spans(30).sweep();
        }
        assertEquals(0, rig.count(Counter.RECORDS_FULL));
        assertEquals(24 * CHUNK, rig.close().open());
    }

    // --- abandoned spans

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static SweepRig abandoning() {
        return new SweepRig(32, SweepRig.config().with(TracerConfig.ABANDON_AFTER, LIMIT));
    }

    @Test
    void abandonsNoSpanWhileRecordsAreFree() {
        final SweepRig rig = abandoning();
        for (int i = 0; i < 20 * CHUNK; i++) {
            rig.open();
        }
        rig.sweep();
        rig.sweepAfter(Duration.ofHours(2));
        rig.sweepAfter(LOOK);
        assertEquals(List.of(), rig.abandoned);
        assertEquals(20 * CHUNK, rig.close().open());
    }

    @Test
    void abandonsOldOpenSpansWhenRecordsAreScarce() {
        final SweepRig rig = abandoning();
        final List<Span> forgotten = new ArrayList<>();
        for (int i = 0; i < 31 * CHUNK; i++) {
            forgotten.add(rig.open());
        }
        rig.sweep();
        rig.sweepAfter(LIMIT.minusSeconds(1));
        assertEquals(List.of(), rig.abandoned, "not old enough");
        rig.sweepAfter(Duration.ofSeconds(2));
        final int taken = rig.abandoned.size();
        assertTrue(taken > 0 && taken < 31 * CHUNK, "only as many as are needed: " + taken);
        assertEquals(taken, rig.count(Counter.ABANDONED));
        assertEquals(taken, rig.ledger().taken());
        final long misused = rig.count(Counter.MISUSE_AFTER_END);
        forgotten.forEach(span -> span.set("late", 1).end());
        assertEquals(
                misused + 2L * taken, rig.count(Counter.MISUSE_AFTER_END), "each late call is rejected and counted");
        rig.sweepAfter(LOOK);
        assertEquals(0, rig.spans(3 * CHUNK).ledger().dropped());
        final Ledger end = rig.close();
        assertEquals(34 * CHUNK, end.shipped());
        assertEquals(0, end.open());
    }

    @Test
    void abandonsNoYoungSpanHoweverScarceRecordsAre() {
        final SweepRig rig = abandoning();
        for (int i = 0; i < 33 * CHUNK; i++) {
            rig.open();
        }
        rig.sweep();
        rig.sweepAfter(LIMIT.dividedBy(2));
        assertEquals(List.of(), rig.abandoned);
        assertEquals(CHUNK, rig.ledger().dropped());
        rig.close();
    }

    @Test
    void abandonsAttachedSpanOnceItsThreadIsNotWriting() throws InterruptedException {
        final SweepRig rig = abandoning();
        final CountDownLatch started = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        final boolean[] running = {true};
        final Thread thread = new Thread(() -> {
            final Span outermost = rig.tracer.start(SweepRig.WORK);
            rig.tracer.start(SweepRig.WORK);
            started.countDown();
            awaitQuietly(go);
            outermost.end();
        });
        thread.start();
        started.await();
        final int first = IntStream.range(0, 32 * CHUNK)
                .filter(record -> rig.uses(record) == 1)
                .findFirst()
                .getAsInt();
        while (rig.open().isRecording()) {
            running[0] = true;
        }
        rig.sweep();
        Harness.await("the thread to wait", () -> thread.getState() == Thread.State.WAITING);
        rig.sweepAfter(LIMIT.plusSeconds(1));
        for (int i = 0; i < 30 && !rig.abandoned.contains(first); i++) {
            while (rig.open().isRecording()) {
                running[0] = true;
            }
            rig.sweepAfter(LIMIT.plusSeconds(1));
        }
        assertTrue(rig.abandoned.contains(first));
        // By now its record may belong to a span of another thread.
        final long misused = rig.count(Counter.MISUSE_AFTER_END) + rig.count(Counter.MISUSE_WRONG_THREAD);
        go.countDown();
        thread.join();
        assertNotEquals(misused, rig.count(Counter.MISUSE_AFTER_END) + rig.count(Counter.MISUSE_WRONG_THREAD));
        rig.ledger();
        rig.close();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
