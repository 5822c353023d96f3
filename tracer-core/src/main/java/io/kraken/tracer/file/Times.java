package io.kraken.tracer.file;

/**
 * Conversion of the ticks of consecutive records to epoch nanoseconds; 0 when the time is unknown. Used by one thread.
 */
public final class Times {

    private final Anchors anchors;
    private final Counters counters;
    private int loadedAnchor;
    private boolean anchorLoaded;

    /**
     * @param anchors a view that is not shared
     * @param counters counts lost anchors; null to count nothing
     */
    public Times(Anchors anchors, Counters counters) {
        this.anchors = anchors;
        this.counters = counters;
    }

    /** Must be called before a series of records: the slot of the anchor used last may contain another one by now. */
    public void begin() {
        anchorLoaded = false;
    }

    /** Selects the anchor by which ticks are converted. */
    public void load(int anchor) {
        if (anchorLoaded && anchor == loadedAnchor) {
            return;
        }
        if (!anchors.load(anchor) && counters != null) {
            counters.increment(Counter.ANCHORS_LOST);
        }
        loadedAnchor = anchor;
        anchorLoaded = true;
    }

    /** Converts ticks by the anchor loaded last. */
    public long toEpochNs(long ticks) {
        final long epochNs = anchors.toEpochNs(ticks);
        return epochNs == Anchors.NO_TIME ? 0 : epochNs;
    }
}
