package io.kraken.tracer.ring;

import io.kraken.tracer.ring.queue.BatchReader;
import java.nio.ByteBuffer;

/**
 * Puts chosen records of a queue's documents into a request for some destination: {@link #begin}, {@link #add} for each
 * document as long as there is room, {@link #finish}. One thread.
 */
public interface RequestEncoder {

    /** A buffer that a request of so many bytes can be written into. */
    ByteBuffer newBuffer(int capacity);

    /** Begins a request in a buffer that {@link #newBuffer} has made. */
    void begin(ByteBuffer buffer);

    /**
     * Adds the records whose bits are set, the first one's lowest, as far as there is room for them.
     *
     * @return the bits of those that must wait for another request
     */
    long add(BatchReader document, long records);

    /** Of the records added last, the bits of those that do not hold together. */
    long malformed();

    /** Of the records added last, the bits of those that not even an empty request has room for. */
    long tooLarge();

    /**
     * Leaves the request between the buffer's position and limit.
     *
     * @return the spans in it; with none of them there is nothing to send
     */
    int finish();
}
