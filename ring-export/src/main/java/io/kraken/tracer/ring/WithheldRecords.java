package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.SpanFileLayout;

/**
 * Records of spans that were taken from their users, who have done nothing wrong and may come back. Such a record is
 * not used again until so many others have been withheld after it, however scarce records are: what its user does late
 * is recognised till then.
 */
final class WithheldRecords {

    private final long[] bits;
    private final int[] records;
    private int oldest;
    private int count;

    /** @param most that are withheld at a time */
    WithheldRecords(int chunks, int most) {
        bits = new long[chunks];
        records = new int[Math.max(1, most)];
    }

    /** Withholds a record, and returns the one that no longer is for it; {@link RecordSink#NONE} when there is none. */
    int add(int record) {
        int released = RecordSink.NONE;
        if (count == records.length) {
            released = records[oldest];
            bits[SpanFileLayout.chunkOf(released)] &= ~bit(released);
            oldest = (oldest + 1) % records.length;
            count--;
        }
        records[(oldest + count++) % records.length] = record;
        bits[SpanFileLayout.chunkOf(record)] |= bit(record);
        return released;
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
