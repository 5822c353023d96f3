package io.kraken.tracer.bridge.cli;

import java.util.concurrent.CountDownLatch;

/** For commands that run until the process is told to end: by SIGTERM, by SIGINT, or by its last thread. */
final class ShutdownSignal {

    private ShutdownSignal() {}

    /** Waits to be told, then does what is left to do; the process ends behind that. */
    static void await(Runnable end) {
        final CountDownLatch told = new CountDownLatch(1);
        final CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> exit(told, ended), "kraken-trace-end"));
        await(told);
        end.run();
        ended.countDown();
    }

    /** The JVM ends when this does, with a code of its own. */
    private static void exit(CountDownLatch told, CountDownLatch ended) {
        told.countDown();
        await(ended);
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
