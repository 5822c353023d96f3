package io.kraken.tracer;

/**
 * Where the chunks of a tracer come from that its threads record into, and where used-up ones go. The methods of the
 * first part run on the threads of the program: they neither allocate, block, wait for another thread nor throw.
 */
public interface RecordSink {

    /** No chunk is free. */
    int NONE = -1;

    // --- the threads that record

    /**
     * Takes the chunk at the head of the free ring from there. What is free in it belongs to whoever sets bits in its
     * free word to 0: somebody may have done that meanwhile.
     */
    int claim();

    /** A chunk near the head of the free ring, which stays there; other threads find others by another number. */
    int share(int number);

    /** Takes this chunk from the head of the free ring, if it is still there. */
    void pass(int chunk);

    /** Says that nothing is free in this chunk any more. */
    void usedUp(int chunk);

    /** Has the exporter look at once. */
    void nudge();

    // --- anybody

    /** How much of all chunks is not free, 0 to 1. */
    double occupancy();

    /** Spans taken from their records and not yet settled. */
    long waiting();

    /** Hands on what has ended until the time is over, and counts what it could not as rejected. */
    void close(long timeoutNs);

    /** What is behind it, for people: destinations, sizes, warnings. */
    String describe();
}
