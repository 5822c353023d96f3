package io.kraken.tracer.bridge.queues;

/**
 * The intervals between checks of one queue: a fraction of the time for which it has been silent, within bounds. An
 * active queue is checked often, a silent one rarely. Times must not go backwards. Single-threaded.
 */
public final class SilenceBackoff {

    /** The interval is the silence divided by this. */
    private static final int FRACTION = 16;

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
        dueNs = nowNs + Math.max(shortestNs, Math.min(longestNs, (nowNs - activeNs) / FRACTION));
    }

    /** Ends the pause: the next check is due at once. */
    public void wake() {
        begun = false;
    }
}
