package io.kraken.tracer.process;

import io.kraken.tracer.file.BreakerState;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A process with a load of its own, or without the module that measures it. */
final class ProcessLoadMain {

    private static final long TICK_NS = Duration.ofMillis(100).toNanos();
    private static final long PATIENCE_NS = Duration.ofSeconds(120).toNanos();
    /** Generous, since other processes may use the processors meanwhile. */
    private static final double THRESHOLD = 0.3;

    private static volatile boolean burning = true;
    private static volatile double burnt;

    private ProcessLoadMain() {}

    public static void main(String[] args) {
        final PrintStream out = System.out; // allow:console what the test reads
        final ProcessLoad load = new ProcessLoad(ContainerLimits.NONE);
        if (args[0].equals("ask")) {
            load.load(0);
            out.println("load " + load.load(1_000_000_000L));
            return;
        }
        for (int i = Runtime.getRuntime().availableProcessors(); i > 0; i--) {
            final Thread thread = new Thread(ProcessLoadMain::burn, "burning");
            thread.setDaemon(true);
            thread.start();
        }
        final CircuitBreaker breaker =
                new CircuitBreaker(THRESHOLD, THRESHOLD, Duration.ofSeconds(2).toNanos());
        final long deadline = System.nanoTime() + PATIENCE_NS;
        BreakerState state = breaker.state();
        while (System.nanoTime() - deadline < 0) {
            final long nowNs = System.nanoTime();
            breaker.tick(nowNs, load.load(nowNs), 0);
            if (breaker.state() != state) {
                state = breaker.state();
                out.println(state);
                burning = false;
                if (state == BreakerState.CLOSED) {
                    out.println("opened " + (breaker.timesOpened() == 1 ? "once" : breaker.timesOpened() + " times"));
                    return;
                }
            }
            LockSupport.parkNanos(TICK_NS);
        }
        out.println("no change for too long");
    }

    private static void burn() {
        double sum = burnt;
        while (burning) {
            for (int i = 1; i < 10_000; i++) {
                sum += Math.sqrt(i + sum);
            }
        }
        burnt = sum;
    }
}
