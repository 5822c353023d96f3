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

    /** Whether the thread, which was alive, waits for something. */
    static boolean isWaiting(ThreadState thread) {
        if (thread.isVirtual()) {
            final Thread running = thread.get();
            return running == null || running.getState() != Thread.State.RUNNABLE; // the JDK's own class
        }
        final ThreadInfo info = Bean.THREADS == null ? null : Bean.THREADS.getThreadInfo(thread.id);
        return info != null && info.getThreadState() != Thread.State.RUNNABLE;
    }

    /** The stack of a thread that waits; null when it does not any more. */
    static StackTraceElement[] whileWaiting(ThreadState thread) {
        if (thread.isVirtual()) {
            final Thread running = thread.get();
            return running == null ? new StackTraceElement[0] : running.getStackTrace();
        }
        final ThreadInfo info = Bean.THREADS.getThreadInfo(thread.id, Integer.MAX_VALUE);
        return info == null || info.getThreadState() == Thread.State.RUNNABLE ? null : info.getStackTrace();
    }
}
