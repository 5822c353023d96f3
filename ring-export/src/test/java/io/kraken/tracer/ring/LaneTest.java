package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.RecordLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LaneTest {

    private final Records records = new Records();
    private final AtomicInteger nudges = new AtomicInteger();
    private Runnable onNudge = () -> {};
    private final Lane lane = new Lane(records.file, 0, () -> {
        nudges.incrementAndGet();
        onNudge.run();
    });
    private final Collector collector = new Collector();

    /** Keeps what it is given. */
    private static final class Collector implements Lane.Handler {
        final Batch batch = new Batch(1 << 20, 10_000, Records.RECORD_LENGTH, 0);
        final List<Throwable> thrown = new ArrayList<>();
        long missing;
        int most = Integer.MAX_VALUE;

        @Override
        public boolean onRecord(Lane lane, long sequence, int slots) {
            if (batch.count() == most) {
                return false;
            }
            final int count = RecordLayout.thrown(lane.buffer(), lane.slotOffset(sequence));
            for (int i = 0; i < count; i++) {
                thrown.add(lane.thrown(sequence, i));
            }
            return batch.append(lane, sequence, slots);
        }

        @Override
        public void onMissing(Lane lane, long count) {
            missing += count;
        }

        long id(int record) {
            return RecordLayout.spanId(batch.buffer(), batch.offset(record));
        }
    }

    private int publish(long spanId, int slots) {
        return lane.tryPublish(records.source, records.write(spanId, Records.lengthOf(slots), 0), null);
    }

    private int publish(long spanId, int slots, Throwable... thrown) {
        return lane.tryPublish(records.source, records.write(spanId, Records.lengthOf(slots), thrown.length), thrown);
    }

    private long unread() {
        return records.file.lanePublished(0) - records.file.laneConsumedRecords(0);
    }

    @Test
    void recordsComeOutWholeAndInTheirOrderHoweverOftenTheRingWraps() {
        int next = 1;
        int read = 0;
        for (int round = 0; round < 500; round++) {
            int left = Records.SLOTS;
            for (int slots = 1 + round % 5; slots <= left; slots = 1 + (slots + round) % 5) {
                assertEquals(Lane.PUBLISHED, publish(next++, slots));
                left -= slots;
            }
            lane.poll(collector);
            for (; read < collector.batch.count(); read++) {
                final int length = RecordLayout.length(collector.batch.buffer(), collector.batch.offset(read));
                assertTrue(Records.isWhole(collector.batch, read, read + 1, length), "record " + (read + 1));
            }
            assertEquals(next - 1, read);
        }
        assertEquals(0, collector.missing);
        assertEquals(0, unread());
        assertTrue(next > 1000);
    }

    @Test
    void aRingTakesAsManyRecordsAsItHasSlotsAndNotOneMore() {
        for (int i = 1; i <= Records.SLOTS; i++) {
            assertEquals(Lane.PUBLISHED, publish(i, 1));
        }
        assertEquals(RecordSink.FULL, publish(99, 1));
        assertEquals(Records.SLOTS, lane.poll(collector));
        assertEquals(Lane.PUBLISHED, publish(100, 1));
    }

    @Test
    void aRecordAsLargeAsTheRingFitsWhenItIsEmptyAndNeverOtherwise() {
        assertEquals(Lane.PUBLISHED, publish(1, 1));
        assertEquals(RecordSink.FULL, publish(2, Records.SLOTS));
        lane.poll(collector);
        assertEquals(Lane.PUBLISHED, publish(3, Records.SLOTS));
        assertEquals(RecordSink.FULL, publish(4, 1));
        assertEquals(1, lane.poll(collector));
        assertTrue(Records.isWhole(collector.batch, 1, 3, Records.lengthOf(Records.SLOTS)));
    }

    @Test
    void aRecordLargerThanTheRingIsRefusedAndDoesNoHarm() {
        assertEquals(RecordSink.FULL, publish(1, Records.SLOTS + 1));
        assertEquals(Lane.PUBLISHED, publish(2, 1));
        assertEquals(1, lane.poll(collector));
        assertEquals(2, collector.id(0));
    }

    @Test
    void aRecordOfSeveralSlotsGoesOnAtTheStartOfTheRing() {
        assertEquals(Lane.PUBLISHED, publish(1, Records.SLOTS - 1));
        lane.poll(collector);
        assertEquals(Lane.PUBLISHED, publish(2, 3));
        lane.poll(collector);
        assertTrue(Records.isWhole(collector.batch, 1, 2, Records.lengthOf(3)));
    }

    @Test
    void exceptionsTravelWithTheirRecordAndAreForgottenOnceItIsRead() {
        final Throwable[] thrown = {new Exception("a"), new Exception("b"), new Exception("c")};
        assertEquals(Lane.PUBLISHED, publish(1, 1));
        assertEquals(Lane.PUBLISHED, publish(2, 1, thrown)); // three slots, for the sake of the exceptions
        assertEquals(Lane.PUBLISHED, publish(3, 1));
        assertEquals(RecordSink.FULL, publish(4, 4));
        assertEquals(3, lane.poll(collector));
        assertEquals(List.of(thrown), collector.thrown);
        assertNothingIsHeld();
    }

    @Test
    void exceptionsGoOnAtTheStartOfTheRingToo() {
        publish(1, Records.SLOTS - 1);
        lane.poll(collector);
        final Exception first = new Exception("at the last slot");
        final Exception second = new Exception("at the first slot");
        assertEquals(Lane.PUBLISHED, publish(2, 2, first, second));
        lane.poll(collector);
        assertSame(first, collector.thrown.get(0));
        assertSame(second, collector.thrown.get(1));
        assertNothingIsHeld();
    }

    private void assertNothingIsHeld() {
        for (int slot = 0; slot < Records.SLOTS; slot++) {
            assertNull(lane.thrown(slot, 0), "slot " + slot);
        }
    }

    @Test
    void aShutLaneTakesNothingAndGivesWhatItHas() {
        publish(1, 1);
        assertTrue(lane.shut());
        assertTrue(lane.shut());
        assertEquals(RecordSink.CLOSED, publish(2, 1));
        assertEquals(RecordSink.CLOSED, publish(3, 2));
        assertEquals(1, lane.poll(collector));
    }

    @Test
    void aHeldLaneIsBusyForOthersAndCannotBeShutUntilItIsFree() throws InterruptedException {
        final CountDownLatch held = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        onNudge = () -> {
            held.countDown();
            awaitQuietly(go);
        };
        final Thread producer = new Thread(() -> fillHalf(1));
        producer.start();
        held.await(); // inside the lane: the nudge is the last thing that its holder does
        final int other = records.file.layout().mediumOffset();
        final int length = records.write(other, 77, Records.lengthOf(1), 0);
        assertEquals(RecordSink.BUSY, lane.tryPublish(other, length, null));
        assertFalse(lane.shut());
        go.countDown();
        producer.join();
        assertTrue(lane.shut());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void fillHalf(int firstId) {
        for (int i = 0; i <= Records.SLOTS / 2; i++) {
            publish(firstId + i, 1);
        }
    }

    @Test
    void theConsumerIsNudgedWhenTheRingIsHalfFullAndNotAtEveryRecord() {
        for (int i = 0; i < 40; i++) {
            publish(i + 1, 1);
            lane.poll(collector);
        }
        assertEquals(0, nudges.get(), "never half full");
        for (int i = 0; i < Records.SLOTS / 2 - 1; i++) {
            publish(i + 1, 1);
            assertEquals(0, nudges.get(), "below half");
        }
        publish(99, 1);
        publish(99, 1);
        assertTrue(nudges.get() >= 1, "half full");
    }

    @Test
    void whatTheConsumerDeclinesStaysAndComesNextTime() {
        for (int i = 1; i <= 5; i++) {
            publish(i, 1);
        }
        collector.most = 2;
        assertEquals(2, lane.poll(collector));
        assertEquals(3, unread());
        assertEquals(0, lane.poll(collector));
        collector.most = 10;
        assertEquals(3, lane.poll(collector));
        for (int i = 0; i < 5; i++) {
            assertEquals(i + 1, collector.id(i));
        }
    }

    @Test
    void aConsumerThatFailsIsNotGivenTheSameRecordsAgain() {
        for (int i = 1; i <= 4; i++) {
            publish(i, 1);
        }
        final List<Long> seen = new ArrayList<>();
        final Lane.Handler failing = new Lane.Handler() {
            @Override
            public boolean onRecord(Lane from, long sequence, int slots) {
                seen.add(RecordLayout.spanId(from.buffer(), from.slotOffset(sequence)));
                if (seen.size() == 3) {
                    throw new StackOverflowError("of the test");
                }
                return true;
            }

            @Override
            public void onMissing(Lane from, long count) {}
        };
        assertThrows(StackOverflowError.class, () -> lane.poll(failing));
        lane.poll(failing);
        assertEquals(List.of(1L, 2L, 3L, 3L, 4L), seen, "the one it failed at is not settled; those before it are");
    }

    @Test
    void slotsThatAnnounceNothingAreSkippedAndWhatComesAfterThemIsRead() {
        publish(1, 1);
        publish(2, 2);
        publish(3, 1);
        publish(4, 1);
        records.file.buffer().putLong(lane.slotOffset(1), 0x1234_5678_9ABCL);
        assertEquals(4, lane.poll(collector));
        assertEquals(1, collector.missing);
        assertEquals(0, unread());
        assertEquals(3, collector.batch.count());
        assertEquals(4, collector.id(2));
    }

    @Test
    void recordsLostInARowAreAllCounted() {
        publish(1, 1);
        publish(2, 1);
        publish(3, 1);
        records.file.buffer().putLong(lane.slotOffset(0), 0);
        records.file.buffer().putLong(lane.slotOffset(1), -1);
        lane.poll(collector);
        assertEquals(2, collector.missing);
        assertEquals(0, unread());
    }

    @Test
    void aCommitWordThatAnnouncesTooManySlotsCostsWhatItSwallowsAndNoMore() {
        publish(1, 1);
        publish(2, 1);
        publish(3, 1);
        publish(4, 1);
        records.file.buffer().putLong(lane.slotOffset(0), RecordLayout.commitWord(0, 3));
        lane.poll(collector);
        assertEquals(2, collector.missing);
        assertEquals(0, unread());
        assertEquals(4, collector.id(collector.batch.count() - 1));
    }

    @Test
    void aCommitWordThatAnnouncesTooFewSlotsIsOneBadRecord() {
        publish(1, 3);
        publish(2, 1);
        records.file.buffer().putLong(lane.slotOffset(0), RecordLayout.commitWord(0, 1));
        final int[] calls = new int[1];
        lane.poll(new Lane.Handler() {
            @Override
            public boolean onRecord(Lane from, long sequence, int slots) {
                calls[0]++;
                return true;
            }

            @Override
            public void onMissing(Lane from, long count) {
                collector.missing += count;
            }
        });
        assertEquals(2, calls[0]);
        assertEquals(0, collector.missing);
        assertEquals(0, unread());
    }
}
