package io.kraken.tracer.file;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * The layout of one span in memory: a header and a sequence of entries, written in place from the start of the span
 * until it has been shipped. Records have a fixed size and lie in chunks of 64, see {@link SpanFileLayout}. All fields
 * are little-endian, ids too: the bytes of a trace id in W3C order are the big-endian bytes of its high word, then of
 * its low word.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+
 *  0|  Commit word: bits 0-2 state, 3 extended, 8-23 flags,         |
 *   |               24-63 generation                                |
 *  +---------------------------------------------------------------+
 *  8|  Trace id, high 64 bits                                       |
 * 16|  Trace id, low 64 bits                                        |
 * 24|  Span id (never 0)                                            |
 * 32|  Parent span id (0: none)                                     |
 * 40|  Start, ticks                                                 |
 * 48|  End, ticks (undefined while open)                            |
 *  +-----------------------------------------------+-------+-------+
 * 56|  Name, symbol id, 24 bits (0: entry)          |59 Kind, status|
 *  +-------------------------------+---------------+-------+-------+
 * 60|  Anchor, low 16 bits          | 62 Length used, with header   |
 *  +-------------------------------+-------------------------------+
 *      from here to 80: valid only if the commit word has the bit "extended"
 * 64|  Dropped attributes           | 66 Dropped events             |
 * 68|  Dropped links                | 70 Thrown     | 71 0          |
 *  +-------------------------------+-------------------------------+
 * 72|  Next part: record number + 1 (0: none)                       |
 * 76|  Moves: odd while entries are rewritten                       |
 *  +---------------------------------------------------------------+
 * 80|  Entries ...                                                  |
 *
 *  a part, in which a span continues that has outgrown its record
 *  0|  Commit word, state PART                                      |
 *  8|  Number of the span's record  | 12 Number of the part: 1, 2.. |
 * 16|  Next part, as above          | 20 Low 32 bits of the         |
 *   |                               |    generation of the span     |
 * 24|  The span's bytes continue here                               |
 * </pre>
 *
 * The first 64 bytes are one cache line, and all of the header that most spans touch.
 *
 * <p><b>Commit word.</b> States: 0 FREE, never used; 1 OPEN, a span that is being recorded; 2 DONE, a recorded span
 * that has ended; 3 PASSING, an open span that is not recorded; 4 PASSED, such a span that has ended; 5 PART. Each use
 * of a record has a generation, one more than that of the previous use, so the generation counts how often the record
 * was used. The word is written last at the start (release: the header is complete) and last at the end (release:
 * everything is).
 *
 * <p><b>Taken.</b> Only the thread that records writes into a record. What the exporter has finished with is in the
 * chunk's taken word instead: bit {@code i} is the lowest bit of the generation of the last use of record {@code i}
 * that was taken. So a use is <i>untaken</i> while the lowest bit of its generation differs from the chunk's bit, and a
 * record may be reused only when its last use is taken.
 *
 * <p><b>To read a record that may change meanwhile:</b> read the commit word (acquire), then the moves, then the
 * length, copy, and read again the taken word (acquire), the moves, and last the commit word: the copy is consistent if
 * the use is still untaken, the moves are the same and even, and the commit word is the same. The next use can't have
 * begun to overwrite the header before the taken bit has changed. The bit could have changed twice, if that use was
 * taken as well; the commit word shows that it has not, and so it is read last. The parts of a span follow the same
 * rule by the word of the span's own record, since they are taken after it.
 *
 * <p><b>Numbers.</b> Kind and status are OTLP's (kind 1 to 5, in the low 4 bits of the byte; status 0 unset, 1 ok, 2
 * error, above). Flags are OTLP's too: the W3C ones in the low 8 bits, 0x100 it is known whether the parent is remote,
 * 0x200 it is. The dropped counts stop at 65535. "Thrown" is the number of THROWN entries. "Length used" covers header
 * and entries, including those in parts. A span and its parts have at most {@link #MAX_LENGTH_RECORDS} record lengths.
 * A copy outside of the chunks, which includes the stack traces, may be longer than 65535 bytes: then the length is 0,
 * and the 32-bit word at 72 is the length.
 */
public final class RecordLayout {

    public static final int COMMIT_OFFSET = 0;
    public static final int TRACE_ID_HIGH_OFFSET = COMMIT_OFFSET + Long.BYTES;
    public static final int TRACE_ID_LOW_OFFSET = TRACE_ID_HIGH_OFFSET + Long.BYTES;
    public static final int SPAN_ID_OFFSET = TRACE_ID_LOW_OFFSET + Long.BYTES;
    public static final int PARENT_ID_OFFSET = SPAN_ID_OFFSET + Long.BYTES;
    public static final int START_TICKS_OFFSET = PARENT_ID_OFFSET + Long.BYTES;
    public static final int END_TICKS_OFFSET = START_TICKS_OFFSET + Long.BYTES;
    public static final int NAME_OFFSET = END_TICKS_OFFSET + Long.BYTES;
    public static final int KIND_AND_STATUS_OFFSET = NAME_OFFSET + 3;
    public static final int ANCHOR_OFFSET = NAME_OFFSET + Integer.BYTES;
    public static final int LENGTH_OFFSET = ANCHOR_OFFSET + Short.BYTES;
    public static final int DROPPED_ATTRIBUTES_OFFSET = LENGTH_OFFSET + Short.BYTES;
    public static final int DROPPED_EVENTS_OFFSET = DROPPED_ATTRIBUTES_OFFSET + Short.BYTES;
    public static final int DROPPED_LINKS_OFFSET = DROPPED_EVENTS_OFFSET + Short.BYTES;
    public static final int THROWN_OFFSET = DROPPED_LINKS_OFFSET + Short.BYTES;
    public static final int NEXT_OFFSET = THROWN_OFFSET + Short.BYTES;
    public static final int MOVES_OFFSET = NEXT_OFFSET + Integer.BYTES;
    public static final int HEADER_LENGTH = MOVES_OFFSET + Integer.BYTES;

    public static final int PART_HEAD_OFFSET = COMMIT_OFFSET + Long.BYTES;
    public static final int PART_NUMBER_OFFSET = PART_HEAD_OFFSET + Integer.BYTES;
    public static final int PART_NEXT_OFFSET = PART_NUMBER_OFFSET + Integer.BYTES;
    public static final int PART_GENERATION_OFFSET = PART_NEXT_OFFSET + Integer.BYTES;
    public static final int PART_HEADER_LENGTH = PART_GENERATION_OFFSET + Integer.BYTES;

    public static final int FREE = 0;
    public static final int OPEN = 1;
    public static final int DONE = 2;
    public static final int PASSING = 3;
    public static final int PASSED = 4;
    public static final int PART = 5;

    private static final int STATE_MASK = 7;
    /** Bit of the commit word: the bytes from 64 to 80 are valid. */
    public static final int EXTENDED = 8;

    private static final int FLAGS_SHIFT = 8;
    public static final int GENERATION_SHIFT = 24;
    /** The increment of the word by one generation. */
    public static final long LEASE = 1L << GENERATION_SHIFT;

    private static final int KIND_MASK = 0xF;
    private static final int STATUS_SHIFT = 4;
    private static final int SYMBOL_MASK = 0xFF_FFFF;

    /** Maximum length of a span in record lengths, its parts included. */
    public static final int MAX_LENGTH_RECORDS = 64;

    private static final int MAX_LENGTH = 0xFFF8;

    /** OTLP's flags beside the W3C ones: whether the parent is remote is known, and it is remote. */
    public static final int FLAG_REMOTE_KNOWN = 0x100;

    public static final int FLAG_REMOTE = 0x200;

    private RecordLayout() {}

    /** Maximum length in bytes of a span's header and entries, those in parts included. */
    public static int maxLength(int recordLength) {
        return Math.min(MAX_LENGTH, MAX_LENGTH_RECORDS * recordLength);
    }

    /** Maximum number of parts of a span. */
    public static int maxParts(int recordLength) {
        final int payload = recordLength - PART_HEADER_LENGTH;
        return (maxLength(recordLength) - recordLength + payload - 1) / payload;
    }

    // --- the commit word

    public static int state(long commitWord) {
        return (int) commitWord & STATE_MASK;
    }

    public static long generation(long commitWord) {
        return commitWord >>> GENERATION_SHIFT;
    }

    public static boolean isExtended(long commitWord) {
        return (commitWord & EXTENDED) != 0;
    }

    /** OTLP's flags in the commit word. */
    public static int flags(long commitWord) {
        return (int) (commitWord >>> FLAGS_SHIFT) & 0xFFFF;
    }

    /** The generation alone, at its position in the word. */
    public static long lease(long commitWord) {
        return commitWord >>> GENERATION_SHIFT << GENERATION_SHIFT;
    }

    /** The word of a use that begins. */
    public static long opened(long lease, int flags, int state) {
        return lease | (long) flags << FLAGS_SHIFT | state;
    }

    /** The word of a span that ends: OPEN becomes DONE, PASSING becomes PASSED. */
    static long ended(long commitWord) {
        return commitWord + 1;
    }

    /** Whether this use of record {@code number} of a chunk is still to be taken. */
    public static boolean isUntaken(long commitWord, long takenWord, int number) {
        return ((commitWord >>> GENERATION_SHIFT ^ takenWord >>> number) & 1) != 0;
    }

    /** The bit of the chunk's taken word that flips when the use of this record is taken. */
    public static long takenBit(int number) {
        return 1L << number;
    }

    // --- writing, by the thread that owns the record

    /** Writes the part of the header that every span has. The commit word follows by {@link #commitRelease}. */
    public static void begin(Memory memory, long base, long startTicks, int name, int kind, int anchor) {
        memory.putLong(base + START_TICKS_OFFSET, startTicks);
        memory.putLong(
                base + NAME_OFFSET,
                (long) HEADER_LENGTH << 48 | (anchor & 0xFFFFL) << 32 | (kind << 24 | name) & 0xFFFF_FFFFL);
    }

    public static void ids(Memory memory, long base, long high, long low, long spanId, long parentId) {
        memory.putLong(base + TRACE_ID_HIGH_OFFSET, high);
        memory.putLong(base + TRACE_ID_LOW_OFFSET, low);
        memory.putLong(base + SPAN_ID_OFFSET, spanId);
        memory.putLong(base + PARENT_ID_OFFSET, parentId);
    }

    public static long commitWord(Memory memory, long base) {
        return memory.getLong(base + COMMIT_OFFSET);
    }

    /** Publishes what was written before; pairs with {@link #commitWordAcquire}. */
    public static void commitRelease(Memory memory, long base, long commitWord) {
        memory.putLongRelease(base + COMMIT_OFFSET, commitWord);
    }

    public static long commitWordAcquire(Memory memory, long base) {
        return memory.getLongAcquire(base + COMMIT_OFFSET);
    }

    /** Ends the use of the record: a reader that sees the new state sees everything that was written before. */
    public static void endRelease(Memory memory, long base) {
        memory.putLongRelease(base + COMMIT_OFFSET, ended(memory.getLong(base + COMMIT_OFFSET)));
    }

    public static void endTicks(Memory memory, long base, long ticks) {
        memory.putLong(base + END_TICKS_OFFSET, ticks);
    }

    public static long endTicks(Memory memory, long base) {
        return memory.getLong(base + END_TICKS_OFFSET);
    }

    /** For a thread that does not own the span; fails if the span has ended since the older ticks were read. */
    public static boolean endTicks(Memory memory, long base, long older, long ticks) {
        return memory.compareAndSetLong(base + END_TICKS_OFFSET, older, ticks);
    }

    /** Turns an open span to which no reference exists into an unrecorded one that has ended. */
    public static void withdraw(Memory memory, long base) {
        final long word = memory.getLong(base + COMMIT_OFFSET);
        memory.putLongRelease(base + COMMIT_OFFSET, word & ~STATE_MASK | PASSED);
    }

    /** Written after the bytes it covers, so that a reader of an open record sees complete entries only. */
    public static void lengthRelease(Memory memory, long base, int length) {
        VarHandle.releaseFence();
        memory.putShort(base + LENGTH_OFFSET, length);
    }

    public static void name(Memory memory, long base, int symbol) {
        final int word = memory.getInt(base + NAME_OFFSET);
        memory.putInt(base + NAME_OFFSET, word & ~SYMBOL_MASK | symbol);
    }

    public static int status(Memory memory, long base) {
        return memory.getByte(base + KIND_AND_STATUS_OFFSET) >>> STATUS_SHIFT & 0xF;
    }

    public static void status(Memory memory, long base, int code) {
        final int kind = memory.getByte(base + KIND_AND_STATUS_OFFSET) & KIND_MASK;
        memory.putByte(base + KIND_AND_STATUS_OFFSET, code << STATUS_SHIFT | kind);
    }

    /** Makes the second part of the header valid, if it is not yet: nothing dropped, no parts, no moves. */
    public static void extend(Memory memory, long base) {
        final long word = memory.getLong(base + COMMIT_OFFSET);
        if (!isExtended(word)) {
            memory.putLong(base + DROPPED_ATTRIBUTES_OFFSET, 0);
            memory.putLong(base + NEXT_OFFSET, 0);
            memory.putLongRelease(base + COMMIT_OFFSET, word | EXTENDED);
        }
    }

    /** Increments a dropped count, which saturates. */
    public static void countDropped(Memory memory, long base, int droppedOffset) {
        extend(memory, base);
        final int count = memory.getShort(base + droppedOffset);
        memory.putShort(base + droppedOffset, Math.min(count + 1, 0xFFFF));
    }

    public static void thrown(Memory memory, long base, int count) {
        extend(memory, base);
        memory.putByte(base + THROWN_OFFSET, count);
    }

    /**
     * Marks that entries are being rewritten, until {@link #endMove}. False if that is marked already: then the outer
     * caller ends it.
     */
    public static boolean beginMove(Memory memory, long base) {
        extend(memory, base);
        final int moves = memory.getInt(base + MOVES_OFFSET);
        if ((moves & 1) != 0) {
            return false;
        }
        memory.putInt(base + MOVES_OFFSET, moves + 1);
        VarHandle.storeStoreFence();
        return true;
    }

    public static void endMove(Memory memory, long base) {
        memory.putIntRelease(base + MOVES_OFFSET, memory.getInt(base + MOVES_OFFSET) + 1);
    }

    /**
     * Links the next part before it is begun: so every part that exists is linked, and the thread that takes the span
     * finds all of them.
     *
     * @param at the address of the link: {@link #NEXT_OFFSET} of the record or {@link #PART_NEXT_OFFSET} of a part
     */
    public static void link(Memory memory, long at, int record) {
        memory.putInt(at, record + 1);
        VarHandle.storeStoreFence();
    }

    /**
     * Clears the state of a record that becomes a part: it may have been a part before, and an error may interrupt the
     * writing of the new fields, which must not make the old one a part of the new span.
     */
    public static void clearState(Memory memory, long base) {
        memory.putLongRelease(base + COMMIT_OFFSET, memory.getLong(base + COMMIT_OFFSET) & ~STATE_MASK);
    }

    /** Begins part {@code number} of the span that record {@code head} holds in its use {@code headWord}. */
    public static void beginPart(Memory memory, long base, long lease, int number, int head, long headWord) {
        memory.putInt(base + PART_HEAD_OFFSET, head);
        memory.putInt(base + PART_NUMBER_OFFSET, number);
        memory.putInt(base + PART_NEXT_OFFSET, 0);
        memory.putInt(base + PART_GENERATION_OFFSET, (int) generation(headWord));
        memory.putLongRelease(base + COMMIT_OFFSET, lease | PART);
    }

    /** Whether this is that part of that span; false if an error interrupted its creation after it was linked. */
    public static boolean isPart(Memory memory, long base, int number, int head, long headWord) {
        return state(commitWord(memory, base)) == PART
                && memory.getInt(base + PART_HEAD_OFFSET) == head
                && memory.getInt(base + PART_NUMBER_OFFSET) == number
                && memory.getInt(base + PART_GENERATION_OFFSET) == (int) generation(headWord);
    }

    // --- reading, by other threads and processes; the bytes are untrusted until they are checked

    public static long commitWord(ByteBuffer buffer, int base) {
        return buffer.getLong(base + COMMIT_OFFSET);
    }

    public static long commitWordAcquire(ByteBuffer buffer, int base) {
        return Mem.getLongAcquire(buffer, base + COMMIT_OFFSET);
    }

    public static long traceIdHigh(ByteBuffer buffer, int base) {
        return buffer.getLong(base + TRACE_ID_HIGH_OFFSET);
    }

    public static long traceIdLow(ByteBuffer buffer, int base) {
        return buffer.getLong(base + TRACE_ID_LOW_OFFSET);
    }

    public static long spanId(ByteBuffer buffer, int base) {
        return buffer.getLong(base + SPAN_ID_OFFSET);
    }

    public static long parentId(ByteBuffer buffer, int base) {
        return buffer.getLong(base + PARENT_ID_OFFSET);
    }

    public static long startTicks(ByteBuffer buffer, int base) {
        return buffer.getLong(base + START_TICKS_OFFSET);
    }

    public static void startTicks(ByteBuffer buffer, int base, long ticks) {
        buffer.putLong(base + START_TICKS_OFFSET, ticks);
    }

    public static long endTicks(ByteBuffer buffer, int base) {
        return buffer.getLong(base + END_TICKS_OFFSET);
    }

    public static void endTicks(ByteBuffer buffer, int base, long ticks) {
        buffer.putLong(base + END_TICKS_OFFSET, ticks);
    }

    public static int name(ByteBuffer buffer, int base) {
        return buffer.getInt(base + NAME_OFFSET) & SYMBOL_MASK;
    }

    public static void name(ByteBuffer buffer, int base, int symbol) {
        final int word = buffer.getInt(base + NAME_OFFSET);
        buffer.putInt(base + NAME_OFFSET, word & ~SYMBOL_MASK | symbol);
    }

    /** The low 16 bits of the anchor's sequence number. */
    public static int anchor(ByteBuffer buffer, int base) {
        return buffer.getShort(base + ANCHOR_OFFSET) & 0xFFFF;
    }

    public static int length(ByteBuffer buffer, int base) {
        final int length = buffer.getShort(base + LENGTH_OFFSET) & 0xFFFF;
        return length != 0 ? length : buffer.getInt(base + NEXT_OFFSET);
    }

    /** Sets the length of a copy, which has no parts. */
    public static void length(ByteBuffer buffer, int base, int length) {
        final boolean isShort = length <= 0xFFFF;
        buffer.putShort(base + LENGTH_OFFSET, (short) (isShort ? length : 0));
        buffer.putInt(base + NEXT_OFFSET, isShort ? 0 : length);
    }

    public static int flags(ByteBuffer buffer, int base) {
        return flags(commitWord(buffer, base));
    }

    public static int kind(ByteBuffer buffer, int base) {
        return buffer.get(base + KIND_AND_STATUS_OFFSET) & KIND_MASK;
    }

    public static int status(ByteBuffer buffer, int base) {
        return buffer.get(base + KIND_AND_STATUS_OFFSET) >>> STATUS_SHIFT & 0xF;
    }

    public static void status(ByteBuffer buffer, int base, int code) {
        buffer.put(base + KIND_AND_STATUS_OFFSET, (byte) (code << STATUS_SHIFT | kind(buffer, base)));
    }

    public static int dropped(ByteBuffer buffer, int base, int droppedOffset) {
        return isExtended(commitWord(buffer, base)) ? buffer.getShort(base + droppedOffset) & 0xFFFF : 0;
    }

    public static int thrown(ByteBuffer buffer, int base) {
        return isExtended(commitWord(buffer, base)) ? buffer.get(base + THROWN_OFFSET) & 0xFF : 0;
    }

    /** For a copy: marks that no stack trace is still to be written. */
    public static void noneThrown(ByteBuffer buffer, int base) {
        buffer.put(base + THROWN_OFFSET, (byte) 0);
    }

    /** The moves, and in the low half the link to the next part; 0 if the header is not extended. */
    public static long nextAndMoves(ByteBuffer buffer, int base, long commitWord) {
        return isExtended(commitWord) ? buffer.getLong(base + NEXT_OFFSET) : 0;
    }

    static int next(long nextAndMoves) {
        return (int) nextAndMoves;
    }

    static boolean isMoving(long nextAndMoves) {
        return (nextAndMoves >>> Integer.SIZE & 1) != 0;
    }
}
