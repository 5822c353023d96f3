package io.kraken.tracer.ring;

import io.kraken.tracer.file.SpanFileLayout;
import java.util.function.IntConsumer;

/**
 * Records of spans that were taken from their users, who have done nothing wrong and may come back. Such a record is
 * not used again until so many others have been withheld after it, however scarce records are: what its user does late
 * is recognised till then.
 */
final class WithheldRecords {

    /** As many as that are released at once: a chunk that is given out for one record is of little use. */
    private static final int TOGETHER = SpanFileLayout.CHUNK_RECORDS;

    private final long[] bits;
    private final int[] records;
    private final IntConsumer released;
    private int oldest;
    private int count;

    /**
     * @param most that are withheld at a time
     * @param released is told of a chunk of which records are not withheld any more
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

    /** The records of a chunk that are withheld. */
    long of(int chunk) {
        return bits[chunk];
    }

    int count() {
        return count;
    }
}
