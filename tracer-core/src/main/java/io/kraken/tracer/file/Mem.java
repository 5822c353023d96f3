package io.kraken.tracer.file;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Ordered and atomic access to words of a little-endian direct buffer: what {@link ByteBuffer} itself cannot do, and no more.
 * Offsets must be multiples of the word's size.
 */
public final class Mem {

    public static final int CACHE_LINE = 64;
    public static final int PAGE = 4096;

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Mem() {}

    public static long getLongOpaque(ByteBuffer buffer, int offset) {
        return (long) LONG.getOpaque(buffer, offset);
    }

    public static long getLongAcquire(ByteBuffer buffer, int offset) {
        return (long) LONG.getAcquire(buffer, offset);
    }

    public static void putLongRelease(ByteBuffer buffer, int offset, long value) {
        LONG.setRelease(buffer, offset, value);
    }

    public static boolean compareAndSetLong(ByteBuffer buffer, int offset, long expected, long value) {
        return LONG.compareAndSet(buffer, offset, expected, value);
    }

    public static long getAndAddLong(ByteBuffer buffer, int offset, long delta) {
        return (long) LONG.getAndAdd(buffer, offset, delta);
    }

    public static int getIntOpaque(ByteBuffer buffer, int offset) {
        return (int) INT.getOpaque(buffer, offset);
    }

    public static int getIntAcquire(ByteBuffer buffer, int offset) {
        return (int) INT.getAcquire(buffer, offset);
    }

    public static void putIntRelease(ByteBuffer buffer, int offset, int value) {
        INT.setRelease(buffer, offset, value);
    }

    public static int align(int value, int unit) {
        return (value + unit - 1) & -unit;
    }
}
