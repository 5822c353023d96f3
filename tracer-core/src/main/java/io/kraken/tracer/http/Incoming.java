package io.kraken.tracer.http;

import io.kraken.tracer.RemoteContext;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** A context to extract headers into, used until a span has been started under it. Threads share a pool of these. */
final class Incoming {

    private static final int COUNT = 64;
    private static final int TRIES = 8;
    private static final Incoming[] ALL = new Incoming[COUNT];
    private static final VarHandle HELD;

    static {
        try {
            HELD = MethodHandles.lookup().findVarHandle(Incoming.class, "held", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
        Arrays.setAll(ALL, i -> new Incoming());
    }

    final RemoteContext context = new RemoteContext();

    /** Released by setting it to false, without a method call that an error could interrupt. */
    volatile boolean held;

    private Incoming() {}

    /** To be released by {@link #held}. If all that are tried are in use, a new one. */
    static Incoming take() {
        int next = (int) Thread.currentThread().getId();
        for (int i = 0; i < TRIES; i++, next++) {
            final Incoming one = ALL[next & COUNT - 1];
            if (HELD.compareAndSet(one, false, true)) {
                return one;
            }
        }
        return new Incoming();
    }
}
