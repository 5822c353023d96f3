package io.kraken.tracer.bridge.cli;

import java.util.concurrent.CountDownLatch;

/** The wait of a command that runs until the JVM shuts down: by SIGTERM, by SIGINT, or after its last thread. */
final class ShutdownSignal {

    private ShutdownSignal() {}

    /** Waits for the shutdown, then runs the cleanup; the process exits after it. */
    static void await(Runnable cleanup) {
        final CountDownLatch signalled = new CountDownLatch(1);
        final CountDownLatch cleaned = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> exit(signalled, cleaned), "kraken-trace-shutdown"));
        await(signalled);
        cleanup.run();
        cleaned.countDown();
    }

    /** The JVM exits when this returns, with the code of the signal; halting sets exit code 0 instead. */
    private static void exit(CountDownLatch signalled, CountDownLatch cleaned) {
        signalled.countDown();
        await(cleaned);
        Runtime.getRuntime().halt(Command.OK);
    }

    private static void await(CountDownLatch latch) {
        boolean interrupted = true;
        while (interrupted) {
            try {
                latch.await();
                interrupted = false;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }
}
