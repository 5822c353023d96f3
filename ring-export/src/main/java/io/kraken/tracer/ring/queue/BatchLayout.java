package io.kraken.tracer.ring.queue;

import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SymbolTable;
import java.nio.ByteBuffer;

/**
 * Memory layout of a document: up to {@link #MAX_RECORDS} spans of one process in a queue, and all that is needed to
 * decode them. This comment and {@link RecordLayout} are a complete specification for a reader in another language. All
 * fields are little-endian; "u32" and "u64" are unsigned integers of 4 and 8 bytes. Each part begins at a multiple of 8
 * bytes from the start of the document, which itself need not be aligned; bytes between parts are 0.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+
 *  0|  Magic                                                        |
 *   |                                                               |
 *  +-------------------------------+-------------------------------+
 *  8|  Version                      | 12 Length of the document     |
 *  +-------------------------------+-------------------------------+
 * 16|  CRC32C of all that follows   | 20 Records                    |
 *  +-------------------------------+-------------------------------+
 * 24|  Incarnation of the process, high 64 bits                     |
 * 32|  Incarnation of the process, low 64 bits                      |
 * 40|  Number of the document: 1, 2, 3, ...                         |
 * 48|  Latest end of a span in here, epoch nanoseconds              |
 *  +-------------------------------+-------------------------------+
 * 56|  Records omitted              | 60 Length of the resource     |
 *  +-------------------------------+-------------------------------+
 * 64|  Length of the records        | 68 Symbols                    |
 *  +-------------------------------+-------------------------------+
 * 72|  Records of the process in, or omitted from, earlier documents|
 *  +---------------------------------------------------------------+
 * 80|  Resource: key NUL value NUL ... in UTF-8                     |
 *   |  Records, one after the other                                 |
 *   |  Places: for each record, u32 index of its record in process  |
 *   |  Symbols, up to the end                                       |
 *  +---------------------------------------------------------------+
 *
 *  symbol
 *    0  u32 length, 1 to 255
 *    4  UTF-8
 * </pre>
 *
 * <b>Records</b> have the format of {@link RecordLayout}, with these exceptions: start, end and the times of events are
 * epoch nanoseconds, 0 if unknown. A symbol's id is its position in this document, beginning with 1. Anchor, next part
 * and moves have no meaning; the parts of a span are joined. A record takes its length, rounded up to a multiple of 8.
 *
 * <p><b>Detection of loss and duplicates.</b> Documents of one incarnation are numbered without gaps: a missing number
 * is a lost document. The count at offset 72 is the count of the previous document, plus the records in that document,
 * plus the records omitted from it because they were malformed or too large. The place of a record (the index of its
 * record in the process) and the generation in its commit word together are unique in the life of a process, and the
 * generations of a place only grow.
 *
 * <p>Symbols come after the records, since they are known only when the records have been written.
 */
public final class BatchLayout {

    public static final long MAGIC = 0x4843_5442_4E4B_524BL; // "KRKNBTCH"
    public static final int VERSION = 2;

    /** Maximum number of records of a document: their numbers fit the bits of a long. */
    public static final int MAX_RECORDS = 64;
    /** Maximum number of bytes of a document. */
    public static final int MAX_LENGTH = 1 << 20;

    public static final int MAX_RESOURCE_LENGTH = 32 * 1024;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = MAGIC_OFFSET + Long.BYTES;
    static final int LENGTH_OFFSET = VERSION_OFFSET + Integer.BYTES;
    static final int CHECKSUM_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    static final int RECORDS_OFFSET = CHECKSUM_OFFSET + Integer.BYTES;
    static final int INCARNATION_HIGH_OFFSET = RECORDS_OFFSET + Integer.BYTES;
    static final int INCARNATION_LOW_OFFSET = INCARNATION_HIGH_OFFSET + Long.BYTES;
    static final int NUMBER_OFFSET = INCARNATION_LOW_OFFSET + Long.BYTES;
    static final int LATEST_END_OFFSET = NUMBER_OFFSET + Long.BYTES;
    static final int LEFT_OUT_OFFSET = LATEST_END_OFFSET + Long.BYTES;
    static final int RESOURCE_LENGTH_OFFSET = LEFT_OUT_OFFSET + Integer.BYTES;
    static final int RECORDS_LENGTH_OFFSET = RESOURCE_LENGTH_OFFSET + Integer.BYTES;
    static final int SYMBOLS_OFFSET = RECORDS_LENGTH_OFFSET + Integer.BYTES;
    static final int EARLIER_OFFSET = SYMBOLS_OFFSET + Integer.BYTES;
    public static final int HEADER_LENGTH = EARLIER_OFFSET + Long.BYTES;

    /** The checksum covers all bytes from here on. */
    static final int CHECKED_OFFSET = RECORDS_OFFSET;

    static final int SYMBOL_TEXT_OFFSET = Integer.BYTES;
    static final int MIN_SYMBOL_FOOTPRINT = SymbolTable.footprint(1);

    private BatchLayout() {}

    static int aligned(int length) {
        return Mem.align(length, Long.BYTES);
    }

    static int recordsOffset(int resourceLength) {
        return HEADER_LENGTH + aligned(resourceLength);
    }

    // --- the header

    static void magicAndVersion(ByteBuffer buffer, int base) {
        buffer.putLong(base + MAGIC_OFFSET, MAGIC);
        buffer.putInt(base + VERSION_OFFSET, VERSION);
    }

    static void lengthAndChecksum(ByteBuffer buffer, int base, int length, int checksum) {
        buffer.putInt(base + LENGTH_OFFSET, length);
        buffer.putInt(base + CHECKSUM_OFFSET, checksum);
    }

    static void incarnation(ByteBuffer buffer, int base, long high, long low) {
        buffer.putLong(base + INCARNATION_HIGH_OFFSET, high);
        buffer.putLong(base + INCARNATION_LOW_OFFSET, low);
    }

    static void number(ByteBuffer buffer, int base, long number) {
        buffer.putLong(base + NUMBER_OFFSET, number);
    }

    static void records(ByteBuffer buffer, int base, int count, int leftOut, long latestEndNs) {
        buffer.putInt(base + RECORDS_OFFSET, count);
        buffer.putInt(base + LEFT_OUT_OFFSET, leftOut);
        buffer.putLong(base + LATEST_END_OFFSET, latestEndNs);
    }

    static void parts(ByteBuffer buffer, int base, int resourceLength, int recordsLength) {
        buffer.putInt(base + RESOURCE_LENGTH_OFFSET, resourceLength);
        buffer.putInt(base + RECORDS_LENGTH_OFFSET, recordsLength);
    }

    static void symbolsAndEarlier(ByteBuffer buffer, int base, int symbols, long earlier) {
        buffer.putInt(base + SYMBOLS_OFFSET, symbols);
        buffer.putLong(base + EARLIER_OFFSET, earlier);
    }

    static long magic(ByteBuffer buffer, int base) {
        return buffer.getLong(base + MAGIC_OFFSET);
    }

    static int version(ByteBuffer buffer, int base) {
        return buffer.getInt(base + VERSION_OFFSET);
    }

    static int length(ByteBuffer buffer, int base) {
        return buffer.getInt(base + LENGTH_OFFSET);
    }

    static int checksum(ByteBuffer buffer, int base) {
        return buffer.getInt(base + CHECKSUM_OFFSET);
    }

    static int records(ByteBuffer buffer, int base) {
        return buffer.getInt(base + RECORDS_OFFSET);
    }

    static long incarnationHigh(ByteBuffer buffer, int base) {
        return buffer.getLong(base + INCARNATION_HIGH_OFFSET);
    }

    static long incarnationLow(ByteBuffer buffer, int base) {
        return buffer.getLong(base + INCARNATION_LOW_OFFSET);
    }

    static long number(ByteBuffer buffer, int base) {
        return buffer.getLong(base + NUMBER_OFFSET);
    }

    static long latestEndNs(ByteBuffer buffer, int base) {
        return buffer.getLong(base + LATEST_END_OFFSET);
    }

    static int leftOut(ByteBuffer buffer, int base) {
        return buffer.getInt(base + LEFT_OUT_OFFSET);
    }

    static int resourceLength(ByteBuffer buffer, int base) {
        return buffer.getInt(base + RESOURCE_LENGTH_OFFSET);
    }

    static int recordsLength(ByteBuffer buffer, int base) {
        return buffer.getInt(base + RECORDS_LENGTH_OFFSET);
    }

    static int symbols(ByteBuffer buffer, int base) {
        return buffer.getInt(base + SYMBOLS_OFFSET);
    }

    static long earlier(ByteBuffer buffer, int base) {
        return buffer.getLong(base + EARLIER_OFFSET);
    }

    // --- places

    /** Length of the places of this number of records. */
    static int placesLength(int records) {
        return aligned(records * Integer.BYTES);
    }

    static int placeOffset(int placesAt, int record) {
        return placesAt + record * Integer.BYTES;
    }
}
