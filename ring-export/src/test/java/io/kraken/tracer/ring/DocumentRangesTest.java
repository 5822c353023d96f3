package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.BatchWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What documents say of lanes and sequences, so that a reader can prove that nothing is missing. */
class DocumentRangesTest {

    private final Records records = new Records(16);
    private final Lane[] lanes = new Lane[Records.LANES];
    private final long[] next = new long[Records.LANES];
    private final Batch batch = new Batch(1 << 20, 4096, Records.RECORD_LENGTH, 0);
    private final RingExport.Environment environment =
            new RingExport.Environment(records.file, Harness.config().conclude());
    private final BatchWriter writer = new BatchWriter(environment);
    private final BatchReader reader = new BatchReader();
    private final ByteBuffer out = BatchWriter.newBuffer();
    private long spans;

    private final Lane.Handler append = new Lane.Handler() {
        @Override
        public boolean onRecord(Lane lane, long sequence, int slots) {
            return batch.append(lane, sequence, slots);
        }

        @Override
        public void onMissing(Lane lane, long count) {
            throw new AssertionError("missing: " + count);
        }
    };

    @BeforeEach
    void openLanes() {
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = new Lane(records.file, i, () -> {});
        }
    }

    /** One entry fills the record: a description. */
    private void publish(int lane, int slots) {
        final int length = records.write(++spans, Records.lengthOf(slots), 0);
        describe(records.file.buffer(), records.source, length);
        assertEquals(Lane.PUBLISHED, lanes[lane].tryPublish(records.source, length, null));
    }

    private static void describe(ByteBuffer buffer, int at, int length) {
        final int entry = at + RecordLayout.HEADER_LENGTH;
        buffer.putInt(entry, EntryLayout.tag(EntryLayout.STATUS, EntryLayout.NO_SYMBOL));
        buffer.putInt(entry + EntryLayout.TAG_LENGTH, length - RecordLayout.HEADER_LENGTH - EntryLayout.PREFIX_LENGTH);
    }

    private int write(int from, ByteBuffer to) {
        final int taken = writer.write(batch, from, to);
        assertTrue(to.remaining() <= BatchLayout.MAX_LENGTH);
        assertTrue(reader.wrap(to, 0, to.remaining()), () -> "refused: " + reader.refusal());
        return taken;
    }

    /** Each range begins where the one before of its lane ended. */
    private int follow() {
        int covered = 0;
        for (int range = 0; range < reader.ranges(); range++) {
            final int lane = reader.rangeLane(range);
            assertEquals(next[lane], reader.rangeFirst(range), "lane " + lane);
            next[lane] = reader.rangeEnd(range);
            covered += reader.rangeRecords(range);
        }
        assertEquals(covered, reader.count());
        return covered;
    }

    @Test
    void sequencesRunOnFromDocumentToDocumentInEveryLane() {
        final SplittableRandom random = new SplittableRandom(1);
        int arrived = 0;
        long number = 0;
        for (int round = 0; round < 400; round++) {
            for (int i = random.nextInt(1, 5); i > 0; i--) {
                publish(random.nextInt(lanes.length), random.nextInt(1, 4));
            }
            final int first = random.nextInt(lanes.length);
            for (int i = 0; i < lanes.length; i++) {
                lanes[(first + i) % lanes.length].poll(append);
            }
            if (random.nextInt(30) == 0) {
                for (int from = 0; from < batch.count(); ) {
                    from += write(from, out);
                    assertEquals(++number, reader.number());
                    arrived += follow();
                }
                batch.clear();
            }
        }
        for (int from = 0; from < batch.count(); ) {
            from += write(from, out);
            arrived += follow();
        }
        assertEquals(spans, arrived);
        for (long end : next) {
            assertTrue(end > 100, "the lanes went round several times");
        }
    }

    @Test
    void aDocumentHasNoMoreRecordsThanBitsOfALong() {
        for (int i = 0; i < 200; i++) {
            publish(i & 3, 1);
            lanes[i & 3].poll(append);
        }
        assertEquals(64, write(0, out));
        assertEquals(4, reader.ranges());
        assertEquals(-1L, reader.soundRecords());
        follow();
        assertEquals(64, write(64, out));
        follow();
        assertEquals(64, write(128, out));
        follow();
        assertEquals(8, write(192, out));
        follow();
        assertEquals(0xFF, reader.soundRecords());
    }

    @Test
    void aDocumentIsFullByBytesAndWhatNoneCanHoldIsCountedAndLeftOut() {
        for (int i = 0; i < 10; i++) {
            publish(0, i == 4 ? 12 : 3);
            lanes[0].poll(append);
        }
        final ByteBuffer small = ByteBuffer.allocateDirect(3072).order(ByteOrder.LITTLE_ENDIAN);
        int arrived = 0;
        int left = 0;
        int documents = 0;
        for (int from = 0; from < batch.count(); documents++) {
            from += write(from, small);
            assertTrue(small.limit() <= small.capacity());
            arrived += follow();
            left += reader.leftOut();
        }
        assertEquals(9, arrived);
        assertEquals(1, left);
        assertTrue(documents > 2);
        assertEquals(39, next[0]);
        assertEquals(1, records.file.counters().get(Counter.TOO_LARGE));
    }

    @Test
    void aDocumentOfNothingButWhatWasLeftOutStillAccountsForIt() {
        for (int i = 0; i < 3; i++) {
            publish(2, 2);
        }
        lanes[2].poll(append);
        for (int record = 0; record < 3; record++) {
            batch.buffer().put(batch.offset(record) + RecordLayout.KIND_OFFSET, (byte) 9);
        }
        assertEquals(3, write(0, out));
        assertEquals(0, reader.count());
        assertEquals(3, reader.leftOut());
        assertEquals(0, follow());
        assertEquals(6, next[2]);
        assertEquals(3, records.file.counters().get(Counter.POISON));
    }

    @Test
    void recordsWhoseSequenceIsWrittenOverAreLeftOut() {
        for (int i = 0; i < 4; i++) {
            publish(1, 1);
        }
        lanes[1].poll(append);
        batch.buffer().putLong(batch.offset(1), 0);
        batch.buffer().putLong(batch.offset(2), RecordLayout.commitWord(0, 1));
        RecordLayout.lane(batch.buffer(), batch.offset(3), -5);
        assertEquals(4, write(0, out));
        assertEquals(1, reader.count());
        assertEquals(3, reader.leftOut());
        assertEquals(1, reader.rangeEnd(0));
    }
}
