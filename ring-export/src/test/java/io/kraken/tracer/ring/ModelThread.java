package io.kraken.tracer.ring;

import io.kraken.tracer.CoreAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

/** A thread of {@link ChunkModelTest}, which runs one action at a time and waits in between. */
final class ModelThread {
    private final Semaphore go = new Semaphore(0);
    private final Semaphore done = new Semaphore(0);
    private final Thread thread;
    private Runnable task;
    private Throwable failure;
    /** Open attached spans, and those of them that are current or below it on the stack. */
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

    /** Runs the action on the thread and returns when it has finished. */
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

    /** Once for each span taken from the thread: only the frame on top stays current, if it is open. */
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
