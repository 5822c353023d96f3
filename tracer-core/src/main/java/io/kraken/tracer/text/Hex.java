package io.kraken.tracer.text;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Lower-case hexadecimal digits of headers, written and read by tables. Ids are read eight digits at a time, which
 * takes a third off the time of a {@code traceparent}.
 */
public final class Hex {

    public static final int ID_DIGITS = 2 * Long.BYTES;

    /** The value of a digit, indexed by the unsigned byte; -1 for any other character. */
    public static final byte[] VALUES = new byte[256];

    private static final byte[] UPPER = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

    /** The two digits of a byte, in memory order. */
    private static final short[] PAIRS = new short[256];

    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** A one in each byte of a word. */
    private static final long ONES = 0x0101_0101_0101_0101L;

    static {
        final String digits = "0123456789abcdef";
        Arrays.fill(VALUES, (byte) -1);
        for (int i = 0; i < digits.length(); i++) {
            VALUES[digits.charAt(i)] = (byte) i;
        }
        for (int i = 0; i < PAIRS.length; i++) {
            PAIRS[i] = (short) (digits.charAt(i & 15) << 8 | digits.charAt(i >> 4));
        }
    }

    private Hex() {}

    /** The 16 digits of an id. */
    public static int putId(byte[] to, int at, long id) {
        for (int i = 0; i < Long.BYTES; i++) {
            SHORTS.set(to, at + 2 * i, PAIRS[(int) (id >>> 56 - 8 * i) & 0xFF]);
        }
        return at + ID_DIGITS;
    }

    /** The 16 digits of an id. Allocates. */
    public static String id(long id) {
        final String digits = Long.toHexString(id);
        return "0".repeat(ID_DIGITS - digits.length()) + digits;
    }

    /** A digit in upper case, as percent-encoding uses it. */
    public static byte upper(int value) {
        return UPPER[value & 15];
    }

    public static int putByte(byte[] to, int at, int value) {
        SHORTS.set(to, at, PAIRS[value & 0xFF]);
        return at + 2;
    }

    /** The value of eight digits, negative if one of them is invalid. */
    public static long eight(byte[] from, int at) {
        final long digits = (long) LONGS.get(from, at);
        final long values = (digits & 0x0F * ONES) + (digits >>> 6 & ONES) * 9; // among digits only letters have bit 6
        final long letters = values + 6 * ONES >>> 4 & ONES;
        final long again = values + '0' * ONES + letters * ('a' - 10 - '0');
        if ((values & 0x10 * ONES | again ^ digits) != 0) {
            return -1;
        }
        long packed = (values << 4 | values >>> 8) & 0x00FF_00FF_00FF_00FFL;
        packed = (packed << 8 | packed >>> 16) & 0x0000_FFFF_0000_FFFFL;
        return (packed << 16 | packed >>> 32) & 0xFFFF_FFFFL;
    }
}
