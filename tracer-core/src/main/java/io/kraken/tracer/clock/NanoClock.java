package io.kraken.tracer.clock;

/** The clock {@link System#nanoTime()}, which works on every machine. */
public final class NanoClock implements TickClock {

    private final String why;

    public NanoClock(String why) {
        this.why = why;
    }

    @Override
    public long ticks() {
        return System.nanoTime();
    }

    @Override
    public boolean isTsc() {
        return false;
    }

    @Override
    public String describe() {
        return "System.nanoTime (" + why + ")";
    }
}
