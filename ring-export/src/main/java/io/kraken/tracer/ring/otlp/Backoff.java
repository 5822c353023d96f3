package io.kraken.tracer.ring.otlp;

import java.util.concurrent.ThreadLocalRandom;

/**
 * The send limit of one backend: how many requests may be in flight, and from when on. A failure that is to be retried
 * causes a pause, which grows with each failure or is as long as the backend asks for. After the pause a single request
 * probes the backend, and each answer doubles the limit, so that a recovering backend is not overloaded.
 * Single-threaded.
 */
public final class Backoff {

    private static final double FACTOR = 1.5;
    private static final double JITTER = 0.2;

    private final long firstNs;
    private final long longestNs;
    private final int most;

    private int allowed;
    private long waitNs;
    private boolean paused;
    private long untilNs;

    /**
     * @param firstNs the pause after the first failure
     * @param longestNs maximum of a pause that the backend does not ask for
     * @param most maximum number of requests in flight
     */
    public Backoff(long firstNs, long longestNs, int most) {
        this.firstNs = firstNs;
        this.longestNs = longestNs;
        this.most = most;
        allowed = most;
        waitNs = firstNs;
    }

    boolean allows(int inFlight, long nowNs) {
        paused &= nowNs - untilNs < 0;
        return !paused && inFlight < allowed;
    }

    void answered() {
        allowed = Math.min(most, allowed * 2);
        waitNs = firstNs;
    }

    /** @param askedNs the pause that the backend asks for; 0 if it asks for none */
    void failed(long nowNs, long askedNs) {
        allowed = 1;
        if (!paused) { // other requests in flight fail for the same reason: they count as one failure
            untilNs = nowNs + jittered(waitNs);
            waitNs = Math.min(longestNs, (long) (waitNs * FACTOR) + 1);
        }
        paused = true;
        final long askedUntilNs = nowNs + jittered(askedNs);
        if (askedUntilNs - untilNs > 0) {
            untilNs = askedUntilNs;
        }
    }

    /** Adds up to a fifth, and never subtracts, so that many senders that failed together do not retry together. */
    private static long jittered(long ns) {
        return ns + (long) (ns * JITTER * ThreadLocalRandom.current().nextDouble());
    }
}
