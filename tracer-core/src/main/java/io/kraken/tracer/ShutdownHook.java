package io.kraken.tracer;

import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Closes a tracer when the JVM shuts down: after the program's own hooks, which may still have requests to finish, or
 * when a grace time is over. Until then the tracer records and exports as ever.
 *
 * <p>The JVM runs all hooks at the same time and says nothing about them. But one thread, the launcher, starts them one
 * after another and then waits for each in the same order. So hooks in front of this one have ended when the launcher
 * waits for this one; and those behind it are among the threads that were not there when this one was started. Threads
 * of that kind that are daemons are not waited for: they are workers of the JDK and of libraries.
 *
 * <p>Without the module {@code java.management} nobody can see for whom the launcher waits: only hooks behind this one
 * are waited for then.
 */
final class ShutdownHook extends Thread {

    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

    /** What all tracers of this class loader know together, so that they close at the same time. */
    private static Set<Thread> earlier = Set.of();

    private static Thread launcher;
    /** The identity hashes of the hooks that were started. */
    private static final Set<Integer> OURS = Collections.synchronizedSet(new HashSet<>());

    private final Tracer tracer;
    private final long graceNs;

    ShutdownHook(Tracer tracer, Duration grace) {
        super("kraken-tracer-close");
        this.tracer = tracer;
        this.graceNs = grace.toNanos();
    }

    /** Called by the launcher, which an exception would keep from starting the program's hooks. */
    @Override
    public void start() {
        try {
            startsNow(this);
        } catch (RuntimeException | Error e) {
            // Then nothing is known of the other hooks, and the tracer is closed at once.
        }
        super.start();
    }

    private static synchronized void startsNow(Thread hook) {
        if (launcher == null) {
            launcher = Thread.currentThread();
            earlier = running();
        }
        OURS.add(System.identityHashCode(hook));
    }

    @Override
    public void run() {
        try {
            awaitOthers();
        } catch (RuntimeException | Error e) {
            // What has been recorded is handed on in any case.
        }
        tracer.close(CLOSE_TIMEOUT);
    }

    private void awaitOthers() {
        final long deadline = System.nanoTime() + graceNs;
        while (tracer.isEnabled() && System.nanoTime() - deadline < 0 && areOthersRunning()) {
            LockSupport.parkNanos(LOOK_NS);
        }
    }

    /** The launcher comes first: once it waits for one hook, it has started all. */
    private static boolean areOthersRunning() {
        if (!hasLauncherCome()) {
            return true;
        }
        for (Thread thread : running()) {
            if (!earlier.contains(thread)
                    && !thread.isDaemon()
                    && !isTracers(thread.getClass().getName())) {
                return true;
            }
        }
        return false;
    }

    /** Whether the launcher waits for one of our hooks, as far as can be seen. */
    private static boolean hasLauncherCome() {
        try {
            return Launcher.waitsForUs(launcher.getId());
        } catch (LinkageError e) {
            return true;
        }
    }

    /** Hooks of other class loaders' tracers are not waited for, which wait themselves. */
    private static boolean isTracers(String className) {
        return className.equals(ShutdownHook.class.getName());
    }

    /** What can't be linked in every image. */
    private static final class Launcher {

        static boolean waitsForUs(long launcher) {
            final ThreadInfo info = ManagementFactory.getThreadMXBean().getThreadInfo(launcher);
            final LockInfo awaited = info == null ? null : info.getLockInfo();
            return awaited != null && isTracers(awaited.getClassName()) && OURS.contains(awaited.getIdentityHashCode());
        }
    }

    /** All platform threads that run. */
    private static Set<Thread> running() {
        ThreadGroup all = Thread.currentThread().getThreadGroup();
        while (all.getParent() != null) {
            all = all.getParent();
        }
        Thread[] threads = new Thread[64];
        int count = all.enumerate(threads);
        while (count == threads.length) { // perhaps not all of them
            threads = new Thread[2 * threads.length];
            count = all.enumerate(threads);
        }
        return new HashSet<>(Arrays.asList(threads).subList(0, count));
    }
}
