package io.kraken.tracer.text;

import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.SunUnsafe;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Direct access to the bytes of a string. The JDK offers no check whether a string is ASCII that costs less than
 * encoding it; reading its array takes a third of the time. Possible if the program has opened the package ({@code
 * --add-opens java.base/java.lang=ALL-UNNAMED}), and on 17 to 23 also without a flag. Availability is checked before
 * any operation that would print a warning, and access is tested on strings of each kind before it is used. Strings are
 * only read, and only those with one byte for each character; all others are left to the encoder.
 */
public final class StringBytes {

    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;
    private static final int LATIN_1 = 0;
    /** Up to this length copying by words is faster than the JDK's bulk copy, whose start takes some nanoseconds. */
    private static final int LONGEST_BY_WORDS = 64;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** {@code (String) -> byte[]} and {@code (String) -> byte}; constants for the JIT. */
    private static final MethodHandle VALUE;

    private static final MethodHandle CODER;

    /** {@code (array, offset) -> long} without a bounds check; null if not available. */
    private static final MethodHandle WORD;

    private static final long ARRAY_BASE = 16;

    static {
        MethodHandle value = null;
        MethodHandle coder = null;
        MethodHandle word = null;
        try {
            final boolean opened = String.class.getModule().isOpen("java.lang", StringBytes.class.getModule());
            if (opened) {
                final MethodHandles.Lookup inside = MethodHandles.privateLookupIn(String.class, MethodHandles.lookup());
                value = inside.findGetter(String.class, "value", byte[].class);
                coder = inside.findGetter(String.class, "coder", byte.class);
            } else if (SunUnsafe.isQuiet()) {
                value = SunUnsafe.getter(String.class, "value", byte[].class);
                coder = SunUnsafe.getter(String.class, "coder", byte.class);
            }
            if (value != null && !works(value, coder)) {
                value = null;
            }
            word = SunUnsafe.isQuiet() ? unsafeWord() : null;
        } catch (Throwable e) { // another JDK with other internals
            value = null;
        }
        VALUE = value;
        CODER = coder;
        WORD = word;
    }

    private StringBytes() {}

    /** Null if the layout of arrays is not that of every known JVM. */
    private static MethodHandle unsafeWord() throws Throwable {
        final MethodHandle base = SunUnsafe.method("arrayBaseOffset", int.class, Class.class);
        return (int) base.invokeExact(byte[].class) == ARRAY_BASE
                ? SunUnsafe.method("getLong", long.class, Object.class, long.class)
                : null;
    }

    private static boolean works(MethodHandle value, MethodHandle coder) throws Throwable {
        final String latin = "Kraken \u00e9";
        final byte[] bytes = (byte[]) value.invokeExact(latin);
        boolean same = bytes.length == latin.length() && (byte) coder.invokeExact(latin) == LATIN_1;
        for (int i = 0; same && i < bytes.length; i++) {
            same = (bytes[i] & 0xFF) == latin.charAt(i);
        }
        final String wide = "\u0141";
        return same && (byte) coder.invokeExact(wide) != LATIN_1;
    }

    static boolean isAvailable() {
        return VALUE != null;
    }

    public static String describe() {
        return isAvailable()
                ? "read in place"
                : "encoded; --add-opens java.base/java.lang=ALL-UNNAMED lets them be read in place, which is cheaper";
    }

    /** The characters, one byte each; null if there is no access or they are wider. */
    private static byte[] of(String text) {
        try {
            return VALUE == null || (byte) CODER.invokeExact(text) != LATIN_1 ? null : (byte[]) VALUE.invokeExact(text);
        } catch (Error e) {
            throw e; // the program's own
        } catch (Throwable e) {
            throw new AssertionError(e); // two reads of fields
        }
    }

    /** True if the text is known to be ASCII; false if not, or if it is unknown. */
    static boolean isAscii(String text) {
        final byte[] bytes = of(text);
        return bytes != null && isAscii(bytes, bytes.length);
    }

    /**
     * Writes the text if it is known to be ASCII, one byte for each character; there must be room for that. If the
     * result is false, the room may have been overwritten.
     */
    public static boolean putAscii(Memory memory, long at, String text) {
        final byte[] bytes = of(text);
        if (bytes == null) {
            return false;
        }
        final int length = bytes.length;
        if (length < Long.BYTES) {
            return (putShort(memory, at, bytes, length) & HIGH_BITS) == 0;
        }
        if (length > LONGEST_BY_WORDS) {
            return putLong(memory, at, bytes, length);
        }
        // Overlapping words instead of a loop: the first and the last ones of a length, which overlap in the middle.
        final int last = length - Long.BYTES;
        long seen = putWord(memory, at, bytes, 0) | putWord(memory, at, bytes, last);
        if (length > 2 * Long.BYTES) {
            seen |= putWord(memory, at, bytes, Long.BYTES) | putWord(memory, at, bytes, last - Long.BYTES);
        }
        if (length > 4 * Long.BYTES) {
            seen |= putWord(memory, at, bytes, 2 * Long.BYTES)
                    | putWord(memory, at, bytes, 3 * Long.BYTES)
                    | putWord(memory, at, bytes, last - 2 * Long.BYTES)
                    | putWord(memory, at, bytes, last - 3 * Long.BYTES);
        }
        return (seen & HIGH_BITS) == 0;
    }

    private static long putWord(Memory memory, long at, byte[] bytes, long from) {
        final long word = word(bytes, from);
        memory.putLong(at + from, word);
        return word;
    }

    /** Eight bytes of an array; the caller has checked the bounds. */
    private static long word(byte[] bytes, long from) {
        if (WORD == null) {
            return (long) LONGS.get(bytes, (int) from);
        }
        try {
            return (long) WORD.invokeExact((Object) bytes, ARRAY_BASE + from);
        } catch (Error e) {
            throw e; // the program's own
        } catch (Throwable e) {
            throw new AssertionError(e); // the read of a word
        }
    }

    /** Fewer than eight bytes; returns all of them, combined by or. */
    private static int putShort(Memory memory, long at, byte[] bytes, int length) {
        if (length >= Integer.BYTES) {
            final int last = length - Integer.BYTES;
            final int head = (int) INTS.get(bytes, 0);
            final int tail = (int) INTS.get(bytes, last);
            memory.putInt(at, head);
            memory.putInt(at + last, tail);
            return head | tail;
        }
        if (length == 0) {
            return 0;
        }
        final int middle = length >> 1;
        final int last = length - 1;
        memory.putByte(at, bytes[0]);
        memory.putByte(at + middle, bytes[middle]);
        memory.putByte(at + last, bytes[last]);
        return bytes[0] | bytes[middle] | bytes[last];
    }

    private static boolean putLong(Memory memory, long at, byte[] bytes, int length) {
        if (!isAscii(bytes, length)) {
            return false;
        }
        memory.putBytes(at, bytes, 0, length);
        return true;
    }

    private static boolean isAscii(byte[] bytes, int length) {
        long seen = 0;
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            seen |= (long) LONGS.get(bytes, i);
        }
        for (; i < length; i++) {
            seen |= bytes[i];
        }
        return (seen & HIGH_BITS) == 0;
    }
}
