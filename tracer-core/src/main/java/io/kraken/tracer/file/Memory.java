package io.kraken.tracer.file;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The memory of one direct little-endian buffer, read and written by offset. How it is reached is chosen once for the
 * process, see {@link MemoryAccess}; the choice is a constant to the compiler. The checks of a {@link ByteBuffer} cost
 * up to a third of a span with a few attributes; direct access saves them.
 *
 * <p>Blocks of bytes and atomic operations go through the buffer in any case: there the checks are a small part.
 *
 * <p>Plain access may be unaligned. Ordered and atomic access must be aligned to the value's size; then a plain access
 * is one machine access, and a fence beside it gives it its order.
 *
 * <p>Offsets are the caller's responsibility. They are checked when assertions are enabled for this class and in the
 * ByteBuffer kind; otherwise an access outside the memory has undefined results and may end the process. The memory
 * must stay reachable during each access, as it is while the object that owns it is in use. Safe for use by many
 * threads; a plain access orders nothing.
 */
public final class Memory {

    /** Up to this length words are faster than the JDK's bulk copy, whose start alone takes some nanoseconds. */
    private static final int LONGEST_BY_WORDS = 64;

    private static final boolean CHECKED = Memory.class.desiredAssertionStatus();
    private static final VarHandle ARRAY_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle BUFFER_LONG =
            MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final MemoryAccess ACCESS =
            MemoryAccess.choose(System.getProperty(MemoryAccess.PROPERTY, MemoryAccess.AUTO));
    private static final boolean DIRECT = ACCESS.direct != null;

    private static final MethodHandle GET_LONG = getter(long.class);
    private static final MethodHandle GET_INT = getter(int.class);
    private static final MethodHandle GET_SHORT = getter(short.class);
    private static final MethodHandle GET_BYTE = getter(byte.class);
    private static final MethodHandle SET_LONG = setter(long.class);
    private static final MethodHandle SET_INT = setter(int.class);
    private static final MethodHandle SET_SHORT = setter(short.class);
    private static final MethodHandle SET_BYTE = setter(byte.class);

    private final ByteBuffer buffer;
    private final int capacity;
    private final long address;

    private Memory(ByteBuffer buffer, long address) {
        this.buffer = buffer;
        this.capacity = buffer.capacity();
        this.address = address;
    }

    /** The whole buffer, which must be direct, little-endian and aligned to eight bytes; it is kept reachable. */
    public static Memory of(ByteBuffer direct) {
        if (!direct.isDirect()
                || direct.order() != ByteOrder.LITTLE_ENDIAN
                || direct.limit() != direct.capacity()
                || direct.alignmentOffset(0, Long.BYTES) != 0) {
            throw new IllegalArgumentException("not a whole, aligned, direct, little-endian buffer: " + direct);
        }
        try {
            return new Memory(direct, DIRECT ? ACCESS.direct.address(direct) : 0);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** {@code unsafe}, {@code segment} or {@code buffer}. */
    public static String kind() {
        return ACCESS.kind;
    }

    /** What is used and why; where a cheaper kind can be had, how. */
    public static String describe() {
        return ACCESS.description;
    }

    private static MethodHandle getter(Class<?> type) {
        try {
            return DIRECT ? ACCESS.direct.getter(type) : null;
        } catch (ReflectiveOperationException e) {
            throw failed(e);
        }
    }

    private static MethodHandle setter(Class<?> type) {
        try {
            return DIRECT ? ACCESS.direct.setter(type) : null;
        } catch (ReflectiveOperationException e) {
            throw failed(e);
        }
    }

    /** For what can't happen: all of it was tried before it was chosen. */
    private static AssertionError failed(Throwable e) {
        return new AssertionError(e);
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    public int capacity() {
        return capacity;
    }

    private void check(int offset, int size) {
        if (CHECKED) {
            Objects.checkFromIndexSize(offset, size, capacity);
        }
    }

    /** For ordered access, in all kinds: a value that is not aligned may be read half written. */
    private static void aligned(int offset, int size) {
        if (CHECKED && (offset & (size - 1)) != 0) {
            throw new IndexOutOfBoundsException("offset " + offset + " is not a multiple of " + size);
        }
    }

    public long getLong(int offset) {
        check(offset, Long.BYTES);
        if (!DIRECT) {
            return buffer.getLong(offset);
        }
        try {
            return (long) GET_LONG.invokeExact(address + offset);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public int getInt(int offset) {
        check(offset, Integer.BYTES);
        if (!DIRECT) {
            return buffer.getInt(offset);
        }
        try {
            return (int) GET_INT.invokeExact(address + offset);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Unsigned. */
    public int getShort(int offset) {
        check(offset, Short.BYTES);
        if (!DIRECT) {
            return buffer.getShort(offset) & 0xFFFF;
        }
        try {
            return (short) GET_SHORT.invokeExact(address + offset) & 0xFFFF;
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Signed. */
    public int getByte(int offset) {
        check(offset, Byte.BYTES);
        if (!DIRECT) {
            return buffer.get(offset);
        }
        try {
            return (byte) GET_BYTE.invokeExact(address + offset);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public void putLong(int offset, long value) {
        check(offset, Long.BYTES);
        if (!DIRECT) {
            buffer.putLong(offset, value);
            return;
        }
        try {
            SET_LONG.invokeExact(address + offset, value);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public void putInt(int offset, int value) {
        check(offset, Integer.BYTES);
        if (!DIRECT) {
            buffer.putInt(offset, value);
            return;
        }
        try {
            SET_INT.invokeExact(address + offset, value);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public void putShort(int offset, int value) {
        check(offset, Short.BYTES);
        if (!DIRECT) {
            buffer.putShort(offset, (short) value);
            return;
        }
        try {
            SET_SHORT.invokeExact(address + offset, (short) value);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public void putByte(int offset, int value) {
        check(offset, Byte.BYTES);
        if (!DIRECT) {
            buffer.put(offset, (byte) value);
            return;
        }
        try {
            SET_BYTE.invokeExact(address + offset, (byte) value);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Pairs with {@link #putLongRelease} of the same offset. */
    public long getLongAcquire(int offset) {
        aligned(offset, Long.BYTES);
        final long value = getLong(offset);
        VarHandle.acquireFence();
        return value;
    }

    public void putLongRelease(int offset, long value) {
        aligned(offset, Long.BYTES);
        VarHandle.releaseFence();
        putLong(offset, value);
    }

    /** Pairs with {@link #putIntRelease} of the same offset. */
    public int getIntAcquire(int offset) {
        aligned(offset, Integer.BYTES);
        final int value = getInt(offset);
        VarHandle.acquireFence();
        return value;
    }

    public void putIntRelease(int offset, int value) {
        aligned(offset, Integer.BYTES);
        VarHandle.releaseFence();
        putInt(offset, value);
    }

    /** Volatile, as is {@link #getAndAddLong}. Through the buffer in all kinds: its checks are small beside the rest. */
    public boolean compareAndSetLong(int offset, long expected, long value) {
        aligned(offset, Long.BYTES);
        return BUFFER_LONG.compareAndSet(buffer, offset, expected, value);
    }

    public long getAndAddLong(int offset, long delta) {
        aligned(offset, Long.BYTES);
        return (long) BUFFER_LONG.getAndAdd(buffer, offset, delta);
    }

    public void putBytes(int offset, byte[] from, int start, int length) {
        if (length > LONGEST_BY_WORDS || length < Long.BYTES) {
            buffer.put(offset, from, start, length);
            return;
        }
        final int last = length - Long.BYTES;
        for (int i = 0; i < last; i += Long.BYTES) {
            putLong(offset + i, (long) ARRAY_LONG.get(from, start + i));
        }
        putLong(offset + last, (long) ARRAY_LONG.get(from, start + last)); // may repeat some of the word before
    }

    public void getBytes(int offset, byte[] to, int start, int length) {
        buffer.get(offset, to, start, length);
    }

    /** Copies as if through an array of its own: the two ranges may overlap. */
    public void copy(int from, int to, int length) {
        buffer.put(to, buffer, from, length);
    }
}
