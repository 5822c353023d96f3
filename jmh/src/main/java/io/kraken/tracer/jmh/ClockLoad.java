package io.kraken.tracer.jmh;

import io.kraken.tracer.clock.TickClock;

/** The empty loop: a step is two reads of the tracer's clock. */
final class ClockLoad implements Load {

    private final TickClock clock = Tracers.config("auto").conclude().clock();
    private long sum;

    @Override
    public void step(int step) {
        final long start = clock.ticks();
        sum += clock.ticks() - start;
    }

    /** Uses the results of the reads, so that they are not eliminated. */
    long sum() {
        return sum;
    }
}
