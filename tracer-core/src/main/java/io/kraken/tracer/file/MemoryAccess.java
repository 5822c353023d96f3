package io.kraken.tracer.file;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;

/**
 * The kind of access by which {@link Memory} reads and writes, chosen from what this JVM offers: Unsafe, a segment that
 * covers all memory, or the buffer itself. The first two are found by reflection, because javac warns about {@code
 * sun.misc.Unsafe} and 17 has no {@code java.lang.foreign}. They are used only if the JVM prints no warning about it,
 * which is checked first, and only after a trial on a few bytes.
 */
final class MemoryAccess {

    static final String PROPERTY = "kraken.tracer.memory";
    static final String UNSAFE = "unsafe";
    static final String SEGMENT = "segment";
    static final String BUFFER = "buffer";
    static final String AUTO = "auto";

    /** From this version on {@code java.lang.foreign} is not a preview. */
    private static final int FOREIGN = 22;

    private static final int TRIAL_BYTES = 16;

    final String kind;
    final String description;
    /** Null in the buffer kind. */
    final Direct direct;

    private MemoryAccess(String kind, String description, Direct direct) {
        this.kind = kind;
        this.description = description;
        this.direct = direct;
    }

    /** The wanted kind if it is available, else the best one that is. */
    static MemoryAccess choose(String setting) {
        final String wanted = setting.strip().toLowerCase(Locale.ROOT);
        final MemoryAccess forced = attempt(wanted);
        if (forced.direct != null || wanted.equals(BUFFER)) {
            return forced;
        }
        MemoryAccess best = attempt(UNSAFE);
        if (best.direct == null && Runtime.version().feature() >= FOREIGN) {
            best = attempt(SEGMENT);
        }
        return wanted.equals(AUTO) ? best : best.although(wanted, forced);
    }

    /** Access of this kind, or else through the buffer, with the reason in its description. */
    private static MemoryAccess attempt(String kind) {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            return buffer("direct access needs a little-endian machine");
        }
        try {
            return switch (kind) {
                case UNSAFE -> unsafe();
                case SEGMENT -> segment();
                case BUFFER -> buffer("set by " + PROPERTY);
                default -> buffer("valid kinds are auto, unsafe, segment and buffer");
            };
        } catch (Throwable e) { // includes errors: another JDK may lack any of it
            return buffer(kind + " access failed: " + e);
        }
    }

    private static MemoryAccess buffer(String reason) {
        return new MemoryAccess(BUFFER, "ByteBuffer; " + reason, null);
    }

    private static MemoryAccess unsafe() throws Throwable {
        if (!SunUnsafe.isQuiet()) {
            return buffer(SunUnsafe.howToAllow());
        }
        return new MemoryAccess(UNSAFE, "sun.misc.Unsafe", new Unsafe().tried());
    }

    private static MemoryAccess segment() throws Throwable {
        if (Runtime.version().feature() < FOREIGN) {
            return buffer("java.lang.foreign needs Java 22 or later");
        }
        final Module module = MemoryAccess.class.getModule();
        if (!(boolean) Module.class.getMethod("isNativeAccessEnabled").invoke(module)) {
            return buffer("--enable-native-access="
                    + Optional.ofNullable(module.getName()).orElse("ALL-UNNAMED")
                    + " allows direct memory access, which is cheaper");
        }
        return new MemoryAccess(SEGMENT, "MemorySegment; native access is enabled", new Segment().tried());
    }

    private MemoryAccess although(String wanted, MemoryAccess refused) {
        final String reason = refused.description.substring(refused.description.indexOf(' ') + 1);
        return new MemoryAccess(
                kind, description + "; " + PROPERTY + " is '" + wanted + "', which was refused: " + reason, direct);
    }

    /** Handles to the values at an address of the process; no bounds are checked. */
    abstract static class Direct {

        /** {@code (long address) -> type}. */
        abstract MethodHandle getter(Class<?> type) throws ReflectiveOperationException;

        /** {@code (long address, type value) -> void}. */
        abstract MethodHandle setter(Class<?> type) throws ReflectiveOperationException;

        abstract long address(ByteBuffer buffer) throws Throwable;

        /** Throws unless unaligned values of each type are written and read correctly. */
        final Direct tried() throws Throwable {
            final ByteBuffer buffer = ByteBuffer.allocateDirect(TRIAL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            final long address = address(buffer) + 1;
            setter(long.class).invokeExact(address, Long.MIN_VALUE + 1);
            setter(int.class).invokeExact(address + 8, Integer.MIN_VALUE + 2);
            setter(short.class).invokeExact(address + 12, (short) -3);
            setter(byte.class).invokeExact(address + 14, (byte) -4);
            final boolean written = buffer.getLong(1) == Long.MIN_VALUE + 1
                    && buffer.getInt(9) == Integer.MIN_VALUE + 2
                    && buffer.getShort(13) == -3
                    && buffer.get(15) == -4;
            if (!written
                    || (long) getter(long.class).invokeExact(address) != Long.MIN_VALUE + 1
                    || (int) getter(int.class).invokeExact(address + 8) != Integer.MIN_VALUE + 2
                    || (short) getter(short.class).invokeExact(address + 12) != -3
                    || (byte) getter(byte.class).invokeExact(address + 14) != -4) {
                throw new IllegalStateException("a value written was not read back");
            }
            return this;
        }
    }

    private static final class Unsafe extends Direct {
        private final long addressOffset;

        Unsafe() throws Throwable {
            addressOffset = SunUnsafe.offsetOf(Buffer.class, "address");
        }

        @Override
        MethodHandle getter(Class<?> value) throws ReflectiveOperationException {
            return SunUnsafe.method("get".concat(suffix(value)), value, long.class);
        }

        @Override
        MethodHandle setter(Class<?> value) throws ReflectiveOperationException {
            return SunUnsafe.method("put".concat(suffix(value)), void.class, long.class, value);
        }

        private static String suffix(Class<?> value) {
            return value == long.class ? "Long" : value == int.class ? "Int" : value == short.class ? "Short" : "Byte";
        }

        @Override
        long address(ByteBuffer buffer) throws Throwable {
            return (long) SunUnsafe.method("getLong", long.class, Object.class, long.class)
                    .invokeExact((Object) buffer, addressOffset);
        }
    }

    private static final class Segment extends Direct {
        private final Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
        private final Class<?> layout = Class.forName("java.lang.foreign.ValueLayout");
        private final Object all;

        Segment() throws ReflectiveOperationException {
            final Object none = segment.getField("NULL").get(null);
            all = segment.getMethod("reinterpret", long.class).invoke(none, Long.MAX_VALUE);
        }

        private MethodHandle handle(Class<?> value, VarHandle.AccessMode mode) throws ReflectiveOperationException {
            final String name = "JAVA_" + value.getName().toUpperCase(Locale.ROOT);
            final VarHandle handle = (VarHandle) layout.getMethod("varHandle")
                    .invoke(layout.getField(value == byte.class ? name : name + "_UNALIGNED")
                            .get(null));
            return MethodHandles.insertArguments(handle.toMethodHandle(mode), 0, all);
        }

        @Override
        MethodHandle getter(Class<?> value) throws ReflectiveOperationException {
            return handle(value, VarHandle.AccessMode.GET);
        }

        @Override
        MethodHandle setter(Class<?> value) throws ReflectiveOperationException {
            return handle(value, VarHandle.AccessMode.SET);
        }

        @Override
        long address(ByteBuffer buffer) throws Throwable {
            final Object whole = segment.getMethod("ofBuffer", Buffer.class)
                    .invoke(null, buffer.duplicate().clear());
            return (long) segment.getMethod("address").invoke(whole);
        }
    }
}
