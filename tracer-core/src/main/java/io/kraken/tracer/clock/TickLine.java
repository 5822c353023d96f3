package io.kraken.tracer.clock;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The rate of a counter and a check that it still holds, by pairs of ticks and nanoseconds read at the same moment: the
 * first of a line and the last. If a pair is not where the rate predicts, the counter has jumped: the machine was
 * suspended or migrated, or the process was restored on another one; then a new line begins. For one thread.
 */
public final class TickLine {

    private static final long CALIBRATION_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int MOST_PAUSES = 50;
    /** The rate is the mean over one to two of these intervals, so that it follows slow changes. */
    private static final long BASE_NS = TimeUnit.MINUTES.toNanos(5);

    private static final int SAMPLES = 33;

    /** Tolerance between ticks and nanoseconds of a duty cycle: the thread may be interrupted between the readings. */
    private static final long ROUGH_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long EXACT_NS = TimeUnit.MICROSECONDS.toNanos(200);
    /** Twice the rate by which the kernel slews its clocks to follow a time server. */
    private static final double BEND = 0.001;

    private static final double LEAST_RATE = 1e-3;
    private static final double LARGEST_RATE = 1e3;

    private final Clocks clocks;
    private final TickClock clock;
    private final boolean isCounter;

    // the last sample, and the uncertainty between its two readings
    private long ticks;
    private long ns;
    private double widthNs;

    private long lastTicks;
    private long lastNs;

    private double rate = 1.0;
    /** The possible error of the rate, given the width of the samples. */
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

    public TickLine(Clocks clocks) {
        this.clocks = clocks;
        this.clock = clocks.ticks();
        this.isCounter = clock.isTsc();
    }

    public double rate() {
        return rate;
    }

    /** Ticks of the last sample. */
    public long ticks() {
        return ticks;
    }

    /** Nanoseconds of the last sample, by the other clock. */
    public long ns() {
        return ns;
    }

    /** Begins a line at this moment, and measures its rate if it is not known. */
    public void begin() {
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

    /** Makes the next base the base, and the last sample the next base. */
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

    /** Measures the rate from the base to the last sample; an implausible rate is ignored. */
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
     * A cheap check whether ticks are so far from the prediction that {@link #hasJumped} is worth its cost.
     *
     * @param nowTicks read just now
     * @param nowNs of the reference clock, read shortly before
     */
    public boolean looksOff(long nowTicks, long nowNs) {
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
     * The exact check. After a jump a new line has begun, its rate has been measured, and {@link #jumpFrom} and {@link
     * #jumpTo} describe the jump.
     */
    public boolean hasJumped() {
        sampleReference();
        final long movedTicks = ticks - lastTicks;
        final long elapsedNs = ns - lastNs;
        final double offNs = Math.abs(movedTicks * rate - elapsedNs);
        final double allowedNs = EXACT_NS + widthNs + Math.abs(elapsedNs) * (BEND + doubt);
        if (movedTicks >= 0 && (!isCounter || offNs <= allowedNs)) {
            continueLine();
            return false;
        }
        final double rateBefore = rate;
        final long fromTicks = lastTicks;
        final long toTicks = ticks;
        begin();
        findSharedMoment(fromTicks, rateBefore, toTicks, isCounter ? Math.max(0, elapsedNs) : 0);
        return true;
    }

    private void continueLine() {
        lastTicks = ticks;
        lastNs = ns;
        roughTicks = ticks;
        roughNs = ns;
        if (isCounter && measure() && ns - nextBaseNs >= BASE_NS) {
            setBase();
        }
    }

    /**
     * Determines which ticks of both lines are the same moment. If only the rate has changed, both clocks together tell
     * when; otherwise the previous line is assumed to have run on until now.
     */
    private void findSharedMoment(long fromTicks, double rateBefore, long toTicks, long elapsedNs) {
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

    /** The ticks of the previous line, extrapolated to the moment at which this line read {@link #jumpTo}. */
    public long jumpFrom() {
        return jumpFrom;
    }

    public long jumpTo() {
        return jumpTo;
    }

    /** Samples a counter against nanoTime; ticks that are nanoseconds are their own reference. */
    private void sampleReference() {
        if (isCounter) {
            sample(clocks.nanoTime());
        } else {
            ticks = clock.ticks();
            ns = ticks;
        }
    }

    /** Reads both clocks as one sample: of several tries the one that took the least time. */
    public void sample(LongSupplier other) {
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
