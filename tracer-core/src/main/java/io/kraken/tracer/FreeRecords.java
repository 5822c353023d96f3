package io.kraken.tracer;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A queue of the free records of a tracer that has no exporter. First in, first out: the record that has been free for
 * longest is reused first, so that a stale reference to a span is recognised for long. Lock-free, and without Unsafe,
 * for which the queues of Agrona need a JVM flag.
 *
 * <p>Each place holds a turn and a record. There are as many places as records, and each record is in the queue at most
 * once, so the place of a turn has been emptied when the turn comes.
 */
final class FreeRecords {

    static final int NONE = -1;

    private static final int RECORD_BITS = 20;

    private final AtomicLongArray places;
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong given;

    FreeRecords(int records) {
        places = new AtomicLongArray(records);
        given = new AtomicLong(records);
        for (int record = 0; record < records; record++) {
            places.set(record, place(record, record));
        }
    }

    private static long place(long turn, int record) {
        return turn << RECORD_BITS | record;
    }

    /** The record that has been free for longest, {@link #NONE} if none is free. */
    int take() {
        while (true) {
            final long turn = taken.get();
            final long place = places.get((int) (turn % places.length()));
            if (place >>> RECORD_BITS == turn && taken.compareAndSet(turn, turn + 1)) {
                return (int) place & (1 << RECORD_BITS) - 1;
            }
            if (turn == taken.get()) {
                return NONE;
            }
        }
    }

    /** One store publishes the record, and nothing follows it: an error interrupts this either before or after. */
    void give(int record) {
        while (true) {
            final long turn = given.get();
            final int at = (int) (turn % places.length());
            final long before = places.get(at);
            if (before >>> RECORD_BITS == turn) {
                given.compareAndSet(turn, turn + 1); // the previous call leaves this to the next one
            } else if (before >>> RECORD_BITS < turn && places.compareAndSet(at, before, place(turn, record))) {
                return;
            }
        }
    }
}
