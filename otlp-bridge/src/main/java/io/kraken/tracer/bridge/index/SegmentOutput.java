package io.kraken.tracer.bridge.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/** Encodes sorted pairs as segments and writes them to a file, one after the other. Single-threaded. */
final class SegmentOutput {

    private final FileChannel channel;
    private final ByteBuffer out;
    private final CRC32C crc;
    /** Offset in the file of the start of the buffer. */
    private long at;

    SegmentOutput(FileChannel channel, long at, IndexScratch scratch) {
        this.channel = channel;
        this.at = at;
        out = scratch.out;
        crc = scratch.checksum;
    }

    /**
     * Writes a segment, with one write if it is small.
     *
     * @param sorted the pairs, ascending; equal ones are not removed
     * @return end of the segment in the file
     */
    long write(int first, int last, boolean sealed, long[] sorted, int count) throws IOException {
        out.clear();
        TraceIndexLayout.header(out, 0, sealed ? TraceIndexLayout.SEALED : 0, first, last, count);
        crc.reset();
        crc.update(out.limit(TraceIndexLayout.HEADER_CHECKSUM_OFFSET));
        out.clear();
        final int headerChecksum = (int) crc.getValue();
        out.position(TraceIndexLayout.HEADER_CHECKSUM_OFFSET).putInt(headerChecksum);
        for (int block = 0; block < TraceIndexLayout.blocks(count); block++) {
            if (out.remaining() < TraceIndexLayout.BLOCK_LENGTH) {
                drain();
            }
            final int pairs = TraceIndexLayout.pairsOfBlock(count, block);
            encode(block, headerChecksum, sorted, pairs);
        }
        drain();
        return at;
    }

    private void encode(int block, int headerChecksum, long[] sorted, int pairs) {
        final int base = out.position();
        final int from = block * TraceIndexLayout.BLOCK_PAIRS;
        for (int i = 0; i < pairs; i++) {
            TraceIndexLayout.pairAt(out, base, i, sorted[from + i]);
        }
        final int end = base + TraceIndexLayout.blockLength(pairs);
        // The checksum of the header takes the place of the block's own, in front of its number, while it is computed.
        TraceIndexLayout.blockChecksumAndNumber(out, base, headerChecksum, block);
        crc.reset();
        crc.update(out.limit(end));
        out.clear();
        TraceIndexLayout.blockChecksumAndNumber(out, base, (int) crc.getValue(), block);
        out.position(end);
    }

    private void drain() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            at += channel.write(out, at);
        }
        out.clear();
    }
}
