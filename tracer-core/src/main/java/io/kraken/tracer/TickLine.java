package io.kraken.tracer;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The rate of a counter, and whether it still holds: pairs of ticks and nanoseconds that were read at the same moment,
 * the first of a line and the last. A pair that is not where the rate says has been preceded by a jump: the machine was
 * suspended or moved, or the process restored on another one, and a new line begins. One thread.
 */
final class TickLine {

    private static final long CALIBRATION_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int MOST_PAUSES = 50;
    /** The rate is the mean over one to two of these, so that it follows a slow change. */
    private static final long BASE_NS = TimeUnit.MINUTES.toNanos(5);

    private static final int SAMPLES = 33;

    /** Ticks of a duty cycle and the nanoseconds that it began with: the thread may be interrupted in between. */
    private static final long ROUGH_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long EXACT_NS = TimeUnit.MICROSECONDS.toNanos(200);
    /** Twice as much as the kernel bends its own clocks when it is told to catch up with another one. */
    private static final double BEND = 0.001;

    private static final double LEAST_RATE = 1e-3;
    private static final double LARGEST_RATE = 1e3;

    private final Clocks clocks;
    private final TickClock clock;
    private final boolean isCounter;

    // the pair that was sampled last, and what may lie between its two halves
    private long ticks;
    private long ns;
    private double widthNs;

    private long lastTicks;
    private long lastNs;

    private double rate = 1.0;
    /** How far off it may be for the width of the pairs. */
    private double doubt;

    private long baseTicks;
    private long baseNs;
    private double baseWidthNs;
    private long nextBaseTicks;
    private long nextBaseNs;
    private double nextBaseWidthNs;

    private long roughTicks;
    private long roughNs;

    private long jumpFrom;
    private long jumpTo;

    TickLine(Clocks clocks) {
        this.clocks = clocks;
        this.clock = clocks.ticks();
        this.isCounter = clock.isTsc();
    }

    double rate() {
        return rate;
    }

    /** Ticks of the pair that was sampled last. */
    long ticks() {
        return ticks;
    }

    /** The other clock's nanoseconds at the same moment. */
    long ns() {
        return ns;
    }

    /** Begins a line here and now, and measures its rate where that is not known. */
    void begin() {
        sampleReference();
        beginHere();
        if (isCounter) {
            calibrate();
        }
    }

    private void beginHere() {
        lastTicks = ticks;
        lastNs = ns;
        roughTicks = ticks;
        roughNs = ns;
        setBase();
        setBase();
    }

    /** What was to be the next base is the base, and the last pair is to be the next one. */
    private void setBase() {
        baseTicks = nextBaseTicks;
        baseNs = nextBaseNs;
        baseWidthNs = nextBaseWidthNs;
        nextBaseTicks = ticks;
        nextBaseNs = ns;
        nextBaseWidthNs = widthNs;
    }

    private void calibrate() {
        long leftNs = CALIBRATION_NS;
        for (int i = 0; i < MOST_PAUSES && leftNs > 0; i++) {
            clocks.pause().accept(leftNs);
            leftNs = baseNs + CALIBRATION_NS - clocks.nanoTime().getAsLong();
        }
        sampleReference();
        if (measure()) {
            lastTicks = ticks;
            lastNs = ns;
        }
    }

    /** From the base to the pair sampled last; what no counter does changes nothing. */
    private boolean measure() {
        final double measured = (double) (ns - baseNs) / (ticks - baseTicks);
        if (!(measured >= LEAST_RATE && measured <= LARGEST_RATE)) {
            return false;
        }
        rate = measured;
        doubt = (baseWidthNs + widthNs) / (ns - baseNs);
        return true;
    }

    /**
     * Whether ticks are so far from where they should be that it is worth a closer look; costs next to nothing.
     *
     * @param nowTicks read a moment ago
     * @param nowNs read shortly before, of the clock that ticks are checked against
     */
    boolean looksOff(long nowTicks, long nowNs) {
        if (!isCounter) {
            return nowTicks < lastTicks;
        }
        final long elapsedNs = nowNs - roughNs;
        if (Math.abs((nowTicks - roughTicks) * rate - elapsedNs) > ROUGH_NS + Math.abs(elapsedNs) * (BEND + doubt)) {
            return true;
        }
        roughTicks = nowTicks;
        roughNs = nowNs;
        return false;
    }

    /**
     * Looks closely. A jump is in {@link #jumpFrom} and {@link #jumpTo}, and a new line has begun, whose rate has been
     * measured.
     */
    boolean hasJumped() {
        sampleReference();
        final long movedTicks = ticks - lastTicks;
        final long elapsedNs = ns - lastNs;
        final double offNs = Math.abs(movedTicks * rate - elapsedNs);
        final double allowedNs = EXACT_NS + widthNs + Math.abs(elapsedNs) * (BEND + doubt);
        if (movedTicks >= 0 && (!isCounter || offNs <= allowedNs)) {
            goOn();
            return false;
        }
        final double rateBefore = rate;
        final long fromTicks = lastTicks;
        final long toTicks = ticks;
        begin();
        meet(fromTicks, rateBefore, toTicks, isCounter ? Math.max(0, elapsedNs) : 0);
        return true;
    }

    private void goOn() {
        lastTicks = ticks;
        lastNs = ns;
        roughTicks = ticks;
        roughNs = ns;
        if (isCounter && measure() && ns - nextBaseNs >= BASE_NS) {
            setBase();
        }
    }

    /**
     * Finds out which ticks of both lines are the same moment. Without a jump, where only the rate has changed, both
     * clocks together say when that was; otherwise the line before is taken to have run on until now.
     */
    private void meet(long fromTicks, double rateBefore, long toTicks, long elapsedNs) {
        final long movedTicks = toTicks - fromTicks;
        if (Math.abs(rate - rateBefore) > rateBefore * (BEND + doubt)) {
            final double bentAt = (elapsedNs - movedTicks * rate) / (rateBefore - rate);
            if (bentAt >= 0 && bentAt <= movedTicks) {
                jumpFrom = fromTicks + (long) bentAt;
                jumpTo = jumpFrom;
                return;
            }
        }
        jumpFrom = fromTicks + (long) (elapsedNs / rateBefore);
        jumpTo = toTicks;
    }

    /** What the line before would have read at the moment at which this one read {@link #jumpTo}. */
    long jumpFrom() {
        return jumpFrom;
    }

    long jumpTo() {
        return jumpTo;
    }

    /** A counter's own pairs; ticks that are nanoseconds already are their own. */
    private void sampleReference() {
        if (isCounter) {
            sample(clocks.nanoTime());
        } else {
            ticks = clock.ticks();
            ns = ticks;
        }
    }

    /** Reads both clocks at the same moment: of a few tries the one in which the least time went by. */
    void sample(LongSupplier other) {
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < SAMPLES; i++) {
            final long before = clock.ticks();
            final long value = other.getAsLong();
            final long between = clock.ticks() - before;
            if (between >= 0 && between < shortest || shortest == Long.MAX_VALUE) {
                shortest = between >= 0 ? between : Long.MAX_VALUE;
                ticks = before + between / 2;
                ns = value;
            }
        }
        widthNs = shortest == Long.MAX_VALUE ? 0 : shortest * rate;
    }
}
