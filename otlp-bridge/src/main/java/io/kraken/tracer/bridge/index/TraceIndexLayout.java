package io.kraken.tracer.bridge.index;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Layout of the trace index of one queue file: pairs of the hash of a trace id and the sequence number of a document
 * that holds a span of that trace. This comment is a complete specification for a reader in another language. All
 * fields are little-endian and unsigned.
 *
 * <pre>
 *   file      segments, one after the other, ordered by the documents that they cover
 *   segment   header, blocks
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+    header of a segment
 *  0|  Magic                                                        |
 *   |                                                               |
 *  +-------------------------------+-------------------------------+
 *  8|  Version                      | 12 Flags                      |
 *  +-------------------------------+-------------------------------+
 * 16|  First document covered       | 20 Last document covered      |
 *  +-------------------------------+-------------------------------+
 * 24|  Pairs                        | 28 CRC32C of the bytes before |
 *  +-------------------------------+-------------------------------+
 *
 *  +-------------------------------+-------------------------------+    block: 511 pairs, the last one fewer
 *  0|  CRC32C                       |  4 Number of the block: 0, 1. |
 *  +-------------------------------+-------------------------------+
 *  8|  Sequence of a document       | 12 Hash of a trace id         |
 *   |  further pairs                                                |
 *  +---------------------------------------------------------------+
 * </pre>
 *
 * <b>Order.</b> As a 64-bit number, a pair has the hash in its upper half. The pairs of a segment ascend strictly,
 * compared as unsigned numbers.
 *
 * <p><b>Coverage.</b> A trace that has no pair in a segment is in none of the documents from the first to the last of
 * that segment. Segments do not overlap; documents between two segments, before the first or after the last one are not
 * covered. A segment without pairs may cover documents, or none if its last document precedes its first one. The flag 1
 * of the last segment says that the queue file has no document after those covered.
 *
 * <p><b>Checksums.</b> That of a block covers the checksum of the header, so that a block of another segment does not
 * pass for one of this, and the block from its number to its end. A search reads one or two blocks of a segment and
 * checks those: reading all would take seconds for an hour of indexes. An index is appended to by one process and never
 * changed, so a segment that extends beyond the end of the file is one that is being written, or whose writer died.
 */
final class TraceIndexLayout {

    static final long MAGIC = 0x5844_4954_4E4B_524BL; // "KRKNTIDX"
    static final int VERSION = 1;

    /** Flag of the last segment: no document follows. */
    static final int SEALED = 1;

    /** Maximum number of pairs of a segment: bounds the memory of a merge. */
    static final int MAX_PAIRS = 1 << 20;

    private static final int MAGIC_OFFSET = 0;
    private static final int VERSION_OFFSET = MAGIC_OFFSET + Long.BYTES;
    private static final int FLAGS_OFFSET = VERSION_OFFSET + Integer.BYTES;
    private static final int FIRST_OFFSET = FLAGS_OFFSET + Integer.BYTES;
    private static final int LAST_OFFSET = FIRST_OFFSET + Integer.BYTES;
    private static final int PAIRS_OFFSET = LAST_OFFSET + Integer.BYTES;
    static final int HEADER_CHECKSUM_OFFSET = PAIRS_OFFSET + Integer.BYTES;
    static final int HEADER_LENGTH = HEADER_CHECKSUM_OFFSET + Integer.BYTES;

    static final int BLOCK_NUMBER_OFFSET = Integer.BYTES;
    static final int BLOCK_HEADER_LENGTH = BLOCK_NUMBER_OFFSET + Integer.BYTES;
    static final int BLOCK_LENGTH = 4096;
    static final int BLOCK_PAIRS = (BLOCK_LENGTH - BLOCK_HEADER_LENGTH) / Long.BYTES;

    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private TraceIndexLayout() {}

    static ByteBuffer newBuffer(int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    // --- pairs

    /** The hash of a trace id; part of the format. */
    static int hash(long high, long low) {
        return (int) (mixed(mixed(low) ^ high) >>> Integer.SIZE);
    }

    private static long mixed(long value) {
        final long half = (value ^ value >>> 32) * MIX;
        return (half ^ half >>> 29) * MIX;
    }

    static long pair(int hash, int sequence) {
        return (long) hash << Integer.SIZE | sequence;
    }

    /** The hash, as an unsigned number. */
    static long hashOf(long pair) {
        return pair >>> Integer.SIZE;
    }

    static int sequenceOf(long pair) {
        return (int) pair;
    }

    // --- header

    /** Writes a header without its checksum. */
    static void header(ByteBuffer buffer, int base, int flags, int first, int last, int pairs) {
        buffer.putLong(base + MAGIC_OFFSET, MAGIC);
        buffer.putInt(base + VERSION_OFFSET, VERSION);
        buffer.putInt(base + FLAGS_OFFSET, flags);
        buffer.putInt(base + FIRST_OFFSET, first);
        buffer.putInt(base + LAST_OFFSET, last);
        buffer.putInt(base + PAIRS_OFFSET, pairs);
    }

    static boolean isKnown(ByteBuffer buffer, int base) {
        return buffer.getLong(base + MAGIC_OFFSET) == MAGIC && buffer.getInt(base + VERSION_OFFSET) == VERSION;
    }

    static int flags(ByteBuffer buffer, int base) {
        return buffer.getInt(base + FLAGS_OFFSET);
    }

    static int first(ByteBuffer buffer, int base) {
        return buffer.getInt(base + FIRST_OFFSET);
    }

    static int last(ByteBuffer buffer, int base) {
        return buffer.getInt(base + LAST_OFFSET);
    }

    static int pairs(ByteBuffer buffer, int base) {
        return buffer.getInt(base + PAIRS_OFFSET);
    }

    static int headerChecksum(ByteBuffer buffer, int base) {
        return buffer.getInt(base + HEADER_CHECKSUM_OFFSET);
    }

    // --- blocks

    static int blocks(int pairs) {
        return (pairs + BLOCK_PAIRS - 1) / BLOCK_PAIRS;
    }

    static int pairsOfBlock(int pairs, int block) {
        return Math.min(BLOCK_PAIRS, pairs - block * BLOCK_PAIRS);
    }

    static int blockLength(int pairsOfBlock) {
        return BLOCK_HEADER_LENGTH + pairsOfBlock * Long.BYTES;
    }

    /** Offset of a block in its segment. */
    static long blockOffset(int block) {
        return HEADER_LENGTH + (long) block * BLOCK_LENGTH;
    }

    static long segmentLength(int pairs) {
        return HEADER_LENGTH + (long) blocks(pairs) * BLOCK_HEADER_LENGTH + (long) pairs * Long.BYTES;
    }

    static int blockChecksum(ByteBuffer buffer, int base) {
        return buffer.getInt(base);
    }

    static int blockNumber(ByteBuffer buffer, int base) {
        return buffer.getInt(base + BLOCK_NUMBER_OFFSET);
    }

    static void blockChecksumAndNumber(ByteBuffer buffer, int base, int checksum, int number) {
        buffer.putInt(base, checksum);
        buffer.putInt(base + BLOCK_NUMBER_OFFSET, number);
    }

    static long pairAt(ByteBuffer buffer, int base, int number) {
        return buffer.getLong(base + BLOCK_HEADER_LENGTH + number * Long.BYTES);
    }

    static void pairAt(ByteBuffer buffer, int base, int number, long pair) {
        buffer.putLong(base + BLOCK_HEADER_LENGTH + number * Long.BYTES, pair);
    }
}
