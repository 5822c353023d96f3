package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.Transport;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition, with a timeout. */
public final class Waiting {

    private static final long PATIENCE_NS = Duration.ofSeconds(30).toNanos();

    private Waiting() {}

    public static void until(String what, BooleanSupplier condition) {
        final long deadline = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, "timeout, waiting for " + what);
            LockSupport.parkNanos(100_000);
        }
    }

    public static Outcome outcome(Transport.Exchange exchange) {
        until("an outcome", () -> exchange.outcome() != null);
        return exchange.outcome();
    }
}
