package io.kraken.tracer.bridge.index;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Buffers shared by all writers of one thread, so that a queue that is idle needs next to no memory. They grow with the
 * largest index that is merged, up to 16 bytes for each of {@link TraceIndexLayout#MAX_PAIRS}. Single-threaded.
 */
public final class IndexScratch {

    /** Holds a segment of all pending pairs of a queue, which is then appended by one write. */
    static final int OUT_BYTES = 64 << 10;

    private static final int DIGIT_BITS = 11;
    private static final int DIGITS = 1 << DIGIT_BITS;
    /** Up to this number of pairs, a comparison sort is faster. */
    private static final int FEW = 256;

    final ByteBuffer out = TraceIndexLayout.newBuffer(OUT_BYTES);
    final CRC32C checksum = new CRC32C();
    final SegmentReader reader = new SegmentReader();

    private final int[] starts = new int[DIGITS];
    private long[] pairs = new long[0];
    private long[] spare = new long[0];

    /** The array to be filled and sorted, of at least this length; its old content is lost. */
    long[] pairs(int count) {
        if (pairs.length < count) {
            pairs = new long[Math.min(TraceIndexLayout.MAX_PAIRS, Integer.highestOneBit(count) << 1)];
            spare = new long[pairs.length];
        }
        return pairs;
    }

    /**
     * Sorts the first pairs of {@link #pairs}, in which the sequence numbers of one hash ascend already: a stable sort
     * by hash therefore suffices.
     *
     * @return the array with the result, which is valid until the next call
     */
    long[] sorted(int count) {
        if (count <= FEW) {
            flipSigns(count); // an unsigned order
            Arrays.sort(pairs, 0, count);
            flipSigns(count);
            return pairs;
        }
        for (int shift = Integer.SIZE; shift < Long.SIZE; shift += DIGIT_BITS) {
            sortByDigit(count, shift);
            final long[] result = spare;
            spare = pairs;
            pairs = result;
        }
        return pairs;
    }

    private void flipSigns(int count) {
        for (int i = 0; i < count; i++) {
            pairs[i] ^= Long.MIN_VALUE;
        }
    }

    /** A pass of a radix sort, from {@code pairs} to {@code spare}. */
    private void sortByDigit(int count, int shift) {
        Arrays.fill(starts, 0);
        for (int i = 0; i < count; i++) {
            starts[digit(pairs[i], shift)]++;
        }
        int sum = 0;
        for (int digit = 0; digit < DIGITS; digit++) {
            final int start = sum;
            sum += starts[digit];
            starts[digit] = start;
        }
        for (int i = 0; i < count; i++) {
            spare[starts[digit(pairs[i], shift)]++] = pairs[i];
        }
    }

    private static int digit(long pair, int shift) {
        return (int) (pair >>> shift) & DIGITS - 1;
    }
}
