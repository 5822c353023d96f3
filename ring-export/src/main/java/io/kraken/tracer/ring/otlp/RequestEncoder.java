package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.ring.queue.BatchReader;
import java.nio.ByteBuffer;

/**
 * Encoder of selected records of a queue's documents as a request to a destination: {@link #begin}, {@link #add} for
 * each document while there is room, {@link #finish}. Used by one thread.
 */
public interface RequestEncoder {

    /** Allocates a buffer for a request of at most {@code capacity} bytes. */
    ByteBuffer newBuffer(int capacity);

    /** Begins a request in a buffer allocated by {@link #newBuffer}. */
    void begin(ByteBuffer buffer);

    /**
     * Adds the records whose bits are set (the first record has the lowest bit), as many as fit.
     *
     * @return the bits of the records that must wait for another request
     */
    long add(BatchReader document, long records);

    /** The bits of those records of the last {@link #add} that are malformed. */
    long malformed();

    /** The bits of those records of the last {@link #add} that do not even fit into an empty request. */
    long tooLarge();

    /**
     * Completes the request, which is then between the buffer's position and limit.
     *
     * @return the number of spans in it; with 0 there is nothing to send
     */
    int finish();

    /** The length of the completed request before compression. */
    int length();
}
