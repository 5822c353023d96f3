package io.kraken.tracer.file;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The memory of one direct little-endian buffer, read and written by address. The kind of access is chosen once for the
 * process, see {@link MemoryAccess}; the choice is a constant for the JIT. The checks of a {@link ByteBuffer} cost up
 * to a third of a span with a few attributes; direct access saves them.
 *
 * <p>An address is a result of {@link #address}, plus or minus a few bytes: an address of the process or, in the buffer
 * kind, the offset itself. It is a long, so that adding a constant is folded into the machine's instruction.
 *
 * <p>Blocks of bytes and atomic operations always go through the buffer: there the checks are a small part.
 *
 * <p>Plain access may be unaligned. Ordered and atomic access must be aligned to the value's size; then a plain access
 * is one machine access, and an adjacent fence orders it.
 *
 * <p>The caller is responsible for addresses. They are checked if assertions are enabled for this class, and in the
 * ByteBuffer kind; otherwise an access outside the memory has undefined results and may crash the process. Safe for use
 * by many threads; plain accesses are not ordered.
 *
 * <p>Only the garbage collector unmaps or frees the memory, once this object and the buffer are unreachable. Each
 * direct access ends in a fence that keeps this object reachable until then, and that compiles to no instruction: so a
 * reference to a span, however old, keeps its memory.
 */
public final class Memory {

    /** Up to this length copying by words is faster than the JDK's bulk copy, whose start takes some nanoseconds. */
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

    /** The kind of access, the reason, and how to get a cheaper one if possible. */
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

    /**
     * For exceptions that can't occur: each access was tried before it was chosen. An error, such as a stack overflow,
     * is the program's own and is thrown on unchanged.
     */
    private static AssertionError failed(Throwable e) {
        if (e instanceof Error) {
            throw (Error) e;
        }
        return new AssertionError(e);
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    public int capacity() {
        return capacity;
    }

    /** The address, for the methods below, of this offset of the buffer. */
    public long address(int offset) {
        return address + offset;
    }

    /** The offset of the buffer that an address refers to. */
    public int offset(long at) {
        return (int) (at - address);
    }

    private void check(long at, int size) {
        if (CHECKED) {
            Objects.checkFromIndexSize(at - address, size, capacity);
        }
    }

    /** For ordered access, in all kinds: an unaligned value may be read half written. */
    private static void aligned(long at, int size) {
        if (CHECKED && (at & (size - 1)) != 0) {
            throw new IndexOutOfBoundsException("address " + at + " is not a multiple of " + size);
        }
    }

    public long getLong(long at) {
        check(at, Long.BYTES);
        if (!DIRECT) {
            return buffer.getLong((int) at);
        }
        try {
            final long value = (long) GET_LONG.invokeExact(at);
            Reference.reachabilityFence(this);
            return value;
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public int getInt(long at) {
        check(at, Integer.BYTES);
        if (!DIRECT) {
            return buffer.getInt((int) at);
        }
        try {
            final int value = (int) GET_INT.invokeExact(at);
            Reference.reachabilityFence(this);
            return value;
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Unsigned. */
    public int getShort(long at) {
        check(at, Short.BYTES);
        if (!DIRECT) {
            return buffer.getShort((int) at) & 0xFFFF;
        }
        try {
            final int value = (short) GET_SHORT.invokeExact(at) & 0xFFFF;
            Reference.reachabilityFence(this);
            return value;
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Signed. */
    public int getByte(long at) {
        check(at, Byte.BYTES);
        if (!DIRECT) {
            return buffer.get((int) at);
        }
        try {
            final int value = (byte) GET_BYTE.invokeExact(at);
            Reference.reachabilityFence(this);
            return value;
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public void putLong(long at, long value) {
        check(at, Long.BYTES);
        if (!DIRECT) {
            buffer.putLong((int) at, value);
            return;
        }
        try {
            SET_LONG.invokeExact(at, value);
            Reference.reachabilityFence(this);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public void putInt(long at, int value) {
        check(at, Integer.BYTES);
        if (!DIRECT) {
            buffer.putInt((int) at, value);
            return;
        }
        try {
            SET_INT.invokeExact(at, value);
            Reference.reachabilityFence(this);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public void putShort(long at, int value) {
        check(at, Short.BYTES);
        if (!DIRECT) {
            buffer.putShort((int) at, (short) value);
            return;
        }
        try {
            SET_SHORT.invokeExact(at, (short) value);
            Reference.reachabilityFence(this);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    public void putByte(long at, int value) {
        check(at, Byte.BYTES);
        if (!DIRECT) {
            buffer.put((int) at, (byte) value);
            return;
        }
        try {
            SET_BYTE.invokeExact(at, (byte) value);
            Reference.reachabilityFence(this);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Pairs with {@link #putLongRelease} of the same address. */
    public long getLongAcquire(long at) {
        aligned(at, Long.BYTES);
        final long value = getLong(at);
        VarHandle.acquireFence();
        return value;
    }

    public void putLongRelease(long at, long value) {
        aligned(at, Long.BYTES);
        VarHandle.releaseFence();
        putLong(at, value);
    }

    /** Pairs with {@link #putIntRelease} of the same address. */
    public int getIntAcquire(long at) {
        aligned(at, Integer.BYTES);
        final int value = getInt(at);
        VarHandle.acquireFence();
        return value;
    }

    public void putIntRelease(long at, int value) {
        aligned(at, Integer.BYTES);
        VarHandle.releaseFence();
        putInt(at, value);
    }

    /**
     * Volatile, as is {@link #getAndAddLong}. Through the buffer in all kinds: its checks cost little in comparison.
     */
    public boolean compareAndSetLong(long at, long expected, long value) {
        aligned(at, Long.BYTES);
        return BUFFER_LONG.compareAndSet(buffer, offset(at), expected, value);
    }

    public long getAndAddLong(long at, long delta) {
        aligned(at, Long.BYTES);
        return (long) BUFFER_LONG.getAndAdd(buffer, offset(at), delta);
    }

    public void putBytes(long at, byte[] from, int start, int length) {
        if (length > LONGEST_BY_WORDS || length < Long.BYTES) {
            buffer.put(offset(at), from, start, length);
            return;
        }
        final int last = length - Long.BYTES;
        for (int i = 0; i < last; i += Long.BYTES) {
            putLong(at + i, (long) ARRAY_LONG.get(from, start + i));
        }
        putLong(at + last, (long) ARRAY_LONG.get(from, start + last)); // may overlap the previous word
    }

    public void getBytes(long at, byte[] to, int start, int length) {
        buffer.get(offset(at), to, start, length);
    }

    /** Copies as if through a temporary array: the two ranges may overlap. */
    public void copy(long from, long to, int length) {
        buffer.put(offset(to), buffer, offset(from), length);
    }
}
