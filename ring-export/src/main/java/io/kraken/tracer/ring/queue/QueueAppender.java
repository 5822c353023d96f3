package io.kraken.tracer.ring.queue;

import java.nio.ByteBuffer;

/**
 * Writes documents to a directory that was empty when it was opened. One thread at a time; a document whose append has
 * returned survives the death of the process, one under way is never seen.
 */
public interface QueueAppender extends AutoCloseable {

    /**
     * Appends one document and allocates nothing.
     *
     * @return its index, higher than any before
     * @throws QueueException when this directory is finished, whatever the reason: no further append succeeds, and
     * what comes next belongs into a new directory
     */
    long append(ByteBuffer bytes, int offset, int length) throws QueueException;

    /**
     * Makes sure of the appends since the last time, to be called before they count as handed on; it makes a few bytes
     * of garbage. The error of a disk that is full may come after they have returned: here, or (an {@code
     * InternalError}) wherever the thread is by then, so that whatever is thrown between an append and this one's
     * return means what its exception means.
     *
     * @throws QueueException as {@link #append} does; which of the appends failed is not known
     */
    void settle() throws QueueException;

    /** Never throws; what was appended stays. */
    @Override
    void close();
}
