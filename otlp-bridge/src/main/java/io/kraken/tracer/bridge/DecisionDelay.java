package io.kraken.tracer.bridge;

/**
 * Which documents of one queue have waited long enough. The times of many documents are one time, so that a fixed few
 * marks are enough however many come. One thread.
 */
final class DecisionDelay {

    private static final int MARKS = 32;
    private static final int GRAINS = 16;

    private final long grainNs;
    private final long[] indexes = new long[MARKS];
    private final long[] begunNs = new long[MARKS];
    private final long[] dueNs = new long[MARKS];
    private int first;
    private int count;
    private long passed = HostQueue.NOTHING;

    DecisionDelay(long delayNs) {
        grainNs = delayNs / GRAINS;
    }

    /** A document was seen that is due then; later documents have larger indexes. */
    void seen(long index, long thenNs) {
        final int last = (first + count - 1) % MARKS;
        if (count == MARKS || count > 0 && thenNs - begunNs[last] <= grainNs) {
            indexes[last] = index;
            dueNs[last] = dueNs[last] - thenNs > 0 ? dueNs[last] : thenNs;
            return;
        }
        final int at = (first + count) % MARKS;
        indexes[at] = index;
        begunNs[at] = thenNs;
        dueNs[at] = count > 0 && dueNs[last] - thenNs > 0 ? dueNs[last] : thenNs;
        count++;
    }

    /** The last document that was due by now. */
    long passed(long nowNs) {
        while (count > 0 && dueNs[first] - nowNs <= 0) {
            passed = indexes[first];
            first = (first + 1) % MARKS;
            count--;
        }
        return passed;
    }
}
