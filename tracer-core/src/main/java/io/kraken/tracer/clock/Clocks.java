package io.kraken.tracer.clock;

import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * The clocks of a tracer: those of the process, or ones stepped by a test.
 *
 * @param ticks the clock that spans read
 * @param nanoTime the reference for ticks of a hardware counter: the kernel keeps it right when the counter is not
 * @param epochNs the wall clock
 * @param pause waits for about this many nanoseconds
 */
public record Clocks(TickClock ticks, LongSupplier nanoTime, LongSupplier epochNs, LongConsumer pause) {

    public static Clocks of(TickClock ticks, LongSupplier epochNs) {
        return new Clocks(ticks, System::nanoTime, epochNs, LockSupport::parkNanos);
    }

    /** Nanoseconds since 1970, by the machine's wall clock. */
    public static long wallClockNs() {
        final Instant now = Clock.systemUTC().instant();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    /** Also true if the clock has gone back so far that the time would not come for long. */
    public static boolean isDue(long atNs, long nowNs, long intervalNs) {
        return nowNs - atNs >= 0 || atNs - nowNs > intervalNs;
    }
}
