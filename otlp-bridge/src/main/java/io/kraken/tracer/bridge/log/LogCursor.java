package io.kraken.tracer.bridge.log;

import java.io.IOException;

/** A reader of decisions in some order, of which each has a place. Single-threaded. */
public interface LogCursor extends AutoCloseable {

    /** Place before the first decision. */
    long NOTHING = -1;

    /** Sets the position: after this place. */
    void startAfter(long place) throws IOException;

    /**
     * Reads the next decision up to this place, which must have been written.
     *
     * @return false when there is none
     */
    boolean next(long limit, Decision into) throws IOException;

    /** The place of the decision read last. */
    long place();

    /** The first cycle that is still needed for what follows, as far as it is known; negative before the first. */
    int cycle();

    /** Closes all files until the next decision is read. */
    void rest() throws IOException;

    @Override
    void close() throws IOException;
}
