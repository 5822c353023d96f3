package io.kraken.tracer.ring;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;

/** The ticks of one record after the other as epoch nanoseconds; 0 when they can't be known. One thread. */
public final class Times {

    private final Anchors anchors;
    private final Counters counters;
    private int loadedAnchor;
    private boolean anchorLoaded;

    /**
     * @param anchors a view of their own
     * @param counters where anchors that are lost are counted; null: nowhere
     */
    public Times(Anchors anchors, Counters counters) {
        this.anchors = anchors;
        this.counters = counters;
    }

    /** Before the first record of some: another anchor may have come into the place of the one last used. */
    public void begin() {
        anchorLoaded = false;
    }

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

    /** By the anchor loaded last. */
    public long toEpochNs(long ticks) {
        final long epochNs = anchors.toEpochNs(ticks);
        return epochNs == Anchors.NO_TIME ? 0 : epochNs;
    }
}
