package io.kraken.tracer.ring.otlp;

import java.nio.ByteBuffer;

/**
 * The bytes of a request, of which transports get copies only, until they are released. So the buffer can be reused
 * although a transport may keep a failed or cancelled request. Thread-safe; a thread waits for another one no longer
 * than a copy takes.
 */
public final class RequestBytes {

    private final int length;
    /** Null after {@link #release}. */
    private ByteBuffer bytes;

    /** The bytes between position and limit. */
    public RequestBytes(ByteBuffer request) {
        bytes = request.slice();
        length = request.remaining();
    }

    public int length() {
        return length;
    }

    /** Copies the bytes from this index on, as many as fit. Returns their number; -1 after {@link #release}. */
    public synchronized int copy(int from, byte[] to) {
        if (bytes == null) {
            return -1;
        }
        final int count = Math.min(to.length, length - from);
        bytes.get(from, to, 0, count);
        return count;
    }

    /** Ends all reading of the buffer. */
    public synchronized void release() {
        bytes = null;
    }
}
