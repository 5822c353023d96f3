package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.RecordLayout;
import org.junit.jupiter.api.Test;

/** Records gathered from slots; stack traces are {@code StackTracesTest}'s. */
class BatchTest {

    private final Records records = new Records(64);
    private final Lane lane = new Lane(records.file, 0, () -> {});
    private long next;

    private void publish(long spanId, int slots) {
        assertEquals(
                Lane.PUBLISHED,
                lane.tryPublish(records.source, records.write(spanId, Records.lengthOf(slots), 0), null));
    }

    private boolean append(Batch batch, int slots) {
        final boolean taken = batch.append(lane, next, slots);
        next += taken ? slots : 0;
        return taken;
    }

    @Test
    void recordsStandWholeOneBehindTheOtherHoweverManySlotsTheyHad() {
        final Batch batch = new Batch(1 << 16, 100, Records.RECORD_LENGTH, 0);
        for (int slots = 1; slots <= 10; slots++) {
            publish(slots, slots);
        }
        for (int slots = 1; slots <= 10; slots++) {
            assertTrue(append(batch, slots));
        }
        assertEquals(10, batch.count());
        for (int record = 0; record < 10; record++) {
            assertTrue(Records.isWhole(batch, record, record + 1, Records.lengthOf(record + 1)), "record " + record);
            assertEquals(0, batch.offset(record) % Long.BYTES, "aligned");
            assertTrue(record == 0 || batch.offset(record) >= batch.endOffset(record - 1), "apart");
        }
        assertTrue(batch.length() >= batch.endOffset(9));
    }

    @Test
    void aBatchIsFullByCount() {
        final Batch batch = new Batch(1 << 16, 3, Records.RECORD_LENGTH, 0);
        for (int i = 1; i <= 4; i++) {
            publish(i, 1);
        }
        for (int i = 1; i <= 3; i++) {
            assertFalse(batch.isFull());
            assertTrue(append(batch, 1));
        }
        assertTrue(batch.isFull());
        assertFalse(append(batch, 1));
        assertEquals(3, batch.count());
        batch.clear();
        assertTrue(append(batch, 1));
        assertTrue(Records.isWhole(batch, 0, 4, Records.lengthOf(1)));
    }

    @Test
    void aBatchIsFullByBytesToTheLastOne() {
        final int length = Records.lengthOf(2);
        final Batch batch = new Batch(3 * length, 100, Records.RECORD_LENGTH, 0);
        for (int i = 1; i <= 4; i++) {
            publish(i, 2);
        }
        for (int i = 1; i <= 3; i++) {
            assertTrue(append(batch, 2));
        }
        assertFalse(batch.isFull(), "by count it is not");
        assertFalse(append(batch, 2));
        assertTrue(Records.isWhole(batch, 2, 3, length));
        assertFalse(new Batch(3 * length, 100, Records.RECORD_LENGTH, 100).isFull());
    }

    @Test
    void roomIsKeptForTheStackTracesOfARecordBeforeItIsTaken() {
        final int length = records.write(1, Records.lengthOf(2), 2);
        assertEquals(
                Lane.PUBLISHED,
                lane.tryPublish(records.source, length, new Throwable[] {new Error("a"), new Error("b")}));
        assertFalse(new Batch(length + 2 * 1000, 10, Records.RECORD_LENGTH, 1000).append(lane, 0, 2));
        assertTrue(new Batch(length + 2 * 1100, 10, Records.RECORD_LENGTH, 1000).append(lane, 0, 2));
    }

    @Test
    void truncatingKeepsTheFirstRecordsAndGivesTheRoomOfTheOthersBack() {
        final Batch batch = new Batch(10 * Records.lengthOf(1), 100, Records.RECORD_LENGTH, 0);
        for (int i = 1; i <= 14; i++) {
            publish(i, 1);
        }
        for (int i = 0; i < 10; i++) {
            assertTrue(append(batch, 1));
        }
        batch.truncate(6);
        assertEquals(6, batch.count());
        for (int i = 0; i < 4; i++) {
            assertTrue(append(batch, 1));
        }
        for (int record = 0; record < 10; record++) {
            final long id = record < 6 ? record + 1 : record + 5;
            assertTrue(Records.isWhole(batch, record, id, Records.lengthOf(1)), "record " + record);
        }
        batch.truncate(100);
        assertEquals(10, batch.count(), "there are no more than that");
    }

    @Test
    void aRecordThatSaysItIsLongerOrShorterThanItCanBeIsRefusedAndTheBatchStaysAsItWas() {
        final Batch batch = new Batch(1 << 16, 100, Records.RECORD_LENGTH, 0);
        publish(1, 2);
        publish(2, 2);
        assertTrue(append(batch, 2));
        final int slot = lane.slotOffset(2);
        for (int length :
                new int[] {Records.lengthOf(2) + 1, Integer.MAX_VALUE, -1, 0, RecordLayout.HEADER_LENGTH - 1}) {
            records.file.buffer().putInt(slot + RecordLayout.LENGTH_OFFSET, length);
            assertThrows(MalformedRecordException.class, () -> append(batch, 2), "length " + length);
            assertEquals(1, batch.count());
        }
        records.file.buffer().putInt(slot + RecordLayout.LENGTH_OFFSET, Records.lengthOf(2));
        assertTrue(append(batch, 2));
        assertTrue(Records.isWhole(batch, 0, 1, Records.lengthOf(2)));
        assertTrue(Records.isWhole(batch, 1, 2, Records.lengthOf(2)));
    }

    @Test
    void moreRecordsThanItBeganWithRoomForAreNoTrouble() {
        final Batch batch = new Batch(1 << 20, 5000, Records.RECORD_LENGTH, 0);
        for (int i = 1; i <= 2000; i++) {
            publish(i, 1);
            assertTrue(append(batch, 1));
            lane.poll(IGNORING);
        }
        for (int record = 0; record < 2000; record++) {
            assertTrue(Records.isWhole(batch, record, record + 1, Records.lengthOf(1)), "record " + record);
        }
    }

    private static final Lane.Handler IGNORING = new Lane.Handler() {
        @Override
        public boolean onRecord(Lane from, long sequence, int slots) {
            return true;
        }

        @Override
        public void onMissing(Lane from, long count) {
            throw new AssertionError("missing: " + count);
        }
    };
}
