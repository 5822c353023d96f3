package io.kraken.tracer.bridge.keep;

import io.kraken.tracer.bridge.queues.HostQueue;

/**
 * The delay between reading a document of one queue and releasing it. Documents with nearly the same due time share a
 * mark, so that a fixed number of marks is enough for any number of documents; each is due when the last document of
 * its mark is. Single-threaded.
 */
final class DecisionDelay {

    private static final int MARKS = 32;
    /** Due times of one mark differ by at most the delay divided by this, while a mark is free. */
    private static final int GRAINS = 16;

    private final long grainNs;
    /** For each mark, in a ring: the index of its last document, ... */
    private final long[] indexes = new long[MARKS];
    /** ... the due time of its first document, ... */
    private final long[] begunNs = new long[MARKS];
    /** ... and the latest due time of its documents and of those before. */
    private final long[] dueNs = new long[MARKS];

    private int first;
    private int count;
    private long passed = HostQueue.NOTHING;

    DecisionDelay(long delayNs) {
        grainNs = delayNs / GRAINS;
    }

    /** Adds a document with its due time; later documents have larger indexes. */
    void seen(long index, long dueAtNs) {
        final int last = (first + count - 1) % MARKS;
        if (count == MARKS || count > 0 && dueAtNs - begunNs[last] <= grainNs) {
            indexes[last] = index;
            dueNs[last] = dueNs[last] - dueAtNs > 0 ? dueNs[last] : dueAtNs;
            return;
        }
        final int at = (first + count) % MARKS;
        indexes[at] = index;
        begunNs[at] = dueAtNs;
        dueNs[at] = count > 0 && dueNs[last] - dueAtNs > 0 ? dueNs[last] : dueAtNs;
        count++;
    }

    /** The index of the last document that is due. */
    long passed(long nowNs) {
        while (count > 0 && dueNs[first] - nowNs <= 0) {
            passed = indexes[first];
            first = (first + 1) % MARKS;
            count--;
        }
        return passed;
    }
}
