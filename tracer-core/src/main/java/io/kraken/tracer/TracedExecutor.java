package io.kraken.tracer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An executor that wraps all its tasks by {@link TracedTasks}. */
class TracedExecutor implements ExecutorService {

    final Tracer tracer;
    private final ExecutorService executor;

    TracedExecutor(Tracer tracer, ExecutorService executor) {
        this.tracer = tracer;
        this.executor = executor;
    }

    @Override
    public void execute(Runnable task) {
        executor.execute(TracedTasks.runnable(tracer, task));
    }

    @Override
    public <T> Future<T> submit(Callable<T> task) {
        return executor.submit(TracedTasks.callable(tracer, task));
    }

    @Override
    public <T> Future<T> submit(Runnable task, T result) {
        return executor.submit(TracedTasks.runnable(tracer, task), result);
    }

    @Override
    public Future<?> submit(Runnable task) {
        return executor.submit(TracedTasks.runnable(tracer, task));
    }

    @Override
    public <T> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks) throws InterruptedException {
        return executor.invokeAll(traced(tasks));
    }

    @Override
    public <T> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException {
        return executor.invokeAll(traced(tasks), timeout, unit);
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks) throws InterruptedException, ExecutionException {
        return executor.invokeAny(traced(tasks));
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        return executor.invokeAny(traced(tasks), timeout, unit);
    }

    private <T> List<Callable<T>> traced(Collection<? extends Callable<T>> tasks) {
        final List<Callable<T>> traced = new ArrayList<>(tasks.size());
        for (Callable<T> task : tasks) {
            traced.add(TracedTasks.callable(tracer, task));
        }
        return traced;
    }

    @Override
    public void shutdown() {
        executor.shutdown();
    }

    /** The tasks that were not begun, unwrapped if the executor returns the wrapped ones. */
    @Override
    public List<Runnable> shutdownNow() {
        final List<Runnable> left = new ArrayList<>();
        for (Runnable task : executor.shutdownNow()) {
            left.add(task instanceof TracedTasks.TracedRunnable ? ((TracedTasks.TracedRunnable) task).work : task);
        }
        return left;
    }

    @Override
    public boolean isShutdown() {
        return executor.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return executor.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return executor.awaitTermination(timeout, unit);
    }

    /** As TracedExecutor, for a scheduled executor. */
    static final class Scheduled extends TracedExecutor implements ScheduledExecutorService {

        private final ScheduledExecutorService executor;

        Scheduled(Tracer tracer, ScheduledExecutorService executor) {
            super(tracer, executor);
            this.executor = executor;
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            return executor.schedule(TracedTasks.runnable(tracer, task), delay, unit);
        }

        @Override
        public <T> ScheduledFuture<T> schedule(Callable<T> task, long delay, TimeUnit unit) {
            return executor.schedule(TracedTasks.callable(tracer, task), delay, unit);
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long delay, long period, TimeUnit unit) {
            return executor.scheduleAtFixedRate(task, delay, period, unit);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long delay, long pause, TimeUnit unit) {
            return executor.scheduleWithFixedDelay(task, delay, pause, unit);
        }
    }
}
