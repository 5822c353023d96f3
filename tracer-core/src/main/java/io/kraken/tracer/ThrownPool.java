package io.kraken.tracer;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Exceptions on their way from the threads that record to the exporter, which writes their stack traces. A span has a
 * place here as long as it has any. Bounded: a span that finds none has its exceptions without stack traces. Lock-free.
 */
final class ThrownPool {

    /** Exceptions of a span whose stack traces are written. */
    static final int MOST_OF_SPAN = 8;

    static final int NONE = -1;

    private static final int PLACES = 1024;
    private static final int TRIES = 64;

    /** 1 where a place is in use. */
    private final AtomicIntegerArray used = new AtomicIntegerArray(PLACES);

    final PlainMessages plainMessages = new PlainMessages();

    private final Throwable[][] places = new Throwable[PLACES][MOST_OF_SPAN];
    /** Where a place was found last: racy on purpose. */
    private int hint;

    /** A place, empty; {@link #NONE} when all that were tried are in use. */
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
