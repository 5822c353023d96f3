package io.kraken.tracer;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFile;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Keeps ticks and the wall clock together: adds an anchor whenever the current one has drifted from the wall clock,
 * by itself or because somebody set it. Traces that have begun keep the anchor they began under. Called by the
 * exporter's thread in its duty cycle, by nobody else.
 */
final class Timekeeper {

    private static final long CHECK_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long MAX_DRIFT_NS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long CALIBRATION_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int SAMPLES = 33;

    private final TickClock clock;
    private final LongSupplier epochNs;
    private final SpanFile file;
    private final Anchors anchors;
    private final Governor governor;

    private long firstTicks;
    private long firstNs;
    private double rate = 1.0;
    private long nextCheckNs;

    private long sampledTicks;
    private long sampledNs;

    Timekeeper(TickClock clock, LongSupplier epochNs, SpanFile file, Governor governor) {
        this.clock = clock;
        this.epochNs = epochNs;
        this.file = file;
        this.governor = governor;
        this.anchors = file.anchors();
    }

    /** Measures the rate where it is not known, and sets the first anchor. */
    void begin() {
        sample(System::nanoTime);
        firstTicks = sampledTicks;
        firstNs = sampledNs;
        if (clock.isTsc()) {
            final long until = firstNs + CALIBRATION_NS;
            while (System.nanoTime() - until < 0) {
                LockSupport.parkNanos(CALIBRATION_NS);
            }
        }
        addAnchor();
        nextCheckNs = System.nanoTime() + CHECK_INTERVAL_NS;
    }

    /** Leaves a sign of life, and now and then looks whether a new anchor is due. Returns whether one was added. */
    boolean keep(long nowNs) {
        file.lastSign(clock.ticks());
        governor.keep(nowNs);
        if (nowNs - nextCheckNs < 0) {
            return false;
        }
        nextCheckNs = nowNs + CHECK_INTERVAL_NS;
        sample(epochNs);
        anchors.load(anchors.current());
        if (Math.abs(anchors.toEpochNs(sampledTicks) - sampledNs) <= MAX_DRIFT_NS) {
            return false;
        }
        addAnchor();
        return true;
    }

    private void addAnchor() {
        if (clock.isTsc()) {
            sample(System::nanoTime);
            rate = (double) (sampledNs - firstNs) / (sampledTicks - firstTicks);
        }
        governor.nanosPerTick(rate);
        sample(epochNs);
        governor.anchor(anchors.add(sampledTicks, sampledNs, rate));
        file.counters().increment(Counter.ANCHORS);
    }

    /** Reads both clocks at the same moment: of a few tries the one in which the least time went by. */
    private void sample(LongSupplier other) {
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < SAMPLES; i++) {
            final long before = clock.ticks();
            final long value = other.getAsLong();
            final long after = clock.ticks();
            if (after - before < shortest) {
                shortest = after - before;
                sampledTicks = before + (after - before) / 2;
                sampledNs = value;
            }
        }
    }
}
