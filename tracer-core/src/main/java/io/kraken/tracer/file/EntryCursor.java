package io.kraken.tracer.file;

import java.nio.ByteBuffer;

/**
 * A cursor over the entries of a record, or of an event or link inside one. Trusts nothing: every length is checked
 * against the given end before it is used. Reused; for one thread.
 */
public final class EntryCursor {

    private ByteBuffer buffer;
    private int next;
    private int end;
    private boolean malformed;

    private int offset;
    private int type;
    private int symbol;
    private int keyOffset;
    private int keyLength;
    private int valueOffset;
    private int valueLength;

    /** @param end first offset after the entries; the caller guarantees that it lies inside the buffer. */
    public EntryCursor wrap(ByteBuffer buffer, int from, int end) {
        this.buffer = buffer;
        this.next = from;
        this.end = end;
        this.malformed = false;
        return this;
    }

    /** Moves to the next entry. False at the end and at the first malformed entry. */
    public boolean next() {
        int position = next;
        if (position == end) {
            return false;
        }
        if (end - position < EntryLayout.TAG_LENGTH) {
            return fail();
        }
        offset = position;
        final int tag = buffer.getInt(position);
        type = EntryLayout.type(tag);
        symbol = EntryLayout.symbol(tag);
        position += EntryLayout.TAG_LENGTH;
        keyLength = 0;
        if (symbol == EntryLayout.INLINE_SYMBOL) {
            keyLength = lengthAt(position);
            if (keyLength < 0) {
                return fail();
            }
            keyOffset = position + Integer.BYTES;
            position = keyOffset + keyLength;
        }
        int length = EntryLayout.valueLength(type);
        if (length == -1) {
            length = lengthAt(position);
            position += Integer.BYTES;
        }
        if (length < 0 || length > end - position || length < headLength()) {
            return fail();
        }
        valueOffset = position;
        valueLength = length;
        next = position + length;
        return true;
    }

    private int lengthAt(int position) {
        if (end - position < Integer.BYTES) {
            return -1;
        }
        final int length = buffer.getInt(position);
        return length > end - position - Integer.BYTES ? -1 : length;
    }

    private int headLength() {
        switch (type) {
            case EntryLayout.EVENT:
            case EntryLayout.THROWN:
                return EntryLayout.EVENT_HEAD_LENGTH;
            case EntryLayout.LINK:
                return EntryLayout.LINK_HEAD_LENGTH;
            default:
                return 0;
        }
    }

    private boolean fail() {
        malformed = true;
        next = end;
        return false;
    }

    /** True once {@link #next()} has found an entry that exceeds the end or is of an unknown type. */
    public boolean malformed() {
        return malformed;
    }

    public int offset() {
        return offset;
    }

    /** First offset after this entry. */
    public int endOffset() {
        return valueOffset + valueLength;
    }

    public int type() {
        return type;
    }

    public boolean isAttribute() {
        return type <= EntryLayout.STRINGS;
    }

    public int symbol() {
        return symbol;
    }

    /**
     * The offset of the text of an inline key; valid if {@link #symbol()} is {@link EntryLayout#INLINE_SYMBOL}.
     */
    public int keyOffset() {
        return keyOffset;
    }

    public int keyLength() {
        return keyLength;
    }

    public int valueOffset() {
        return valueOffset;
    }

    public int valueLength() {
        return valueLength;
    }

    public long longValue() {
        return buffer.getLong(valueOffset);
    }

    /** Whether the content of a variable-length value is well-formed. */
    public boolean isValueSound() {
        switch (type) {
            case EntryLayout.LONGS:
            case EntryLayout.DOUBLES:
                return valueLength % Long.BYTES == 0;
            case EntryLayout.STRINGS:
                return areStringsSound();
            default:
                return true;
        }
    }

    /** Whether this entry is well-formed and allowed inside an event or link, whose type is given. */
    public boolean isSoundIn(int outer) {
        if (type == EntryLayout.TRACE_STATE) {
            return outer == EntryLayout.LINK && symbol == EntryLayout.NO_SYMBOL;
        }
        return isAttribute() && isValueSound();
    }

    private boolean areStringsSound() {
        final int last = endOffset();
        int at = valueOffset;
        while (at < last) {
            if (last - at < Integer.BYTES) {
                return false;
            }
            final int length = buffer.getInt(at);
            at += Integer.BYTES;
            if (length < -1 || length > last - at) {
                return false;
            }
            at += Math.max(0, length);
        }
        return true;
    }

    public int nestedOffset() {
        return valueOffset + headLength();
    }
}
