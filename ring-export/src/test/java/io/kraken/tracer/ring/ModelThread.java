package io.kraken.tracer.ring;

import io.kraken.tracer.CoreAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

/** A thread of {@link ChunkModelTest}: does what it is told and then waits. */
final class ModelThread {
    private final Semaphore go = new Semaphore(0);
    private final Semaphore done = new Semaphore(0);
    private final Thread thread;
    private Runnable task;
    private Throwable failure;
    /** Attached spans that are open, and those of them that are current or below. */
    final List<ModelSpan> open = new ArrayList<>();

    final List<ModelSpan> stack = new ArrayList<>();

    ModelThread(boolean isVirtual) {
        thread = isVirtual ? unstartedVirtual(this::run) : new Thread(this::run);
        if (!isVirtual) {
            thread.setDaemon(true);
        }
        thread.start();
    }

    private static Thread unstartedVirtual(Runnable work) {
        try {
            final Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            return (Thread) Class.forName("java.lang.Thread$Builder")
                    .getMethod("unstarted", Runnable.class)
                    .invoke(builder, work);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private void run() {
        for (go.acquireUninterruptibly(); task != null; go.acquireUninterruptibly()) {
            try {
                task.run();
            } catch (Throwable e) {
                failure = e;
            }
            done.release();
        }
    }

    /** Has it do that, and returns when it waits again. */
    void does(Runnable work) {
        task = work;
        go.release();
        done.acquireUninterruptibly();
        while (thread.getState() == Thread.State.RUNNABLE) {
            Thread.onSpinWait();
        }
        if (failure != null) {
            throw new AssertionError(failure);
        }
    }

    void die() throws InterruptedException {
        task = null;
        go.release();
        thread.join();
    }

    /** Once for each span that has been taken from the thread, only what is on top stays current there, if it is open. */
    void dropStack() {
        for (ModelSpan expected : open) {
            if (!expected.takenBack && CoreAccess.isClosed(expected.span)) {
                expected.takenBack = true;
                final ModelSpan top = top();
                stack.clear();
                if (top != null && !CoreAccess.isClosed(top.span)) {
                    stack.add(top);
                }
            }
        }
    }

    void forget(int record) {
        open.removeIf(expected -> expected.record == record);
    }

    ModelSpan top() {
        return stack.isEmpty() ? null : stack.get(stack.size() - 1);
    }
}
