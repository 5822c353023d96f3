package io.kraken.tracer.file;

/**
 * The layout of a record's entries: attributes, events, links and texts. They are not aligned. Each begins with a
 * 32-bit tag: the type in the low 8 bits, a symbol id in the high 24 (0 if there is no key). The symbol id {@link
 * #INLINE_SYMBOL} means that the text of the key follows the tag as a 32-bit length and UTF-8 bytes. Then comes the
 * value:
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
 * its length. All types above belong to version 3 of the span file and version 2 of documents; one that is added later
 * raises both versions, and none ever gets another meaning.
 */
public final class EntryLayout {

    public static final int TAG_LENGTH = Integer.BYTES;
    /** Length of tag and 32-bit length, which precede the bytes of a variable-length value. */
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

    private EntryLayout() {}

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
     * Length of a value in bytes, after tag and key; -1 if a length precedes it, -2 for an unknown type.
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
