package io.kraken.tracer.text;

import io.kraken.tracer.file.Memory;

/**
 * The UTF-8 encoder that writes strings into a record character by character: for those too short or too long for
 * {@link Utf8Scratch}. A lone surrogate becomes '?', as with {@link String#getBytes}.
 */
public final class Utf8 {

    private static final int NOT_ASCII = ~0x7F;

    private Utf8() {}

    /**
     * Writes {@code length} characters as one byte each and returns true, or returns false if one of them is not ASCII.
     * For short texts: the worst case costs a call of {@code charAt} for each character.
     */
    static boolean putAscii(Memory memory, long offset, String text, int length) {
        int seen = 0;
        for (int i = 0; i < length; i++) {
            final char c = text.charAt(i);
            seen |= c;
            memory.putByte(offset + i, (byte) c);
        }
        return (seen & NOT_ASCII) == 0;
    }

    /** The number of characters of a text within a limit; a surrogate pair is not split. */
    public static int within(String text, int most) {
        if (text.length() <= most) {
            return text.length();
        }
        return most > 0 && isPair(text, most - 1, text.length()) ? most - 1 : most;
    }

    /** The encoded length of the first {@code chars} characters. */
    public static int length(String text, int chars) {
        if (StringBytes.isAscii(text)) {
            return chars;
        }
        int bytes = 0;
        for (int i = 0; i < chars; i++) {
            final char c = text.charAt(i);
            if (c < 0x80) {
                bytes++;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (isPair(text, i, chars)) {
                bytes += 4;
                i++;
            } else {
                bytes++;
            }
        }
        return bytes;
    }

    /**
     * Writes as many of the first {@code chars} characters as fit completely into {@code room} bytes; returns the
     * number of bytes.
     */
    public static int put(Memory memory, long offset, int room, String text, int chars) {
        if (chars == text.length()
                && chars <= room
                && StringBytes.isAscii(text)
                && StringBytes.putAscii(memory, offset, text)) {
            return chars;
        }
        long at = offset;
        final long end = offset + room;
        for (int i = 0; i < chars; i++) {
            final char c = text.charAt(i);
            if (c < 0x80 || Character.isSurrogate(c) && !isPair(text, i, chars)) {
                if (at == end) {
                    break;
                }
                memory.putByte(at++, (byte) (c < 0x80 ? c : '?'));
            } else if (c < 0x800) {
                if (end - at < 2) {
                    break;
                }
                memory.putByte(at++, (byte) (0xC0 | c >> 6));
                memory.putByte(at++, (byte) (0x80 | c & 0x3F));
            } else if (!Character.isSurrogate(c)) {
                if (end - at < 3) {
                    break;
                }
                memory.putByte(at++, (byte) (0xE0 | c >> 12));
                memory.putByte(at++, (byte) (0x80 | c >> 6 & 0x3F));
                memory.putByte(at++, (byte) (0x80 | c & 0x3F));
            } else {
                if (end - at < 4) {
                    break;
                }
                final int point = Character.toCodePoint(c, text.charAt(++i));
                memory.putByte(at++, (byte) (0xF0 | point >> 18));
                memory.putByte(at++, (byte) (0x80 | point >> 12 & 0x3F));
                memory.putByte(at++, (byte) (0x80 | point >> 6 & 0x3F));
                memory.putByte(at++, (byte) (0x80 | point & 0x3F));
            }
        }
        return (int) (at - offset);
    }

    private static boolean isPair(String text, int i, int chars) {
        return i + 1 < chars
                && Character.isHighSurrogate(text.charAt(i))
                && Character.isLowSurrogate(text.charAt(i + 1));
    }
}
