package io.kraken.tracer;

/**
 * Where a tracer's ended spans go. {@link #publish} runs on the threads of the program: it neither allocates, blocks,
 * throws nor keeps anything of the staging record once it has returned.
 */
public interface RecordSink {

    /** Results of {@link #publish} that are not a lane. */
    int FULL = -1;

    int BUSY = -2;
    int CLOSED = -3;

    /**
     * Copies a record out of the span file.
     *
     * @param offset where the record stands in the file's buffer
     * @param length bytes of it that are used
     * @param lane where the thread had room the last time
     * @param thrown exceptions whose stack traces are still to be written, as many as the record's header says; may
     * be null
     * @return the lane that took it, to be tried first next time, or {@link #FULL}, {@link #BUSY}, {@link #CLOSED}
     */
    int publish(int offset, int length, int lane, Throwable[] thrown);

    /** Spans taken from the lanes and not yet settled. */
    long waiting();

    /** Takes no more, hands on what it holds until the time is over, and counts what it could not as rejected. */
    void close(long timeoutNs);

    /** What is behind it, for people: destinations, sizes, warnings. */
    String describe();
}
