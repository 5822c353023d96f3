package io.kraken.tracer.bridge.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Checked reads of an index file: the headers of its segments, and single blocks. The bytes are not trusted. An
 * instance is reused for one file after another. Single-threaded.
 */
final class SegmentReader {

    /** Maximum number of segments; the documents of further ones count as not covered. */
    static final int MAX_SEGMENTS = 1 << 16;

    private static final int INTS = 4;
    private static final int FIRST = 0;
    private static final int LAST = 1;
    private static final int PAIRS = 2;
    private static final int CHECKSUM = 3;

    private final CRC32C crc = new CRC32C();
    private final ByteBuffer block = TraceIndexLayout.newBuffer(TraceIndexLayout.BLOCK_LENGTH);
    private final ByteBuffer seed = TraceIndexLayout.newBuffer(Integer.BYTES);

    private FileChannel channel;
    private int segments;
    private long[] offsets = new long[INTS];
    private int[] fields = new int[INTS * INTS];
    private long end;
    private boolean sealed;
    private boolean damaged;
    private int pairsRead;

    /** Reads the headers of a file from its beginning, up to the first one that is damaged or incomplete. */
    void open(FileChannel file) throws IOException {
        channel = file;
        segments = 0;
        end = 0;
        sealed = false;
        damaged = false;
        final long size = file.size();
        while (size - end >= TraceIndexLayout.HEADER_LENGTH && segments < MAX_SEGMENTS) {
            block.clear().limit(TraceIndexLayout.HEADER_LENGTH);
            if (!readFully(end)) {
                return; // truncated at this moment
            }
            if (sealed || !isHeaderSound()) {
                damaged = true;
                return;
            }
            final long length = TraceIndexLayout.segmentLength(TraceIndexLayout.pairs(block, 0));
            if (length > size - end) {
                return; // being written, or the writer died
            }
            addSegment();
            end += length;
        }
    }

    private boolean isHeaderSound() {
        crc.reset();
        crc.update(block.position(0).limit(TraceIndexLayout.HEADER_CHECKSUM_OFFSET));
        block.clear();
        final int first = TraceIndexLayout.first(block, 0);
        final int last = TraceIndexLayout.last(block, 0);
        final int pairs = TraceIndexLayout.pairs(block, 0);
        return TraceIndexLayout.isKnown(block, 0)
                && (int) crc.getValue() == TraceIndexLayout.headerChecksum(block, 0)
                && first >= 0
                && last >= first - 1
                && pairs >= 0
                && pairs <= TraceIndexLayout.MAX_PAIRS
                && (segments == 0 || first > last(segments - 1));
    }

    private void addSegment() {
        if (segments == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * segments);
            fields = Arrays.copyOf(fields, 2 * INTS * segments);
        }
        offsets[segments] = end;
        final int at = INTS * segments++;
        fields[at + FIRST] = TraceIndexLayout.first(block, 0);
        fields[at + LAST] = TraceIndexLayout.last(block, 0);
        fields[at + PAIRS] = TraceIndexLayout.pairs(block, 0);
        fields[at + CHECKSUM] = TraceIndexLayout.headerChecksum(block, 0);
        sealed = (TraceIndexLayout.flags(block, 0) & TraceIndexLayout.SEALED) != 0;
    }

    /** Reads up to the limit of the buffer; false if the file ends before. */
    private boolean readFully(long from) throws IOException {
        while (block.hasRemaining()) {
            if (channel.read(block, from + block.position()) < 0) {
                return false;
            }
        }
        return true;
    }

    int segments() {
        return segments;
    }

    int first(int segment) {
        return fields[INTS * segment + FIRST];
    }

    int last(int segment) {
        return fields[INTS * segment + LAST];
    }

    int pairs(int segment) {
        return fields[INTS * segment + PAIRS];
    }

    int blocks(int segment) {
        return TraceIndexLayout.blocks(pairs(segment));
    }

    long offset(int segment) {
        return offsets[segment];
    }

    /** End of the last segment. */
    long end() {
        return end;
    }

    boolean isSealed() {
        return sealed;
    }

    /** Whether the segments are followed by bytes that are not the beginning of one. */
    boolean isDamaged() {
        return damaged;
    }

    /** Reads a block; false if it is damaged or missing. */
    boolean read(int segment, int number) throws IOException {
        final int count = TraceIndexLayout.pairsOfBlock(pairs(segment), number);
        final int length = TraceIndexLayout.blockLength(count);
        block.clear().limit(length);
        pairsRead = 0;
        if (!readFully(offsets[segment] + TraceIndexLayout.blockOffset(number))) {
            return false;
        }
        crc.reset();
        crc.update(seed.clear().putInt(0, fields[INTS * segment + CHECKSUM]));
        crc.update(block.position(TraceIndexLayout.BLOCK_NUMBER_OFFSET).limit(length));
        block.clear();
        if ((int) crc.getValue() != TraceIndexLayout.blockChecksum(block, 0)
                || TraceIndexLayout.blockNumber(block, 0) != number) {
            return false;
        }
        pairsRead = count;
        return true;
    }

    /** Number of pairs of the block read last. */
    int pairsRead() {
        return pairsRead;
    }

    /** A pair of the block read last. */
    long pair(int number) {
        return TraceIndexLayout.pairAt(block, 0, number);
    }

    /** Copies the pairs of the block read last. */
    void copyTo(long[] into, int at) {
        for (int i = 0; i < pairsRead; i++) {
            into[at + i] = pair(i);
        }
    }
}
