package io.kraken.tracer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A set of the exception classes that do not override {@link Throwable#getMessage}: on these, getMessage only reads a
 * field and can neither block nor throw. It starts with common classes of the JDK; the exporter, which reads stack
 * traces, adds any other class that it sees. So a recording thread never inspects a class, which might load others.
 *
 * <p>A table of bounded size. A class that finds no place is not in the set; an unloaded class frees its place. Queries
 * are wait-free and allocate nothing; any thread may query and add.
 */
final class PlainMessages {

    private static final int PLACES = 1024;
    private static final int TRIES = 8;

    private static final List<Class<? extends Throwable>> COMMON = List.of(
            Throwable.class,
            Exception.class,
            RuntimeException.class,
            Error.class,
            IllegalStateException.class,
            IllegalArgumentException.class,
            UnsupportedOperationException.class,
            NumberFormatException.class,
            ArithmeticException.class,
            ClassCastException.class,
            IndexOutOfBoundsException.class,
            ArrayIndexOutOfBoundsException.class,
            NoSuchElementException.class,
            SecurityException.class,
            InterruptedException.class,
            TimeoutException.class,
            ExecutionException.class,
            CompletionException.class,
            CancellationException.class,
            IOException.class,
            UncheckedIOException.class,
            SocketException.class,
            SocketTimeoutException.class,
            ConnectException.class,
            AssertionError.class,
            OutOfMemoryError.class,
            StackOverflowError.class);

    private final AtomicReferenceArray<WeakReference<Class<?>>> places = new AtomicReferenceArray<>(PLACES);

    PlainMessages() {
        COMMON.forEach(this::learn);
    }

    boolean isPlain(Class<?> type) {
        final int first = type.getName().hashCode();
        for (int i = 0; i < TRIES; i++) {
            final WeakReference<Class<?>> known = places.get(first + i & PLACES - 1);
            if (known == null) {
                return false;
            }
            if (known.refersTo(type)) {
                return true;
            }
        }
        return false;
    }

    /** Inspects the class, and adds it if it qualifies. May take long, since classes may be loaded. */
    void learn(Class<?> type) {
        if (isPlain(type) || !leavesMessageAlone(type)) {
            return;
        }
        final WeakReference<Class<?>> fresh = new WeakReference<>(type);
        final int first = type.getName().hashCode();
        for (int i = 0; i < TRIES; i++) {
            final int place = first + i & PLACES - 1;
            final WeakReference<Class<?>> known = places.get(place);
            if ((known == null || known.refersTo(null)) && places.compareAndSet(place, known, fresh)) {
                return;
            }
        }
    }

    private static boolean leavesMessageAlone(Class<?> type) {
        try {
            return type.getMethod("getMessage").getDeclaringClass() == Throwable.class;
        } catch (ReflectiveOperationException | LinkageError | RuntimeException e) { // a class it refers to is missing
            return false;
        }
    }
}
