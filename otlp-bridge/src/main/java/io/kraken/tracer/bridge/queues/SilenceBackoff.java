package io.kraken.tracer.bridge.queues;

/**
 * The intervals between checks of one queue: a fraction of the time for which it has been silent, within bounds. An
 * active queue is checked often, a silent one rarely. Times must not go backwards. Single-threaded.
 */
public final class SilenceBackoff {

    /** The interval is the silence divided by this. */
    private static final int FRACTION = 16;
    /** Longer intervals end at multiples of the longest one divided by this, so that many checks share a wake-up. */
    private static final int GRIDS = 8;

    private final long shortestNs;
    private final long longestNs;
    private boolean begun;
    private long activeNs;
    private long dueNs;

    /** The first check is due at once. */
    public SilenceBackoff(long shortestNs, long longestNs) {
        this.shortestNs = shortestNs;
        this.longestNs = longestNs;
    }

    /** Whether the next check is due. */
    public boolean isDue(long nowNs) {
        return !begun || nowNs - dueNs >= 0;
    }

    /** The time until the next check is due; at least 0. */
    public long dueInNs(long nowNs) {
        return begun ? Math.max(0, dueNs - nowNs) : 0;
    }

    /** Called after a check. */
    public void checked(boolean isActive, long nowNs) {
        if (isActive || !begun) {
            begun = true;
            activeNs = nowNs;
        }
        final long pauseNs = Math.max(shortestNs, Math.min(longestNs, (nowNs - activeNs) / FRACTION));
        final long gridNs = longestNs / GRIDS;
        dueNs = nowNs + pauseNs;
        dueNs -= pauseNs > gridNs ? Math.floorMod(dueNs, gridNs) : 0;
    }

    /** Ends the pause: the next check is due at once. */
    public void wake() {
        begun = false;
    }
}
