package io.kraken.tracer.ring.queue;

import java.nio.ByteBuffer;

/**
 * Reads documents and changes nothing, while somebody else may still append. One thread at a time. The bytes of a
 * queue are not trusted: a length that can't be is an exception, and after any exception nothing is read until one of
 * the moves has succeeded.
 */
public interface QueueTailer extends AutoCloseable {

    /** Before anything was read, {@link #index}. */
    long NO_INDEX = -1;

    /**
     * Takes the next document.
     *
     * @param into cleared, then filled from its start; its limit is the length afterwards
     * @return the document's length; 0 when there is none yet
     * @throws QueueException when what follows is damaged, or does not fit
     */
    int read(ByteBuffer into) throws QueueException;

    /** Of the document read last. */
    long index();

    /** The next document is the one of this index; false when there is none. */
    boolean moveTo(long index) throws QueueException;

    /** The next document is the one behind this index; false when that one is not there. */
    boolean moveAfter(long index) throws QueueException;

    /** The next document is the first of this cycle; false when it has none. */
    default boolean moveToCycle(int cycle) throws QueueException {
        return moveTo(CycleFiles.firstIndex(cycle));
    }

    /**
     * Leaves out what is left of the current cycle, and later ones that are damaged; false when there is no document in
     * a later one yet: a reader that waited at the end of the current one still does.
     */
    boolean skipCycle() throws QueueException;

    /** The cycle that was read from or moved to last; negative before that. */
    int cycle();

    /** Never throws. */
    @Override
    void close();
}
