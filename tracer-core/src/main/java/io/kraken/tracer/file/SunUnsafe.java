package io.kraken.tracer.file;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;

/**
 * Access to {@code sun.misc.Unsafe} by reflection, because javac warns about it. Used only if the JVM prints no
 * warning: up to Java 23, and later if the JVM's own property allows it.
 */
public final class SunUnsafe {

    /** From this version on the JVM prints a warning when Unsafe accesses memory for the first time. */
    private static final int WARNS = 24;
    /** If set to "allow", it suppresses the warning. The option {@code --sun-misc-unsafe-memory-access} sets it too. */
    private static final String ALLOWED = "sun.misc.unsafe.memory.access";

    private SunUnsafe() {}

    /** Whether it may be used without a warning. */
    public static boolean isQuiet() {
        return Runtime.version().feature() < WARNS || "allow".equals(System.getProperty(ALLOWED));
    }

    static String howToAllow() {
        return "sun.misc.Unsafe needs -D" + ALLOWED + "=allow from Java " + WARNS + " on";
    }

    /** A method of the singleton, bound to it. */
    public static MethodHandle method(String name, Class<?> result, Class<?>... parameters)
            throws ReflectiveOperationException {
        final Class<?> type = Class.forName("sun.misc.Unsafe");
        final Field field = type.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        return MethodHandles.publicLookup()
                .findVirtual(type, name, MethodType.methodType(result, parameters))
                .bindTo(field.get(null));
    }

    /**
     * Frees the memory of a direct buffer at once. Neither it nor a slice or duplicate of it may be used afterwards.
     *
     * @return false if it can't be done without a warning; then the garbage collector frees it later
     */
    public static boolean free(ByteBuffer direct) {
        if (!isQuiet()) {
            return false;
        }
        try {
            method("invokeCleaner", void.class, ByteBuffer.class).invokeExact(direct);
            return true;
        } catch (Throwable e) { // another JDK, or not the buffer that was allocated
            return false;
        }
    }

    /** The offset of a field in its object. */
    static long offsetOf(Class<?> owner, String field) throws Throwable {
        return (long) method("objectFieldOffset", long.class, Field.class).invokeExact(owner.getDeclaredField(field));
    }

    /** {@code (owner) -> type}: reads a private field of the JDK, a long, a byte or a reference. */
    public static MethodHandle getter(Class<?> owner, String field, Class<?> type) throws Throwable {
        final Class<?> read = type.isPrimitive() ? type : Object.class;
        final String name = read == long.class ? "getLong" : read == byte.class ? "getByte" : "getObject";
        final MethodHandle get = method(name, read, Object.class, long.class);
        return MethodHandles.insertArguments(get, 1, offsetOf(owner, field)).asType(MethodType.methodType(type, owner));
    }
}
