package io.kraken.tracer.file;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * One span in memory. A record is a header and a row of entries; it lives in a staging record while the span is open,
 * is copied into one or more slots of a lane when it ends, and is the unit that batches carry. All fields are
 * little-endian, ids too: the bytes of a trace id in W3C order are the big-endian bytes of its high word, then of its
 * low word.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+
 *  0|  State word (staging: claim; lane: commit)                    |
 *   |                                                               |
 *  +---------------------------------------------------------------+
 *  8|  Lease: equals the staging state word once the header is whole|
 *   |  (behind the lanes: number of the lane)                       |
 *  +---------------------------------------------------------------+
 * 16|  Trace id, high 64 bits                                       |
 * 24|  Trace id, low 64 bits                                        |
 * 32|  Span id (never 0)                                            |
 * 40|  Parent span id (0: none)                                     |
 * 48|  Start, ticks                                                 |
 * 56|  End, ticks (0 while open)                                    |
 *  +-------------------------------+-------------------------------+
 * 64|  Name, symbol id (0: entry)   | 68 Anchor, sequence number    |
 *  +-------------------------------+---------------+-------+-------+
 * 72|  Length used, with header     | 76 Flags      |78 Kind|79 Stat|
 *  +---------------+---------------+---------------+-------+-------+
 * 80| Dropped attrs |82 events      |84 links       |86 Thrown|87  0|
 *  +---------------+---------------+---------------+-------+-------+
 * 88|  Overflow offset (0: none)    | 92 Moves (staging only)       |
 *  +-------------------------------+-------------------------------+
 * 96|  Entries ...                                                  |
 * </pre>
 *
 * <b>Staging state word.</b> {@code generation * 2} while free, {@code generation * 2 + 1} while a span holds it;
 * each release adds one. So the word also counts: {@code (word + 1) / 2} spans have used this record. A reader trusts
 * an open record only when the lease equals the state word. When the overflow offset is not 0, the whole record, header
 * included, stands at that offset of the file instead. A living span may end, move to another overflow record, or have
 * entries rewritten while somebody reads: state word, overflow offset and moves, all of the staging record, must be the
 * same before and after, and the moves even (they are odd meanwhile). The length is to be read before what it covers.
 *
 * <p><b>Numbers.</b> Kind and status are OTLP's (kind 1 to 5; status 0 unset, 1 ok, 2 error). Flags are OTLP's too: the
 * W3C ones in the low 8 bits, 0x100 it is known whether the parent is remote, 0x200 it is. The dropped counts are u16
 * and stop at 65535. "Thrown" is the number of THROWN entries. "Length used" covers header and entries.
 *
 * <p><b>Lane commit word.</b> {@code (sequence + 1) << 8 | slots} on the first slot of a record, {@code (sequence +
 * 1) << 8} on each continuation slot, where {@code sequence} is the slot's own. Written last (release). The first
 * slot holds the record's bytes from 8 on, each continuation slot goes on with {@code slot size - 8} bytes after its
 * commit word.
 *
 * <p><b>Entries</b> are not aligned. Each begins with a 32-bit tag: the type in the low 8 bits, a symbol id in the
 * high 24 (0 where there is no key). A symbol id of {@link #INLINE_SYMBOL} says that the text follows the tag as a
 * 32-bit length and UTF-8 bytes. Then comes the value:
 *
 * <pre>
 *   1 LONG      8 bytes            5 STRING    u32 n; n bytes of UTF-8
 *   2 DOUBLE    8 bytes            6 LONGS     u32 n; n/8 longs
 *   3 FALSE     nothing            7 DOUBLES   u32 n; n/8 doubles
 *   4 TRUE      nothing            8 BOOLEANS  u32 n; n bytes, 0 or 1
 *                                  9 STRINGS   u32 n; per item u32 m, m bytes (m = -1: null)
 *
 *  16 EVENT   u32 n; u64 ticks, u32 dropped attributes, entries
 *  17 LINK    u32 n; u64 trace id high, u64 low, u64 span id, u32 flags, u32 dropped attributes, entries
 *  18 STATUS  u32 n; n bytes of UTF-8: description (the last one counts, and only when the status is an error)
 *  19 NAME    u32 n; n bytes of UTF-8 (the last one counts)
 *  20 THROWN  as EVENT; its stack trace is still to be written
 *  21 TRACE_STATE  u32 n; n bytes of ASCII: the W3C trace state (the last one counts)
 * </pre>
 *
 * Of several attributes with the same key the last one counts. Events hold attributes only; links hold attributes and a
 * TRACE_STATE, which is that of the span they lead to.
 *
 * <p><b>Versions.</b> A reader refuses a record that has an entry of a type it does not know, since it could not tell
 * its length. All types above belong to version 1 of the span file and of documents; one that is added later raises
 * both versions, and none ever gets another meaning.
 */
public final class RecordLayout {

    public static final int STATE_OFFSET = 0;
    public static final int LEASE_OFFSET = STATE_OFFSET + Long.BYTES;
    public static final int TRACE_ID_HIGH_OFFSET = LEASE_OFFSET + Long.BYTES;
    public static final int TRACE_ID_LOW_OFFSET = TRACE_ID_HIGH_OFFSET + Long.BYTES;
    public static final int SPAN_ID_OFFSET = TRACE_ID_LOW_OFFSET + Long.BYTES;
    public static final int PARENT_ID_OFFSET = SPAN_ID_OFFSET + Long.BYTES;
    public static final int START_TICKS_OFFSET = PARENT_ID_OFFSET + Long.BYTES;
    public static final int END_TICKS_OFFSET = START_TICKS_OFFSET + Long.BYTES;
    public static final int NAME_OFFSET = END_TICKS_OFFSET + Long.BYTES;
    public static final int ANCHOR_OFFSET = NAME_OFFSET + Integer.BYTES;
    public static final int LENGTH_OFFSET = ANCHOR_OFFSET + Integer.BYTES;
    public static final int FLAGS_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    public static final int KIND_OFFSET = FLAGS_OFFSET + Short.BYTES;
    public static final int STATUS_OFFSET = KIND_OFFSET + Byte.BYTES;
    public static final int DROPPED_ATTRIBUTES_OFFSET = STATUS_OFFSET + Byte.BYTES;
    public static final int DROPPED_EVENTS_OFFSET = DROPPED_ATTRIBUTES_OFFSET + Short.BYTES;
    public static final int DROPPED_LINKS_OFFSET = DROPPED_EVENTS_OFFSET + Short.BYTES;
    public static final int THROWN_OFFSET = DROPPED_LINKS_OFFSET + Short.BYTES;
    public static final int OVERFLOW_OFFSET = THROWN_OFFSET + Short.BYTES;
    public static final int MOVES_OFFSET = OVERFLOW_OFFSET + Integer.BYTES;
    public static final int HEADER_LENGTH = MOVES_OFFSET + Integer.BYTES;

    public static final int TAG_LENGTH = Integer.BYTES;
    /** Tag and 32-bit length: what stands before the bytes of a variable-length value. */
    public static final int PREFIX_LENGTH = TAG_LENGTH + Integer.BYTES;

    public static final int LONG = 1;
    public static final int DOUBLE = 2;
    public static final int FALSE = 3;
    public static final int TRUE = 4;
    public static final int STRING = 5;
    public static final int LONGS = 6;
    public static final int DOUBLES = 7;
    public static final int BOOLEANS = 8;
    public static final int STRINGS = 9;
    public static final int EVENT = 16;
    public static final int LINK = 17;
    public static final int STATUS = 18;
    public static final int NAME = 19;
    public static final int THROWN = 20;
    public static final int TRACE_STATE = 21;

    public static final int NO_SYMBOL = 0;
    public static final int INLINE_SYMBOL = 0xFF_FFFF;

    /** Bytes of an event's body before its entries: ticks and dropped count. */
    public static final int EVENT_HEAD_LENGTH = Long.BYTES + Integer.BYTES;
    /** Bytes of a link's body before its entries: ids, flags and dropped count. */
    public static final int LINK_HEAD_LENGTH = 3 * Long.BYTES + 2 * Integer.BYTES;

    /** OTLP's flags beside the W3C ones: whether the parent is remote is known, and that it is. */
    public static final int FLAG_REMOTE_KNOWN = 0x100;

    public static final int FLAG_REMOTE = 0x200;

    /** A record never spans more slots than its commit word can say. */
    public static final int MAX_SLOTS = 255;

    private RecordLayout() {}

    // --- the two words that say whether a record may be read

    public static boolean isOpen(long stagingState) {
        return (stagingState & 1) != 0;
    }

    /** How many spans have held a staging record whose state word this is. */
    public static long leases(long stagingState) {
        return (stagingState + 1) >>> 1;
    }

    public static long commitWord(long sequence, int slots) {
        return (sequence + 1) << 8 | slots;
    }

    /**
     * The number of slots a first slot announces, 0 when the word is not that of a record beginning at this
     * sequence.
     */
    public static int committedSlots(long commitWord, long sequence) {
        return commitWord >>> 8 == sequence + 1 ? (int) (commitWord & 0xFF) : 0;
    }

    /** The sequence at which a record of this commit word began; negative when there is none. */
    public static long sequence(long commitWord) {
        return (commitWord >>> 8) - 1;
    }

    /** The slots that a record of this commit word had. */
    public static int slots(long commitWord) {
        return (int) (commitWord & 0xFF);
    }

    public static long commitWord(ByteBuffer buffer, int base) {
        return buffer.getLong(base + STATE_OFFSET);
    }

    /** Says in a copy of a record, where the lease means nothing any more, from which lane it came. */
    public static void lane(ByteBuffer buffer, int base, int lane) {
        buffer.putLong(base + LEASE_OFFSET, lane);
    }

    public static long lane(ByteBuffer buffer, int base) {
        return buffer.getLong(base + LEASE_OFFSET);
    }

    public static int slots(int length, int slotSize) {
        final int payload = slotSize - Long.BYTES;
        return (length - Long.BYTES + payload - 1) / payload;
    }

    // --- the header, in the order in which a span writes it

    public static void traceId(ByteBuffer buffer, int base, long high, long low) {
        buffer.putLong(base + TRACE_ID_HIGH_OFFSET, high);
        buffer.putLong(base + TRACE_ID_LOW_OFFSET, low);
    }

    public static void spanIds(ByteBuffer buffer, int base, long spanId, long parentId) {
        buffer.putLong(base + SPAN_ID_OFFSET, spanId);
        buffer.putLong(base + PARENT_ID_OFFSET, parentId);
    }

    public static void nameAndAnchor(ByteBuffer buffer, int base, int name, int anchor) {
        buffer.putLong(base + NAME_OFFSET, (long) anchor << 32 | name);
    }

    /**
     * Start and everything whose first value is fixed: no end, no entries, status unset, nothing dropped, no
     * overflow, no moves.
     */
    public static void begin(ByteBuffer buffer, int base, long startTicks, int flags, int kind) {
        buffer.putLong(base + START_TICKS_OFFSET, startTicks);
        buffer.putLong(base + END_TICKS_OFFSET, 0);
        buffer.putLong(base + LENGTH_OFFSET, (long) (kind << 16 | flags) << 32 | HEADER_LENGTH);
        buffer.putLong(base + DROPPED_ATTRIBUTES_OFFSET, 0);
        buffer.putLong(base + OVERFLOW_OFFSET, 0);
    }

    /** Makes the header readable by others; pairs with the acquire reads of the state and the lease. */
    public static void openRelease(ByteBuffer buffer, int base, long state) {
        VarHandle.releaseFence();
        buffer.putLong(base + STATE_OFFSET, state);
        buffer.putLong(base + LEASE_OFFSET, state);
    }

    public static long leaseAcquire(ByteBuffer buffer, int base) {
        return Mem.getLongAcquire(buffer, base + LEASE_OFFSET);
    }

    public static void startTicks(ByteBuffer buffer, int base, long ticks) {
        buffer.putLong(base + START_TICKS_OFFSET, ticks);
    }

    public static void endTicks(ByteBuffer buffer, int base, long ticks) {
        buffer.putLong(base + END_TICKS_OFFSET, ticks);
    }

    /** Written after the bytes it covers, so that a reader of an open record sees whole entries only. */
    public static void lengthRelease(ByteBuffer buffer, int base, int length) {
        Mem.putIntRelease(buffer, base + LENGTH_OFFSET, length);
    }

    public static void name(ByteBuffer buffer, int base, int symbol) {
        buffer.putInt(base + NAME_OFFSET, symbol);
    }

    public static void status(ByteBuffer buffer, int base, int code) {
        buffer.put(base + STATUS_OFFSET, (byte) code);
    }

    public static void flags(ByteBuffer buffer, int base, int flags) {
        buffer.putShort(base + FLAGS_OFFSET, (short) flags);
    }

    public static void thrown(ByteBuffer buffer, int base, int count) {
        buffer.put(base + THROWN_OFFSET, (byte) count);
    }

    public static void overflow(ByteBuffer buffer, int base, int offset) {
        Mem.putIntRelease(buffer, base + OVERFLOW_OFFSET, offset);
    }

    /**
     * Says in the staging record that entries are being rewritten, until {@link #endMove}. False when that is said
     * already.
     */
    public static boolean beginMove(ByteBuffer buffer, int home) {
        final int moves = buffer.getInt(home + MOVES_OFFSET);
        if ((moves & 1) != 0) {
            return false;
        }
        buffer.putInt(home + MOVES_OFFSET, moves + 1);
        VarHandle.storeStoreFence();
        return true;
    }

    public static void endMove(ByteBuffer buffer, int home) {
        Mem.putIntRelease(buffer, home + MOVES_OFFSET, buffer.getInt(home + MOVES_OFFSET) + 1);
    }

    /** Adds one to a dropped count, which stops at its largest value. */
    public static void countDropped(ByteBuffer buffer, int base, int droppedOffset) {
        final int count = buffer.getShort(base + droppedOffset) & 0xFFFF;
        buffer.putShort(base + droppedOffset, (short) Math.min(count + 1, 0xFFFF));
    }

    // --- and as a reader meets it

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

    public static long endTicks(ByteBuffer buffer, int base) {
        return buffer.getLong(base + END_TICKS_OFFSET);
    }

    public static int name(ByteBuffer buffer, int base) {
        return buffer.getInt(base + NAME_OFFSET);
    }

    public static int anchor(ByteBuffer buffer, int base) {
        return buffer.getInt(base + ANCHOR_OFFSET);
    }

    public static int length(ByteBuffer buffer, int base) {
        return buffer.getInt(base + LENGTH_OFFSET);
    }

    public static int flags(ByteBuffer buffer, int base) {
        return buffer.getShort(base + FLAGS_OFFSET) & 0xFFFF;
    }

    public static int kind(ByteBuffer buffer, int base) {
        return buffer.get(base + KIND_OFFSET);
    }

    public static int status(ByteBuffer buffer, int base) {
        return buffer.get(base + STATUS_OFFSET);
    }

    public static int dropped(ByteBuffer buffer, int base, int droppedOffset) {
        return buffer.getShort(base + droppedOffset) & 0xFFFF;
    }

    public static int thrown(ByteBuffer buffer, int base) {
        return buffer.get(base + THROWN_OFFSET) & 0xFF;
    }

    public static int overflow(ByteBuffer buffer, int base) {
        return buffer.getInt(base + OVERFLOW_OFFSET);
    }

    // --- entries

    public static int tag(int type, int symbol) {
        return symbol << 8 | type;
    }

    public static int type(int tag) {
        return tag & 0xFF;
    }

    public static int symbol(int tag) {
        return tag >>> 8;
    }

    /** Whether entries of this type never have a key. */
    public static boolean isKeyless(int type) {
        return type == STATUS || type == NAME || type == LINK || type == TRACE_STATE;
    }

    /**
     * Bytes of a value after the tag and key, or -1 when a length says how many there are, or -2 for an unknown
     * type.
     */
    public static int valueLength(int type) {
        switch (type) {
            case LONG:
            case DOUBLE:
                return Long.BYTES;
            case FALSE:
            case TRUE:
                return 0;
            case STRING:
            case LONGS:
            case DOUBLES:
            case BOOLEANS:
            case STRINGS:
            case EVENT:
            case LINK:
            case STATUS:
            case NAME:
            case THROWN:
            case TRACE_STATE:
                return -1;
            default:
                return -2;
        }
    }
}
