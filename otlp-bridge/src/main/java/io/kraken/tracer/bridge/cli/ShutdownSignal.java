package io.kraken.tracer.bridge.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The wait of a command that runs until the JVM shuts down, by SIGTERM, by SIGINT, or after its last thread, or until
 * the command fails. After a failure a thread that was started before ends the process if the cleanup does not end.
 */
final class ShutdownSignal {

    private static final long CLEANUP_MILLIS = TimeUnit.SECONDS.toMillis(10);

    private final Semaphore events = new Semaphore(0);
    private final CountDownLatch failed = new CountDownLatch(1);
    private final CountDownLatch cleaned = new CountDownLatch(1);
    private volatile boolean ending;
    private volatile boolean reloading;
    private volatile int exit = Command.OK;

    /** Waits for the shutdown, then runs the cleanup; the process exits after it. */
    static void await(Runnable cleanup) {
        new ShutdownSignal().await(() -> {}, cleanup);
    }

    /** Makes the waiting thread run its reload. Any thread. */
    void reload() {
        reloading = true;
        events.release();
    }

    /** Makes the waiting thread run its cleanup; the exit code says that it failed. Any thread; needs no memory. */
    void fail() {
        exit = Command.TROUBLE;
        ending = true;
        failed.countDown();
        events.release();
    }

    /** Waits for the shutdown or a failure, then runs the cleanup; returns the exit code. */
    int await(Runnable reload, Runnable cleanup) {
        final Thread watchdog = new Thread(this::haltWhenStuck, "kraken-trace-watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
        Runtime.getRuntime().addShutdownHook(new Thread(this::exit, "kraken-trace-shutdown"));
        while (!ending) {
            events.acquireUninterruptibly();
            if (reloading && !ending) {
                reloading = false;
                run(reload);
            }
        }
        run(cleanup);
        cleaned.countDown();
        return exit;
    }

    private void run(Runnable step) {
        try {
            step.run();
        } catch (OutOfMemoryError e) {
            fail();
        }
    }

    private void haltWhenStuck() {
        try {
            failed.await();
            if (!cleaned.await(CLEANUP_MILLIS, TimeUnit.MILLISECONDS)) {
                Runtime.getRuntime().halt(exit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The JVM exits when this returns, with the code of the signal; halting sets the exit code instead. */
    private void exit() {
        ending = true;
        events.release();
        boolean interrupted = true;
        while (interrupted) {
            try {
                cleaned.await();
                interrupted = false;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        Runtime.getRuntime().halt(exit);
    }
}
