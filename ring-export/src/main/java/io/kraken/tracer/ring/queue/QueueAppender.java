package io.kraken.tracer.ring.queue;

import java.nio.ByteBuffer;

/**
 * Appends documents to a directory that was empty when it was opened. Used by one thread at a time. A document whose
 * append has returned survives the death of the process; an incomplete one is never visible to readers.
 */
public interface QueueAppender extends AutoCloseable {

    /**
     * Appends one document; allocates nothing.
     *
     * @return its index, which readers find it by, higher than any before
     * @throws QueueException when this queue can't be used any more, whatever the reason: no further append succeeds,
     * and later documents need a new directory
     */
    long append(ByteBuffer bytes, int offset, int length) throws QueueException;

    /**
     * Confirms the appends since the last call; to be called before they count as handed over; allocates a few bytes.
     * The error of a full disk may be thrown after an append has returned: here, or (as an {@code InternalError})
     * wherever the thread is by then. So anything thrown between an append and the return of this method means the same
     * as this method's exception.
     *
     * @throws QueueException as {@link #append} does; which of the appends failed is unknown
     */
    void settle() throws QueueException;

    /** Closes the queue; never throws. Appended documents remain. */
    @Override
    void close();
}
