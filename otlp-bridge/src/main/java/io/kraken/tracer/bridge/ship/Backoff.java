package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.bridge.settings.DestinationConfig;

/**
 * The send limit of one destination: how many requests may be in flight, and from when on. A failure that is to be
 * retried causes a pause, which grows with each failure or is as long as the destination asks for. After the pause a
 * single request probes the destination, and each answer doubles the limit, so that a recovering destination is not
 * overloaded. Single-threaded.
 */
final class Backoff {

    private static final double FACTOR = 1.5;
    private static final double JITTER = 0.2;
    /** Spreads the seeds, which are times and therefore similar. */
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private final DestinationConfig.Retry retry;
    private final int most;
    private long random;

    private int allowed;
    private long waitNs;
    private boolean paused;
    private long untilNs;

    Backoff(DestinationConfig.Retry retry, int most, long seed) {
        this.retry = retry;
        this.most = most;
        random = seed * MIX | 1;
        allowed = most;
        waitNs = retry.firstNs();
    }

    boolean allows(int inFlight, long nowNs) {
        paused &= nowNs - untilNs < 0;
        return !paused && inFlight < allowed;
    }

    void answered() {
        allowed = Math.min(most, allowed * 2);
        waitNs = retry.firstNs();
    }

    /** @param askedNs the pause that the destination asks for; 0 if it asks for none */
    void failed(long nowNs, long askedNs) {
        allowed = 1;
        if (!paused) { // other requests in flight fail for the same reason: they count as one failure
            untilNs = nowNs + jittered(waitNs);
            waitNs = Math.min(retry.longestNs(), (long) (waitNs * FACTOR) + 1);
        }
        paused = true;
        if (nowNs + askedNs - untilNs > 0) {
            untilNs = nowNs + askedNs;
        }
    }

    private long jittered(long ns) {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        final double share = (random >>> 11) * 0x1.0p-53;
        return (long) (ns * (1 - JITTER + 2 * JITTER * share));
    }
}
