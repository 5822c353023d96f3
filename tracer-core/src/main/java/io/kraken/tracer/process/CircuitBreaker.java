package io.kraken.tracer.process;

import io.kraken.tracer.file.BreakerState;
import java.time.Duration;

/**
 * A circuit breaker that records less, and then nothing, when the process is close to its limits, so that the tracer
 * does not push it over. The exporter's thread drives it, about ten times a second, and is the only one that may change
 * or query it; any thread may call {@link #records}.
 *
 * <pre>
 *   CLOSED ── load at or above the first threshold, TICKS_ABOVE ticks in a row ──> SAMPLED_ONLY
 *   SAMPLED_ONLY ── PROBE_NS without that ──> CLOSED
 *   CLOSED, SAMPLED_ONLY ── load at or above the second threshold, TICKS_ABOVE ticks in a row ──> OPEN
 *   OPEN ── cool-down is over ──> HALF_OPEN: PROBE_SHARE of the traces
 *   HALF_OPEN ── load at or above the second threshold, as above ──> OPEN
 *   HALF_OPEN ── PROBE_NS without that ──> CLOSED, or SAMPLED_ONLY while the load is at or above the first
 * </pre>
 *
 * If the first threshold is not below the second, SAMPLED_ONLY is never entered. Two openings are at least one
 * cool-down apart.
 */
public final class CircuitBreaker {

    public static final double SAMPLED_THRESHOLD_DEFAULT = 0.8;
    public static final double THRESHOLD_DEFAULT = 0.9;
    public static final Duration COOL_DOWN_DEFAULT = Duration.ofSeconds(30);

    /** Time constant: a step in the load shows to some 60 % after this time, to 95 % after three times as long. */
    static final long SMOOTHING_NS = Duration.ofSeconds(1).toNanos();
    /** Long enough that one or two garbage collections do not count as load. */
    static final int TICKS_ABOVE = 5;

    static final long PROBE_NS = Duration.ofSeconds(5).toNanos();
    static final double PROBE_SHARE = 0.125;

    private static final long ALL_RANDOMNESS = 1L << 56;
    private static final long RECORD_ALL = 0;
    private static final long RECORD_NONE = Long.MAX_VALUE;
    /** The traces with the highest random bits: samplers in other processes select the same ones. */
    private static final long RECORD_PROBES = ALL_RANDOMNESS - (long) (ALL_RANDOMNESS * PROBE_SHARE);

    private final long coolDownNs;
    private final double sampledThreshold;
    private double threshold;
    private boolean on = true;

    private BreakerState state = BreakerState.CLOSED;
    private boolean ticked;
    private long tickNs;
    private double cpu;
    private double occupancy;
    private int ticksAbove;
    private int ticksAboveSampled;
    /** When the load was last at or above the first threshold. */
    private long strainedNs;

    private long stateSinceNs;
    private long openedNs;
    private long timesOpened;

    /** Plain read, ordered by the volatile read of the recorder's {@code policy} before it. */
    private long recordFrom = RECORD_ALL;

    /**
     * @param sampledThreshold load from which only sampled traces are recorded; above 0, up to 1
     * @param threshold load from which nothing is recorded; above 0, up to 1
     */
    public CircuitBreaker(double sampledThreshold, double threshold, long coolDownNs) {
        this.sampledThreshold = sampledThreshold;
        this.threshold = threshold;
        this.coolDownNs = coolDownNs;
    }

    /** Changes what may change at run time. A breaker that is off stays closed and still measures the load. */
    public void configure(boolean mayOpen, double newThreshold) {
        on = mayOpen;
        threshold = newThreshold;
    }

    /** Whether a trace is recorded, by its 56 random bits; the same for all its spans until the state changes. */
    boolean records(long randomness) {
        return randomness >= recordFrom;
    }

    /** The smallest random bits of a trace that is recorded, until the state changes. */
    public long recordFrom() {
        return recordFrom;
    }

    /**
     * @param nowNs of a monotonic clock
     * @param cpuLoad of this process, 0 to 1
     * @param ringOccupancy share of all chunks that is not free, 0 to 1
     */
    public void tick(long nowNs, double cpuLoad, double ringOccupancy) {
        smooth(nowNs, cpuLoad, ringOccupancy);
        ticksAbove = load() >= threshold ? ticksAbove + 1 : 0;
        ticksAboveSampled = isStrained() ? ticksAboveSampled + 1 : 0;
        strainedNs = isStrained() ? nowNs : strainedNs;
        if (!on) {
            enter(BreakerState.CLOSED, RECORD_ALL, nowNs);
            return;
        }
        switch (state) {
            case CLOSED -> {
                openWhenLoaded(nowNs);
                if (state == BreakerState.CLOSED && ticksAboveSampled >= TICKS_ABOVE) {
                    enter(BreakerState.SAMPLED_ONLY, RECORD_ALL, nowNs);
                }
            }
            case SAMPLED_ONLY -> {
                openWhenLoaded(nowNs);
                if (state == BreakerState.SAMPLED_ONLY && ticksAboveSampled == 0 && nowNs - strainedNs >= PROBE_NS) {
                    enter(BreakerState.CLOSED, RECORD_ALL, nowNs);
                }
            }
            case OPEN -> {
                if (nowNs - stateSinceNs >= coolDownNs) {
                    ticksAbove = 0;
                    enter(BreakerState.HALF_OPEN, RECORD_PROBES, nowNs);
                }
            }
            case HALF_OPEN -> {
                openWhenLoaded(nowNs);
                if (state == BreakerState.HALF_OPEN && nowNs - stateSinceNs >= PROBE_NS && ticksAbove == 0) {
                    enter(isStrained() ? BreakerState.SAMPLED_ONLY : BreakerState.CLOSED, RECORD_ALL, nowNs);
                }
            }
        }
    }

    /** Whether the load is at or above the first threshold; false if that is not below the second. */
    private boolean isStrained() {
        return sampledThreshold < threshold && load() >= sampledThreshold;
    }

    private void openWhenLoaded(long nowNs) {
        final boolean rested = timesOpened == 0 || nowNs - openedNs >= coolDownNs;
        if (ticksAbove >= TICKS_ABOVE && rested) {
            openedNs = nowNs;
            timesOpened++;
            enter(BreakerState.OPEN, RECORD_NONE, nowNs);
        }
    }

    private void enter(BreakerState next, long from, long nowNs) {
        state = next;
        stateSinceNs = nowNs;
        recordFrom = from;
    }

    private void smooth(long nowNs, double cpuLoad, double ringOccupancy) {
        final long sinceNs = ticked ? Math.max(0, nowNs - tickNs) : 0;
        final double weight = (double) sinceNs / (sinceNs + SMOOTHING_NS);
        ticked = true;
        tickNs = nowNs;
        cpu += (share(cpuLoad) - cpu) * weight;
        occupancy += (share(ringOccupancy) - occupancy) * weight;
    }

    private static double share(double load) {
        return load > 0 ? Math.min(load, 1) : 0;
    }

    /** Smoothed, 0 to 1. */
    public double load() {
        return Math.max(cpu, occupancy);
    }

    public BreakerState state() {
        return state;
    }

    /** Since the start. */
    public long timesOpened() {
        return timesOpened;
    }
}
