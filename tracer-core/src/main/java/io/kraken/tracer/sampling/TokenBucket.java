package io.kraken.tracer.sampling;

import java.util.concurrent.atomic.AtomicLong;

/**
 * So many a second, and never more at once than in a second, or one. Any thread takes; one at a time lets time go by.
 * Taking writes only where there is something to take.
 */
final class TokenBucket {

    static final double MAX_PER_SECOND = 1_000_000_000;

    /** A token in its smallest parts: so many there are for a nanosecond of one token a second. */
    private static final long ONE = 1_000_000_000;

    private final double perSecond;
    private final long full;
    private final AtomicLong parts;

    /** Full. */
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

    /** How long it is since it was asked last: nothing at first, and within a second whatever the clock does. */
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
