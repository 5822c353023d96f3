package io.kraken.tracer.sampling;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket with a rate a second, and a capacity of one second's tokens, at least one. Any thread may take; one
 * thread at a time fills. Taking from an empty bucket does not write.
 */
final class TokenBucket {

    static final double MAX_PER_SECOND = 1_000_000_000;

    /** One token in its smallest units: a rate of one token a second adds one unit each nanosecond. */
    private static final long ONE = 1_000_000_000;

    private final double perSecond;
    private final long full;
    private final AtomicLong parts;

    /** Starts full. */
    TokenBucket(double perSecond) {
        this.perSecond = perSecond;
        full = perSecond > 0 ? Math.max(ONE, Math.round(perSecond * ONE)) : 0;
        parts = new AtomicLong(full);
    }

    static double checked(double perSecond) {
        if (!(perSecond >= 0 && perSecond <= MAX_PER_SECOND)) {
            throw new IllegalArgumentException("traces a second must be a number of 0 or more: " + perSecond);
        }
        return perSecond;
    }

    boolean take() {
        long seen = parts.get();
        while (seen >= ONE) {
            if (parts.compareAndSet(seen, seen - ONE)) {
                return true;
            }
            seen = parts.get();
        }
        return false;
    }

    void fill(long elapsedNs) {
        final long more = Math.round(perSecond * elapsedNs);
        long seen = parts.get();
        while (seen < full && !parts.compareAndSet(seen, Math.min(full, seen + more))) {
            seen = parts.get();
        }
    }

    /** The time since the last call: 0 at first, and between 0 and a second whatever the clock does. */
    static final class Elapsed {

        static final long MOST_NS = 1_000_000_000;

        private boolean asked;
        private long lastNs;

        long ns(long nowNs) {
            final long since = nowNs - lastNs;
            final boolean first = !asked;
            asked = true;
            lastNs = nowNs;
            return first ? 0 : Math.max(0, Math.min(since, MOST_NS));
        }
    }
}
