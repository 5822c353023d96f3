package io.kraken.tracer;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A pool of places for exceptions on their way from recording threads to the exporter, which writes their stack traces.
 * A span has a place while it has exceptions here. Bounded: if no place is free, they get no stack traces. Lock-free.
 */
final class ThrownPool {

    /** Maximum number of exceptions of one span whose stack traces are written. */
    static final int MOST_OF_SPAN = 8;

    static final int NONE = -1;

    private static final int PLACES = 1024;
    private static final int TRIES = 64;

    /** 1 if a place is in use. */
    private final AtomicIntegerArray used = new AtomicIntegerArray(PLACES);

    final PlainMessages plainMessages = new PlainMessages();

    private final Throwable[][] places = new Throwable[PLACES][MOST_OF_SPAN];
    /** The place found last; racy on purpose. */
    private int hint;

    /** Takes an empty place; {@link #NONE} if all that were tried are in use. */
    int take() {
        int place = hint;
        for (int i = 0; i < TRIES; i++) {
            place = place + 1 & PLACES - 1;
            if (used.get(place) == 0 && used.compareAndSet(place, 0, 1)) {
                hint = place;
                return place;
            }
        }
        hint = place;
        return NONE;
    }

    Throwable[] at(int place) {
        return places[place];
    }

    void release(int place) {
        Arrays.fill(places[place], null);
        used.set(place, 0);
    }
}
