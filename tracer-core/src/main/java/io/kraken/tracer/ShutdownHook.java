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
 * The shutdown hook that closes a tracer: after the program's own hooks, which may still have requests to finish, or
 * when a grace time is over. Until then the tracer records and exports as usual.
 *
 * <p>The JVM runs all hooks concurrently and offers no information about them. But one thread, the launcher, starts
 * them one after another and then joins them in the same order. So hooks that were started before this one have ended
 * once the launcher joins this one; hooks started after it are among the threads that did not exist when this one was
 * started. Daemon threads among those are not awaited: they are workers of the JDK and of libraries.
 *
 * <p>Without the module {@code java.management} it is unknown which hook the launcher joins: then only hooks started
 * after this one are awaited.
 */
final class ShutdownHook extends Thread {

    private static final long CHECK_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

    /** Shared by all tracers of this class loader, so that they close at the same time. */
    private static Set<Thread> earlier = Set.of();

    private static Thread launcher;
    /** The identity hashes of the tracers' hooks that were started. */
    private static final Set<Integer> OURS = Collections.synchronizedSet(new HashSet<>());

    private final Tracer tracer;
    private final long graceNs;

    ShutdownHook(Tracer tracer, Duration grace) {
        super("kraken-tracer-close");
        this.tracer = tracer;
        this.graceNs = grace.toNanos();
    }

    /** Called by the launcher; an exception here would keep it from starting the program's hooks. */
    @Override
    public void start() {
        try {
            startsNow(this);
        } catch (RuntimeException | Error e) {
            // Then the other hooks are unknown, and the tracer is closed at once.
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
            // The recorded spans are handed over in any case.
        }
        tracer.close(CLOSE_TIMEOUT);
    }

    private void awaitOthers() {
        final long deadline = System.nanoTime() + graceNs;
        while (tracer.isEnabled() && System.nanoTime() - deadline < 0 && areOthersRunning()) {
            LockSupport.parkNanos(CHECK_INTERVAL_NS);
        }
    }

    /** The launcher is checked first: once it joins a hook, it has started all of them. */
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

    /** Whether the launcher joins one of our hooks; true if that cannot be determined. */
    private static boolean hasLauncherCome() {
        try {
            return Launcher.waitsForUs(launcher.getId());
        } catch (LinkageError e) {
            return true;
        }
    }

    /** Hooks of tracers in other class loaders are not awaited: they would await this one. */
    private static boolean isTracers(String className) {
        return className.equals(ShutdownHook.class.getName());
    }

    /** In a class of its own, since it cannot be linked in every image. */
    private static final class Launcher {

        static boolean waitsForUs(long launcher) {
            final ThreadInfo info = ManagementFactory.getThreadMXBean().getThreadInfo(launcher);
            final LockInfo awaited = info == null ? null : info.getLockInfo();
            return awaited != null && isTracers(awaited.getClassName()) && OURS.contains(awaited.getIdentityHashCode());
        }
    }

    /** All running platform threads. */
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
