package io.kraken.tracer.text;

import java.util.Arrays;

/** A pool of scratches for virtual threads and detached spans, of which there may be a million. Lock-free. */
public final class Utf8Scratches {

    private static final int COUNT = 32;
    private static final int TRIES = 4;

    private final Utf8Scratch[] all = new Utf8Scratch[COUNT];

    public Utf8Scratches() {
        Arrays.setAll(all, i -> new Utf8Scratch());
    }

    /** Claims one for this thread, to be released by {@link Utf8Scratch#release}; null if all that were tried are in use. */
    public Utf8Scratch hold(long thread) {
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
