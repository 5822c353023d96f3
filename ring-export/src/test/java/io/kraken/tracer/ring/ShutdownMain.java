package io.kraken.tracer.ring;

import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Program: a service that ends in one of several ways, with shutdown hooks that complete pending work. */
final class ShutdownMain {

    static final int HOOKS = 8;
    static final int SPANS = 100;
    static final String EXIT = "exit";
    static final String RETURN = "return";
    static final String TERM = "term";
    static final String STUCK = "stuck";

    private static final SpanName WORK = SpanName.of("work");
    private static final long LONGEST_PAUSE_NS = Duration.ofMillis(10).toNanos();

    private ShutdownMain() {}

    /** @param args the kind of end, and the number of tracers */
    public static void main(String[] args) throws Exception {
        final String end = args[0];
        final Tracer[] tracers = new Tracer[Integer.parseInt(args[1])];
        for (int i = 0; i < HOOKS; i++) {
            if (i < tracers.length) {
                tracers[i] = Tracer.create(TracerConfig.fromEnvironment());
            }
            final int number = i;
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(() -> drain(tracers[number % tracers.length], number), "hook-" + i));
        }
        if (end.equals(STUCK)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> awaitClosed(tracers[0])));
        }
        if (!end.equals(RETURN)) {
            new Thread(ShutdownMain::keepAlive).start();
        }
        switch (end) {
            case EXIT, STUCK -> System.exit(0);
            case TERM -> {
                final String pid = Long.toString(ProcessHandle.current().pid());
                new ProcessBuilder("kill", "-TERM", pid).start().waitFor();
                keepAlive();
            }
            default -> {}
        }
    }

    /** The first hooks finish when the last ones have a second left. */
    private static void drain(Tracer tracer, int number) {
        for (int i = 0; i < SPANS; i++) {
            tracer.start(WORK, SpanKind.SERVER).end();
            final long until = System.nanoTime() + LONGEST_PAUSE_NS * (number + 1) / HOOKS;
            while (System.nanoTime() - until < 0) {
                LockSupport.parkNanos(LONGEST_PAUSE_NS);
            }
        }
    }

    private static void awaitClosed(Tracer tracer) {
        while (tracer.isEnabled()) {
            LockSupport.parkNanos(LONGEST_PAUSE_NS);
        }
    }

    /** Keeps the process alive like the threads of a pool that is never shut down. */
    private static void keepAlive() {
        while (true) {
            LockSupport.park();
        }
    }
}
