package io.kraken.tracer.bridge;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A request's bytes as they go to a transport, once, or never. Whoever gives up and whoever drains may be different
 * threads; one of them wins, and neither waits for the other.
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

    /** Bytes that are still to be drained. */
    int remaining() {
        return state.get() == UNTOUCHED ? bytes.remaining() : 0;
    }

    /** Streams take arrays only, and the buffer need not have one: so in slices. */
    int drainTo(OutputStream out) throws IOException {
        if (!state.compareAndSet(UNTOUCHED, DRAINING)) {
            throw new IOException("the request was given up, or is sent already");
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

    /** From here on nobody begins to look at the bytes. */
    void giveUp() {
        state.compareAndSet(UNTOUCHED, OVER);
    }

    /** Whether nobody looks at the bytes any more. */
    boolean isOver() {
        return state.get() == OVER;
    }
}
