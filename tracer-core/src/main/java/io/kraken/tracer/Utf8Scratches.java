package io.kraken.tracer;

import java.util.Arrays;

/** A pool of scratches for virtual threads and detached spans, of which there may be a million. Lock-free. */
final class Utf8Scratches {

    private static final int COUNT = 32;
    private static final int TRIES = 4;

    private final Utf8Scratch[] all = new Utf8Scratch[COUNT];

    Utf8Scratches() {
        Arrays.setAll(all, i -> new Utf8Scratch());
    }

    /** Claims one, to be released by {@code letGo}; null if all that were tried are in use. */
    Utf8Scratch hold() {
        final long thread = ThreadIds.current();
        int next = (int) thread;
        for (int i = 0; i < TRIES; i++, next++) {
            final Utf8Scratch scratch = all[next & COUNT - 1];
            if (scratch.tryHold(thread)) {
                return scratch;
            }
        }
        return null;
    }
}
