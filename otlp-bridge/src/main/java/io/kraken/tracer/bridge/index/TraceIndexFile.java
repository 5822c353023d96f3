package io.kraken.tracer.bridge.index;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.IntConsumer;

/**
 * Reader of the trace index of a queue file, which another process may be writing: it sees the segments that were there
 * when it was opened. The bytes are not trusted, and no method throws: what cannot be read is not covered, or makes a
 * search fail; then the caller reads the documents themselves. An instance is reused for one file after another.
 * Single-threaded.
 *
 * <p>A search reads the headers of all segments, and of each segment the few blocks that can contain the trace: hashes
 * are distributed evenly, so that the first guess is off by a block or two.
 */
public final class TraceIndexFile implements AutoCloseable {

    private static final int NONE = -1;
    private static final long HASHES = 1L << Integer.SIZE;
    /** After this number of guesses the range is bisected: many equal hashes make guesses bad. */
    private static final int GUESSES = 4;

    private final SegmentReader reader = new SegmentReader();
    private FileChannel channel;
    private boolean damaged;

    /** Number of the block read last; of the segment that is being searched. */
    private int loaded;

    /**
     * Opens an index instead of the one before.
     *
     * @return false if there is none, or it cannot be read: then no document is covered
     */
    public boolean open(Path file) {
        close();
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) { // opening another kind may block
                return false;
            }
            channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
            reader.open(channel);
            damaged = reader.isDamaged();
            return true;
        } catch (IOException e) {
            close();
            damaged = true;
            return false;
        }
    }

    /**
     * Passes on the sequence numbers of the documents that may hold a trace, ascending. Among them are all covered
     * documents that do, and rarely one that does not: two traces can have the same hash.
     *
     * @return false if a part that is needed is damaged: the numbers passed on may be incomplete
     */
    public boolean find(long traceIdHigh, long traceIdLow, IntConsumer sequences) {
        if (channel == null) {
            return true; // no document is covered
        }
        final long hash = Integer.toUnsignedLong(TraceIndexLayout.hash(traceIdHigh, traceIdLow));
        try {
            boolean complete = true;
            for (int segment = 0; segment < reader.segments(); segment++) {
                complete &= reader.pairs(segment) == 0 || findIn(segment, hash, sequences);
            }
            damaged |= !complete;
            return complete;
        } catch (IOException e) {
            damaged = true;
            return false;
        }
    }

    private boolean findIn(int segment, long hash, IntConsumer sequences) throws IOException {
        loaded = NONE;
        final int begin = firstBlock(segment, hash);
        if (begin < 0) {
            return false;
        }
        for (int block = begin; block < reader.blocks(segment); block++) {
            if (!load(segment, block)) {
                return false;
            }
            final int count = reader.pairsRead();
            int at = firstPair(count, hash);
            while (at < count && TraceIndexLayout.hashOf(reader.pair(at)) == hash) {
                final int sequence = TraceIndexLayout.sequenceOf(reader.pair(at++));
                if (sequence < reader.first(segment) || sequence > reader.last(segment)) {
                    return false;
                }
                sequences.accept(sequence);
            }
            if (at < count) {
                return true;
            }
        }
        return true;
    }

    private boolean load(int segment, int block) throws IOException {
        if (loaded == block) {
            return true;
        }
        loaded = NONE;
        if (!reader.read(segment, block)) {
            return false;
        }
        loaded = block;
        return true;
    }

    /**
     * The first block whose last hash is not less than this one, or the number of blocks; {@link #NONE} if a block is
     * damaged. Each round narrows the range, so it ends whatever the blocks contain.
     */
    private int firstBlock(int segment, long hash) throws IOException {
        int low = 0;
        int high = reader.blocks(segment);
        long lowHash = 0;
        long highHash = HASHES;
        for (int round = 0; low < high; round++) {
            final int block = round < GUESSES
                    ? low + guess(high - low, hash - lowHash, highHash - lowHash)
                    : low + (high - low) / 2;
            if (!load(segment, block)) {
                return NONE;
            }
            final long first = TraceIndexLayout.hashOf(reader.pair(0));
            final long last = TraceIndexLayout.hashOf(reader.pair(reader.pairsRead() - 1));
            if (last < hash) {
                low = block + 1;
                lowHash = last;
            } else if (first < hash) {
                return block;
            } else {
                high = block;
                highHash = first;
            }
        }
        return low;
    }

    /** A number from 0 to the length of the range, exclusive, in proportion. */
    private static int guess(int length, long distance, long range) {
        return range <= 0 ? 0 : (int) Math.max(0, Math.min(length - 1, distance * length / range));
    }

    /** The first pair of the loaded block whose hash is not less than this one, or the number of pairs. */
    private int firstPair(int count, long hash) {
        int low = 0;
        int high = count;
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (TraceIndexLayout.hashOf(reader.pair(middle)) < hash) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** All documents up to this sequence number are covered; -1 if the first one is not. */
    public int coveredSequence() {
        int covered = NONE;
        for (int segment = 0; segments() > segment && reader.first(segment) == covered + 1; segment++) {
            covered = reader.last(segment);
        }
        return covered;
    }

    /** Whether a search would find the traces of this document. */
    public boolean isCovered(int sequence) {
        for (int segment = 0; segment < segments(); segment++) {
            if (sequence >= reader.first(segment) && sequence <= reader.last(segment)) {
                return true;
            }
        }
        return false;
    }

    private int segments() {
        return channel == null ? 0 : reader.segments();
    }

    /** Whether the queue file has no document after the last one that is covered. */
    public boolean isSealed() {
        return channel != null && reader.isSealed();
    }

    /** Whether all documents of the queue file are covered, and none will be added. */
    public boolean isComplete() {
        return isSealed() && segments() > 0 && coveredSequence() == reader.last(segments() - 1);
    }

    /** Whether damage has been found since the index was opened: it should be rebuilt. */
    public boolean isDamaged() {
        return damaged;
    }

    @Override
    public void close() {
        damaged = false;
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Ignored, since the file was only read.
            }
            channel = null;
        }
    }
}
