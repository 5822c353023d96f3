package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.file.Utf8Check;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Protobuf writer that fills a buffer from its end to its front. Texts and values are copied in whole words; the excess
 * bytes lie in front of them, where the next field will be written. The buffer has slack at its front for that; the
 * caller must check {@link #room} first.
 */
final class ReverseProto {

    /** Bytes at the front that are never part of a message: room for the excess bytes of the last word. */
    private static final int SLACK = 32;

    private static final int BULK = 32;
    /**
     * Maximum length of a text for which its own length, and that of a message that contains only the text, take one
     * byte each.
     */
    private static final int LONGEST_SHORT = 125;

    private static final long NOT_ASCII = 0x8080_8080_8080_8080L;

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH = 2;
    private static final int FIXED32 = 5;

    private ByteBuffer out;
    private int position;
    private boolean badText;

    /** Pre-encoded bytes, stored as words for fast copying. */
    static final class Piece {
        private final long[] words;
        private final int length;

        Piece(byte[] bytes) {
            length = bytes.length;
            words = new long[(length + Long.BYTES - 1) / Long.BYTES];
            final ByteBuffer padded =
                    ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            padded.put(padded.capacity() - length, bytes);
            padded.asLongBuffer().get(words);
        }

        int length() {
            return length;
        }
    }

    static ByteBuffer newBuffer(int capacity) {
        return ByteBuffer.allocateDirect(capacity + SLACK).order(ByteOrder.LITTLE_ENDIAN);
    }

    void begin(ByteBuffer buffer) {
        out = buffer;
        position = buffer.capacity();
    }

    void finish(ByteBuffer buffer) {
        buffer.limit(buffer.capacity()).position(position);
    }

    /** Bytes that may still be written. */
    int room() {
        return position - SLACK;
    }

    /** The current position, to be passed to {@link #message} as the end of a message or to {@link #reset}. */
    int mark() {
        return position;
    }

    void reset(int mark) {
        position = mark;
    }

    /**
     * Writes tag and length in front of all that was written since the mark; a mark of 0 means the end of the buffer.
     */
    void message(int field, int mark) {
        final int length = (mark == 0 ? out.capacity() : mark) - position;
        final int tag = field << 3 | LENGTH;
        if ((length | tag) < 0x80) {
            out.putShort(position -= Short.BYTES, (short) (length << 8 | tag));
        } else {
            varint(length);
            tag(field, LENGTH);
        }
    }

    /** Writes a message with one numeric field whose value has been written since the mark. */
    void numberMessage(int field, int inner, int wireType, int mark) {
        final int length = mark - position + 1;
        final int head = (inner << 3 | wireType) << 16 | length << 8 | field << 3 | LENGTH;
        out.putInt(position - Integer.BYTES, head << Byte.SIZE);
        position -= 3;
    }

    /** Writes a message with one string field. */
    void stringMessage(int field, int inner, ByteBuffer in, int offset, int length) {
        final int mark = position;
        if (length > LONGEST_SHORT) {
            string(inner, in, offset, length);
            message(field, mark);
            return;
        }
        text(in, offset, length);
        final int at = position - Integer.BYTES;
        out.putInt(at, length << 24 | (inner << 3 | LENGTH) << 16 | length + 2 << 8 | field << 3 | LENGTH);
        position = at;
    }

    void tag(int field, int wireType) {
        final int tag = field << 3 | wireType;
        if (tag < 0x80) {
            out.put(--position, (byte) tag);
        } else {
            out.putShort(position -= Short.BYTES, (short) (tag & 0x7F | 0x80 | tag >>> 7 << 8));
        }
    }

    void varint(long value) {
        if ((value & ~0x7FL) == 0) {
            out.put(--position, (byte) value);
        } else if ((value & ~0x3FFFL) == 0) {
            out.putShort(position -= Short.BYTES, (short) (value & 0x7F | 0x80 | value >>> 7 << 8));
        } else {
            longVarint(value);
        }
    }

    private void longVarint(long value) {
        final int bytes = (63 - Long.numberOfLeadingZeros(value)) / 7 + 1;
        if (bytes <= Integer.BYTES) {
            final int spread =
                    (int) (value & 0x7F | (value & 0x3F80) << 1 | (value & 0x1F_C000) << 2 | (value & 0xFE0_0000) << 3);
            final int shift = Byte.SIZE * (Integer.BYTES - bytes);
            out.putInt(position - Integer.BYTES, (spread | 0x0080_8080 >>> shift) << shift);
            position -= bytes;
            return;
        }
        position -= bytes;
        long rest = value;
        for (int i = 0; i < bytes - 1; i++, rest >>>= 7) {
            out.put(position + i, (byte) (rest & 0x7F | 0x80));
        }
        out.put(position + bytes - 1, (byte) rest);
    }

    /** Writes an unsigned number, which is omitted when 0, as in protobuf. */
    void uint32(int field, int value) {
        if (value != 0) {
            varint(value & 0xFFFF_FFFFL);
            tag(field, VARINT);
        }
    }

    void int64(int field, long value) {
        varint(value);
        tag(field, VARINT);
    }

    void fixed32(int field, int value) {
        out.putInt(position -= Integer.BYTES, value);
        tag(field, FIXED32);
    }

    void fixed64(long value) {
        out.putLong(position -= Long.BYTES, value);
    }

    void fixed64(int field, long value) {
        fixed64(value);
        tag(field, FIXED64);
    }

    /** Writes the eight bytes of an id as a bytes field. */
    void id64(int field, long id) {
        final int at = position - Long.BYTES;
        out.putLong(at, Long.reverseBytes(id));
        position = at;
        shortHead(field, Long.BYTES);
    }

    void id128(int field, long high, long low) {
        final int at = position - 2 * Long.BYTES;
        out.putLong(at + Long.BYTES, Long.reverseBytes(low));
        out.putLong(at, Long.reverseBytes(high));
        position = at;
        shortHead(field, 2 * Long.BYTES);
    }

    /** Writes tag and length, of one byte each. */
    private void shortHead(int field, int length) {
        out.putShort(position -= Short.BYTES, (short) (length << 8 | field << 3 | LENGTH));
    }

    /**
     * Writes a string field. Text that is not UTF-8, for which a receiver would reject the whole request, is noted for
     * {@link #takeBadText}.
     */
    void string(int field, ByteBuffer in, int offset, int length) {
        text(in, offset, length);
        varint(length);
        tag(field, LENGTH);
    }

    private void text(ByteBuffer in, int offset, int length) {
        if ((copy(in, offset, length) & NOT_ASCII) != 0 && !Utf8Check.isValid(in, offset, offset + length)) {
            badText = true;
        }
    }

    /** Whether invalid text was written since the last call. */
    boolean takeBadText() {
        final boolean was = badText;
        badText = false;
        return was;
    }

    /** Copies bytes that are preceded by at least seven others; returns the bitwise OR of all of them. */
    private long copy(ByteBuffer in, int offset, int length) {
        if (length > BULK) {
            position -= length;
            out.put(position, in, offset, length);
            return all(in, offset, length);
        }
        long seen = 0;
        int left = length;
        int at = position;
        for (; left >= Long.BYTES; left -= Long.BYTES) {
            final long word = in.getLong(offset + left - Long.BYTES);
            seen |= word;
            out.putLong(at -= Long.BYTES, word);
        }
        if (left > 0) {
            final long word = in.getLong(offset + left - Long.BYTES);
            seen |= word >>> Byte.SIZE * (Long.BYTES - left);
            out.putLong(at - Long.BYTES, word);
        }
        position -= length;
        return seen;
    }

    private static long all(ByteBuffer in, int offset, int length) {
        long seen = in.getLong(offset + length - Long.BYTES);
        for (int at = offset; at < offset + length - Long.BYTES; at += Long.BYTES) {
            seen |= in.getLong(at);
        }
        return seen;
    }

    void piece(Piece piece) {
        final long[] words = piece.words;
        final ByteBuffer to = out;
        final int end = position;
        position = end - piece.length;
        int at = end - words.length * Long.BYTES;
        for (int i = 0; i < words.length; i++, at += Long.BYTES) {
            to.putLong(at, words[i]);
        }
    }

    void text(int field, String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        piece(new Piece(bytes));
        varint(bytes.length);
        tag(field, LENGTH);
    }

    byte[] toBytes() {
        final byte[] bytes = new byte[out.capacity() - position];
        out.get(position, bytes);
        return bytes;
    }
}
