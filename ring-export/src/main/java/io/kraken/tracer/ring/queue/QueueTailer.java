package io.kraken.tracer.ring.queue;

import java.nio.ByteBuffer;

/**
 * Read-only access to the documents of a queue, to which a process may still append. Used by one thread at a time. The
 * bytes of a queue are not trusted: an impossible length is an exception, and after any exception nothing can be read
 * until one of the move methods has succeeded.
 */
public interface QueueTailer extends AutoCloseable {

    /** Value of {@link #index} before the first read. */
    long NO_INDEX = -1;

    /**
     * Reads the next document.
     *
     * @param into is cleared and filled from its start; its limit is the length afterwards
     * @return the document's length; 0 when there is none yet
     * @throws QueueException when the next bytes are damaged, or do not fit
     */
    int read(ByteBuffer into) throws QueueException;

    /** Index of the document read last. */
    long index();

    /** Offset of the first byte of the document read last, in the file of its cycle; see {@link DocumentFile}. */
    long position();

    /** Length of the document read last. */
    int length();

    /** Moves to the document with this index; false when it does not exist. */
    boolean moveTo(long index) throws QueueException;

    /** Moves to the document after this index; false when the document with this index does not exist. */
    boolean moveAfter(long index) throws QueueException;

    /** Moves to the first document of this cycle; false when it has none. */
    default boolean moveToCycle(int cycle) throws QueueException {
        return moveTo(CycleFiles.firstIndex(cycle));
    }

    /**
     * Skips the rest of the current cycle, and damaged later ones; false when no later cycle has a document yet: a
     * reader that waited at the end of the current cycle still does.
     */
    boolean skipCycle() throws QueueException;

    /** The cycle last read from or moved to; negative before that. */
    int cycle();

    /** Never throws. */
    @Override
    void close();
}
