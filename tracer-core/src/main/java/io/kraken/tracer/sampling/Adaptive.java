package io.kraken.tracer.sampling;

/**
 * A sampler that multiplies shares by a factor that follows load and errors. With {@code L} and {@code E}, the load and
 * the share of errors smoothed over {@link #LOAD_SECONDS} and {@link #ERROR_SECONDS}, the factor changes each second
 *
 * <ul>
 *   <li>while {@code L} is above {@link #TARGET}: down by {@link #FALL} times the used part of the range above the
 *       target, in natural logarithms, to {@code least} at the lowest, whatever the errors are;
 *   <li>otherwise towards its goal. The goal is 1 or, if {@code E} is above {@link #ERRORS}, the square of the quotient
 *       of both, {@link #MOST} at the highest. The factor falls by {@link #EASE}, rises by {@link #RISE}, and above 1
 *       by {@link #BOOST}; but it never rises within {@link #BAND} of the target.
 * </ul>
 *
 * <p>The control does not oscillate: the factor falls faster than it rises, both changes are slow compared with the
 * smoothing, there is a band in between in which it does not rise, and errors do not depend on the factor. Shares are
 * capped at 1, that is, all traces; configured shares of 0 or 1 do not change.
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
    public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
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

    /** Ignored: this sampler has a factor of its own. */
    @Override
    public void scale(double ofOthers) {}
}
