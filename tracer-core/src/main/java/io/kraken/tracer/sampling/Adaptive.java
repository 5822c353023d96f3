package io.kraken.tracer.sampling;

import io.kraken.tracer.TraceContext;

/**
 * Shares times a factor that follows load and errors. With {@code L} and {@code E}, load and share of errors smoothed
 * over {@link #LOAD_SECONDS} and {@link #ERROR_SECONDS}, the factor changes by the second
 *
 * <ul>
 *   <li>while {@code L} is above {@link #TARGET}: down by {@link #FALL} times the part of what is above the target that
 *       {@code L} has used up, in natural logarithms, to {@code least} at the lowest, whatever the errors are;
 *   <li>else towards its goal, which is 1, or where {@code E} is above {@link #ERRORS}, the square of how many times it
 *       is that, to {@link #MOST} at the highest: down by {@link #EASE}, up by {@link #RISE} and above 1 by {@link
 *       #BOOST}; but never up within {@link #BAND} of the target.
 * </ul>
 *
 * <p>It does not swing, for what makes load fall is faster than what makes it rise, both are slow beside the smoothing,
 * and between them is a band in which nothing rises; and errors do not depend on the factor. Shares are at most 1,
 * which is all; what is 0 or 1 to begin with stays so.
 */
final class Adaptive extends Composed {

    static final double TARGET = 0.7;
    static final double BAND = 0.1;
    static final double ERRORS = 0.01;
    static final double MOST = 10_000;

    static final double FALL = 1;
    static final double RISE = 0.1;
    static final double BOOST = 0.5;
    static final double EASE = 0.2;

    static final double LOAD_SECONDS = 0.5;
    static final double ERROR_SECONDS = 10;

    private final double least;
    private final TokenBucket.Elapsed elapsed = new TokenBucket.Elapsed();
    private double smoothLoad;
    private double smoothErrors;
    private volatile double factor = 1;

    Adaptive(double least, Sampler within) {
        super(within);
        if (!(least > 0 && least <= 1)) {
            throw new IllegalArgumentException("the least part must be above 0 and at most 1: " + least);
        }
        this.least = least;
    }

    double factor() {
        return factor;
    }

    @Override
    public long decide(TraceContext parent, long randomness, int symbol, String name, String path) {
        return within.decide(parent, randomness, symbol, name, path);
    }

    @Override
    public void tick(long nowNs, double load, double errors) {
        super.tick(nowNs, load, errors);
        final double seconds = elapsed.ns(nowNs) / 1e9;
        smoothLoad = smoothed(smoothLoad, load, seconds / LOAD_SECONDS);
        smoothErrors = smoothed(smoothErrors, errors, seconds / ERROR_SECONDS);
        final double next = next(factor, seconds);
        if (next != factor) {
            factor = next;
            Scaled.scale(within, next);
        }
    }

    private static double smoothed(double before, double now, double part) {
        final double sound = now > 0 ? Math.min(now, 1) : 0;
        return before + (sound - before) * -Math.expm1(-part);
    }

    private double next(double from, double seconds) {
        if (smoothLoad > TARGET) {
            final double excess = (smoothLoad - TARGET) / (1 - TARGET);
            return Math.max(least, from * Math.exp(-FALL * excess * seconds));
        }
        final double goal = goal();
        if (from > goal) {
            return Math.max(goal, from * Math.exp(-EASE * seconds));
        }
        final double speed = smoothLoad > TARGET - BAND ? 0 : from < 1 ? RISE : BOOST;
        return Math.min(goal, from * Math.exp(speed * seconds));
    }

    private double goal() {
        final double times = smoothErrors / ERRORS;
        return Math.max(1, Math.min(times * times, MOST));
    }

    /** Has a factor of its own. */
    @Override
    public void scale(double ofOthers) {}
}
