package io.kraken.tracer;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The free records of a tracer that has no exporter, in the order in which they became free: the one that has been free
 * for longest serves next, so that a span's object rests. Lock-free, and without Unsafe, which the queues of Agrona
 * need a flag for.
 *
 * <p>A place holds its turn and a record. All records have a place and each is there once at most, so the place of a
 * turn has been emptied when the turn comes.
 */
final class FreeRecords {

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

    /** The one that has been free for longest, {@link Chunks#NONE} when none is. */
    int take() {
        while (true) {
            final long turn = taken.get();
            final long place = places.get((int) (turn % places.length()));
            if (place >>> RECORD_BITS == turn && taken.compareAndSet(turn, turn + 1)) {
                return (int) place & (1 << RECORD_BITS) - 1;
            }
            if (turn == taken.get()) {
                return Chunks.NONE;
            }
        }
    }

    /** One store gives it, and nothing comes after that: an error that breaks this off has given it or has not. */
    void give(int record) {
        while (true) {
            final long turn = given.get();
            final int at = (int) (turn % places.length());
            final long before = places.get(at);
            if (before >>> RECORD_BITS == turn) {
                given.compareAndSet(turn, turn + 1); // who gave last leaves that to who comes next
            } else if (before >>> RECORD_BITS < turn && places.compareAndSet(at, before, place(turn, record))) {
                return;
            }
        }
    }
}
