package io.kraken.tracer.ring.otlp;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The send limit of one backend: how many requests may be in flight, and from when on. A failure that is to be retried
 * causes a pause, which grows with each failure or is as long as the backend asks for. After the pause a single request
 * probes the backend, and each answer doubles the limit, so that a recovering backend is not overloaded.
 * Single-threaded.
 */
public final class Backoff {

    private static final double FACTOR = 1.5;
    private static final double JITTER = 0.2;
    private static final long LONGEST_HELD_NS = TimeUnit.MINUTES.toNanos(5);

    private final long firstNs;
    private final long longestNs;
    private final int most;

    private int allowed;
    private long waitNs;
    /** The pause after the next answer that means a wrong setting. */
    private long heldNs;

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
        heldNs = firstNs;
    }

    boolean allows(int inFlight, long nowNs) {
        paused &= nowNs - untilNs < 0;
        return !paused && inFlight < allowed;
    }

    void answered() {
        allowed = Math.min(most, allowed * 2);
        waitNs = firstNs;
        heldNs = firstNs;
    }

    /** Called when an answer means a wrong setting: pauses grow further than after failures. */
    void held(long nowNs) {
        allowed = 1;
        if (!paused) {
            untilNs = nowNs + jittered(heldNs);
            heldNs = Math.min(Math.max(longestNs, LONGEST_HELD_NS), (long) (heldNs * FACTOR) + 1);
        }
        paused = true;
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
