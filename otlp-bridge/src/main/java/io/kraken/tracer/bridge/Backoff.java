package io.kraken.tracer.bridge;

/**
 * How many requests a destination gets at a time, and when. After one that has to be tried again there is a pause, each
 * longer than the one before, or as long as the destination asks for; then a single request finds out whether it is
 * well again, and each answer allows for twice as many, so that one that recovers is not run over. One thread.
 */
final class Backoff {

    private static final double FACTOR = 1.5;
    private static final double JITTER = 0.2;
    /** Seeds are times, which are alike. */
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

    boolean allows(int underWay, long nowNs) {
        paused &= nowNs - untilNs < 0;
        return !paused && underWay < allowed;
    }

    void answered() {
        allowed = Math.min(most, allowed * 2);
        waitNs = retry.firstNs();
    }

    /** @param askedNs for how long the destination wants to be left alone; 0 when it does not say */
    void failed(long nowNs, long askedNs) {
        allowed = 1;
        if (!paused) { // the others that were under way fail for the same reason
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
