package io.kraken.tracer.propagation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The name or value of a header being written into a carrier: ASCII, one byte for each character. Reused: to keep it,
 * take a copy by {@link #toString}, {@link #toBytes} or {@link #copyTo}.
 */
public final class HeaderText implements CharSequence {

    private byte[] bytes = {};
    private int from;
    private int length;

    HeaderText() {}

    /** Wraps these bytes, which must not change meanwhile. */
    HeaderText of(byte[] array, int offset, int count) {
        bytes = array;
        from = offset;
        length = count;
        return this;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public char charAt(int index) {
        return (char) byteAt(index);
    }

    public byte byteAt(int index) {
        if (index < 0 || index >= length) {
            throw new IndexOutOfBoundsException(index);
        }
        return bytes[from + index];
    }

    /** Copies all bytes to this offset of a buffer, without changing its position. */
    public void copyTo(ByteBuffer buffer, int offset) {
        buffer.put(offset, bytes, from, length);
    }

    public void copyTo(byte[] array, int offset) {
        System.arraycopy(bytes, from, array, offset, length);
    }

    public byte[] toBytes() {
        final byte[] copy = new byte[length];
        copyTo(copy, 0);
        return copy;
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return toString().substring(start, end);
    }

    @Override
    public String toString() {
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }
}
