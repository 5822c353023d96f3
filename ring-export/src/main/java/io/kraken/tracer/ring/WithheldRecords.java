package io.kraken.tracer.ring;

import io.kraken.tracer.file.SpanFileLayout;
import java.util.function.IntConsumer;

/**
 * Queue of the records of abandoned spans, which programs may still use legitimately. Such a record is not
 * reused until a fixed number of others have been withheld after it, however scarce records are; until then a late use
 * is detected.
 */
final class WithheldRecords {

    /** Number of records released at once: a chunk that is given out for one record is of little use. */
    private static final int TOGETHER = SpanFileLayout.CHUNK_RECORDS;

    private final long[] bits;
    private final int[] records;
    private final IntConsumer released;
    private int oldest;
    private int count;

    /**
     * @param most maximum number of withheld records
     * @param released called for a chunk after records of it were released
     */
    WithheldRecords(int chunks, int most, IntConsumer released) {
        this.bits = new long[chunks];
        this.records = new int[most + TOGETHER];
        this.released = released;
    }

    void add(int record) {
        records[(oldest + count++) % records.length] = record;
        bits[SpanFileLayout.chunkOf(record)] |= bit(record);
        if (count == records.length) {
            release();
        }
    }

    private void release() {
        for (int i = 0; i < TOGETHER; i++) {
            final int record = records[(oldest + i) % records.length];
            bits[SpanFileLayout.chunkOf(record)] &= ~bit(record);
        }
        for (int i = 0; i < TOGETHER; i++) {
            released.accept(SpanFileLayout.chunkOf(records[(oldest + i) % records.length]));
        }
        oldest = (oldest + TOGETHER) % records.length;
        count -= TOGETHER;
    }

    private static long bit(int record) {
        return 1L << SpanFileLayout.numberOf(record);
    }

    /** The withheld records of a chunk, as bits. */
    long of(int chunk) {
        return bits[chunk];
    }

    int count() {
        return count;
    }
}
