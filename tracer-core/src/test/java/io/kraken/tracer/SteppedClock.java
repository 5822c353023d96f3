package io.kraken.tracer;

import io.kraken.tracer.clock.TickClock;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that advances by one tick with every reading, unless it is set; and a wall clock. */
final class SteppedClock implements TickClock {

    static final long EPOCH_NS = 1_700_000_000_000_000_000L;

    private final AtomicLong ticks = new AtomicLong(1_000_000);
    private final AtomicLong epochNs = new AtomicLong(EPOCH_NS);

    @Override
    public long ticks() {
        return ticks.incrementAndGet();
    }

    void advance(long by) {
        ticks.addAndGet(by);
    }

    void stepWallClock(long byNs) {
        epochNs.addAndGet(byNs);
    }

    long epochNs() {
        return epochNs.get();
    }

    @Override
    public boolean isTsc() {
        return false;
    }

    @Override
    public String describe() {
        return "stepped";
    }
}
