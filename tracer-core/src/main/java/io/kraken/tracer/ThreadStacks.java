package io.kraken.tracer;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;

/**
 * States and stacks of threads, without calling what a class of the program may override in {@link Thread}. Where the
 * JVM has no management, in an image without that module, a platform thread is never seen waiting.
 */
final class ThreadStacks {

    /** Loaded when a thread is first looked at. */
    private static final class Bean {
        static final ThreadMXBean THREADS = find();

        private static ThreadMXBean find() {
            try {
                return ManagementFactory.getThreadMXBean();
            } catch (LinkageError e) {
                return null;
            }
        }
    }

    private ThreadStacks() {}

    /**
     * Whether a thread, which was alive, waits for something.
     *
     * @param running null if the thread is gone
     */
    static boolean isWaiting(long id, boolean isVirtual, Thread running) {
        if (isVirtual) {
            return running == null || running.getState() != Thread.State.RUNNABLE; // the JDK's own class
        }
        final ThreadInfo info = Bean.THREADS == null ? null : Bean.THREADS.getThreadInfo(id);
        return info != null && info.getThreadState() != Thread.State.RUNNABLE;
    }

    /** The stack of a thread that waits; null when it does not any more. */
    static StackTraceElement[] whileWaiting(long id, boolean isVirtual, Thread running) {
        if (isVirtual) {
            return running == null ? new StackTraceElement[0] : running.getStackTrace();
        }
        final ThreadInfo info = Bean.THREADS.getThreadInfo(id, Integer.MAX_VALUE);
        return info == null || info.getThreadState() == Thread.State.RUNNABLE ? null : info.getStackTrace();
    }
}
