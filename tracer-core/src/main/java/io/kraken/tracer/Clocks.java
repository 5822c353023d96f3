package io.kraken.tracer;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * The clocks of a tracer: of the process, or stepped by a test.
 *
 * @param ticks what spans read
 * @param nanoTime what ticks are checked against where they are a counter's: the kernel keeps it right when the
 * counter is not
 * @param epochNs the wall clock
 * @param pause lets so many nanoseconds go by, or about so many
 */
record Clocks(TickClock ticks, LongSupplier nanoTime, LongSupplier epochNs, LongConsumer pause) {

    static Clocks of(TickClock ticks, LongSupplier epochNs) {
        return new Clocks(ticks, System::nanoTime, epochNs, LockSupport::parkNanos);
    }
}
