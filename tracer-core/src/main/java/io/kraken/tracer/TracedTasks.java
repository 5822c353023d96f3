package io.kraken.tracer;

import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Wrappers for work that continues on another thread under the span that is current where it is submitted. The thread
 * that runs it has the same current span before and after, whatever the work leaves open or throws. The cost is one
 * object for each task, which is also the task itself, and more only if the trace has baggage or trace state. With a
 * tracer that does nothing, the arguments are returned unchanged.
 */
public final class TracedTasks {

    private TracedTasks() {}

    // --- executors and threads

    public static Executor executor(Tracer tracer, Executor executor) {
        return tracer.isPropagating() ? task -> executor.execute(runnable(tracer, task)) : executor;
    }

    public static ExecutorService executor(Tracer tracer, ExecutorService executor) {
        return tracer.isPropagating() ? new TracedExecutor(tracer, executor) : executor;
    }

    /** Periodic work outlives every span and therefore runs under none. */
    public static ScheduledExecutorService executor(Tracer tracer, ScheduledExecutorService executor) {
        return tracer.isPropagating() ? new TracedExecutor.Scheduled(tracer, executor) : executor;
    }

    /**
     * For threads that run one task for their creator, such as those of a structured scope or of an executor with a
     * virtual thread for each task. For a pool, whose threads run many tasks, wrap the executor instead.
     */
    public static ThreadFactory threads(Tracer tracer, ThreadFactory factory) {
        return tracer.isPropagating() ? task -> factory.newThread(runnable(tracer, task)) : factory;
    }

    // --- single tasks, such as the stages of a CompletableFuture

    public static Runnable runnable(Tracer tracer, Runnable work) {
        return works(tracer, work) ? new TracedRunnable(tracer, work) : work;
    }

    public static <T> Callable<T> callable(Tracer tracer, Callable<T> work) {
        return works(tracer, work) ? new TracedCallable<>(tracer, work) : work;
    }

    public static <T> Supplier<T> supplier(Tracer tracer, Supplier<T> work) {
        return works(tracer, work) ? new TracedSupplier<>(tracer, work) : work;
    }

    public static <T> Consumer<T> consumer(Tracer tracer, Consumer<T> work) {
        return works(tracer, work) ? new TracedConsumer<>(tracer, work) : work;
    }

    public static <T, U> BiConsumer<T, U> biConsumer(Tracer tracer, BiConsumer<T, U> work) {
        return works(tracer, work) ? new TracedBiConsumer<>(tracer, work) : work;
    }

    public static <T, R> Function<T, R> function(Tracer tracer, Function<T, R> work) {
        return works(tracer, work) ? new TracedFunction<>(tracer, work) : work;
    }

    public static <T, U, R> BiFunction<T, U, R> biFunction(Tracer tracer, BiFunction<T, U, R> work) {
        return works(tracer, work) ? new TracedBiFunction<>(tracer, work) : work;
    }

    /** Null is passed on unchanged, so that its receiver throws what it documents. */
    private static boolean works(Tracer tracer, Object work) {
        return work != null && tracer.isPropagating();
    }

    /** Work, and the context in which it runs. */
    private abstract static class Continued<W> extends ContextSnapshot {
        final W work;

        Continued(Tracer tracer, W work) {
            super(tracer.activeRecorder());
            this.work = work;
        }
    }

    static final class TracedRunnable extends Continued<Runnable> implements Runnable {
        TracedRunnable(Tracer tracer, Runnable work) {
            super(tracer, work);
        }

        @Override
        public void run() {
            final Scope scope = makeCurrent();
            try {
                work.run();
            } finally {
                scope.unwind();
            }
        }
    }

    private static final class TracedCallable<T> extends Continued<Callable<T>> implements Callable<T> {
        TracedCallable(Tracer tracer, Callable<T> work) {
            super(tracer, work);
        }

        @Override
        public T call() throws Exception {
            final Scope scope = makeCurrent();
            try {
                return work.call();
            } finally {
                scope.unwind();
            }
        }
    }

    private static final class TracedSupplier<T> extends Continued<Supplier<T>> implements Supplier<T> {
        TracedSupplier(Tracer tracer, Supplier<T> work) {
            super(tracer, work);
        }

        @Override
        public T get() {
            final Scope scope = makeCurrent();
            try {
                return work.get();
            } finally {
                scope.unwind();
            }
        }
    }

    private static final class TracedConsumer<T> extends Continued<Consumer<T>> implements Consumer<T> {
        TracedConsumer(Tracer tracer, Consumer<T> work) {
            super(tracer, work);
        }

        @Override
        public void accept(T value) {
            final Scope scope = makeCurrent();
            try {
                work.accept(value);
            } finally {
                scope.unwind();
            }
        }
    }

    private static final class TracedBiConsumer<T, U> extends Continued<BiConsumer<T, U>> implements BiConsumer<T, U> {
        TracedBiConsumer(Tracer tracer, BiConsumer<T, U> work) {
            super(tracer, work);
        }

        @Override
        public void accept(T first, U second) {
            final Scope scope = makeCurrent();
            try {
                work.accept(first, second);
            } finally {
                scope.unwind();
            }
        }
    }

    private static final class TracedFunction<T, R> extends Continued<Function<T, R>> implements Function<T, R> {
        TracedFunction(Tracer tracer, Function<T, R> work) {
            super(tracer, work);
        }

        @Override
        public R apply(T value) {
            final Scope scope = makeCurrent();
            try {
                return work.apply(value);
            } finally {
                scope.unwind();
            }
        }
    }

    private static final class TracedBiFunction<T, U, R> extends Continued<BiFunction<T, U, R>>
            implements BiFunction<T, U, R> {
        TracedBiFunction(Tracer tracer, BiFunction<T, U, R> work) {
            super(tracer, work);
        }

        @Override
        public R apply(T first, U second) {
            final Scope scope = makeCurrent();
            try {
                return work.apply(first, second);
            } finally {
                scope.unwind();
            }
        }
    }
}
