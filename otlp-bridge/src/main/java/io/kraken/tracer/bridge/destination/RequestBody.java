package io.kraken.tracer.bridge.destination;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The bytes of a request, which a transport drains at most once. Draining and giving up may happen on different threads
 * at the same time: exactly one of them wins, by a compare-and-set, and neither waits for the other.
 */
final class RequestBody {

    private static final int UNTOUCHED = 0;
    private static final int DRAINING = 1;
    private static final int OVER = 2;
    private static final int SLICE = 16 << 10;

    private final ByteBuffer bytes;
    private final AtomicInteger state = new AtomicInteger(UNTOUCHED);

    RequestBody(ByteBuffer request) {
        bytes = request.duplicate();
    }

    /** The number of bytes not yet drained. */
    int remaining() {
        return state.get() == UNTOUCHED ? bytes.remaining() : 0;
    }

    /** Copies in slices, because streams take arrays and a direct buffer has none. */
    int drainTo(OutputStream out) throws IOException {
        if (!state.compareAndSet(UNTOUCHED, DRAINING)) {
            throw new IOException("the request was cancelled, or was sent already");
        }
        try {
            final int length = bytes.remaining();
            final byte[] slice = new byte[Math.min(SLICE, length)];
            while (bytes.hasRemaining()) {
                final int next = Math.min(slice.length, bytes.remaining());
                bytes.get(slice, 0, next);
                out.write(slice, 0, next);
            }
            return length;
        } finally {
            state.set(OVER);
        }
    }

    /** Prevents a later drain; a drain that has begun continues. */
    void giveUp() {
        state.compareAndSet(UNTOUCHED, OVER);
    }

    /** Whether nothing reads the bytes any more. */
    boolean isOver() {
        return state.get() == OVER;
    }
}
