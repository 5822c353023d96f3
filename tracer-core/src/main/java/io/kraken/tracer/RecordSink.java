package io.kraken.tracer;

/**
 * The source of a tracer's chunks, and the receiver of used ones: the interface to the exporter. The methods of the
 * first part run on the program's threads: they must not allocate, block, wait for another thread or throw.
 */
public interface RecordSink {

    /** In place of a chunk: none is free. */
    int NONE = -1;

    // --- called by recording threads

    /**
     * Removes the chunk at the head of the free ring. Its free records belong to the thread that sets their bits in its
     * free word to 0: another thread may have done that meanwhile.
     */
    int claim();

    /** A chunk near the head of the free ring, which stays in the ring; the number spreads threads over chunks. */
    int share(int number);

    /** Removes this chunk from the head of the free ring, if it is still there. */
    void pass(int chunk);

    /** Reports that no record of this chunk is free any more. */
    void usedUp(int chunk);

    /** Wakes the exporter for an early cycle. */
    void nudge();

    // --- called by any thread

    /** The share of all chunks that is not free, 0 to 1. */
    double occupancy();

    /** Spans taken from their records and neither delivered nor rejected yet. */
    long waiting();

    /** Hands over ended spans until the time is over, and counts the rest as rejected. */
    void close(long timeoutNs);

    /** A description for operators: destinations, sizes, warnings. */
    String describe();
}
