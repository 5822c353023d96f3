package io.kraken.tracer;

import io.kraken.tracer.file.Memory;

/**
 * Strings into UTF-8, straight into a record, character by character: for those too short or too long for {@link
 * Utf8Scratch}. A lone surrogate becomes '?', which is what {@link String#getBytes} makes of it.
 */
final class Utf8 {

    private static final int NOT_ASCII = ~0x7F;

    private Utf8() {}

    /**
     * Writes {@code length} characters as one byte each and returns true, or returns false when one of them is not
     * ASCII. For short texts: a call of {@code charAt} for each character is the worst that can happen.
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

    /** How many characters of a text are within a limit; no surrogate pair is cut in two. */
    static int within(String text, int most) {
        if (text.length() <= most) {
            return text.length();
        }
        return most > 0 && isPair(text, most - 1, text.length()) ? most - 1 : most;
    }

    /** Bytes that the first {@code chars} characters take. */
    static int length(String text, int chars) {
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
     * Writes as many of the first {@code chars} characters as fit into {@code room} bytes, none in part; returns
     * the bytes.
     */
    static int put(Memory memory, long offset, int room, String text, int chars) {
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
