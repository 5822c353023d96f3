package io.kraken.tracer;

import io.kraken.tracer.file.SunUnsafe;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The number that the JDK gives to each thread, virtual ones included, and never reuses. Read where a program can't
 * override it: by {@code threadId}, which is final, or before Java 19 from the field.
 */
final class ThreadIds {

    /** {@code (Thread) -> long}; a constant for the JIT. */
    private static final MethodHandle ID = find();

    private ThreadIds() {}

    private static MethodHandle find() {
        final MethodType type = MethodType.methodType(long.class);
        try {
            return MethodHandles.publicLookup().findVirtual(Thread.class, "threadId", type);
        } catch (ReflectiveOperationException e) {
            return findField(type);
        }
    }

    private static MethodHandle findField(MethodType type) {
        try {
            final MethodHandle field = SunUnsafe.getter(Thread.class, "tid", long.class);
            if ((long) field.invokeExact(Thread.currentThread())
                    == Thread.currentThread().getId()) {
                return field;
            }
        } catch (Throwable e) {
            // Another JDK with other internals: fall back to the method that the program may override.
        }
        try {
            return MethodHandles.publicLookup().findVirtual(Thread.class, "getId", type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    static long current() {
        try {
            return (long) ID.invokeExact(Thread.currentThread());
        } catch (Error e) {
            throw e; // the program's own
        } catch (Throwable e) {
            throw new AssertionError(e); // the read of a field
        }
    }
}
