package io.kraken.tracer;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.SpanFileLayout;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Scratch memory inside the span file, for entries that do not fit into what is left of a record and for rewriting
 * entries. A thread holds an area for the length of one call. There are few, since few spans outgrow their record; who
 * finds none does without, and never waits. Lock-free.
 */
final class SpillAreas {

    /** An area with what is needed to look at the entries in it. */
    static final class Area {
        final long address;
        final EntryCursor outer = new EntryCursor();
        final EntryCursor inner = new EntryCursor();
        private final int bit;

        private Area(int number, long address) {
            this.bit = 1 << number;
            this.address = address;
        }
    }

    private final Area[] areas = new Area[SpanFileLayout.SPILL_AREAS];
    private final AtomicInteger used = new AtomicInteger();
    private final long first;
    private final int length;

    SpillAreas(SpanFileLayout layout, Memory memory) {
        first = memory.address(layout.spillOffset(0));
        length = layout.spillOffset(1) - layout.spillOffset(0);
        for (int i = 0; i < areas.length; i++) {
            areas[i] = new Area(i, memory.address(layout.spillOffset(i)));
        }
    }

    /** Null when all of them are in use. */
    Area take() {
        for (int now = used.get(); now != (1 << areas.length) - 1; now = used.get()) {
            final int free = Integer.numberOfTrailingZeros(~now);
            if (used.compareAndSet(now, now | 1 << free)) {
                return areas[free];
            }
        }
        return null;
    }

    void release(Area area) {
        used.getAndAdd(-area.bit);
    }

    /** Whether this address is in an area, and not in a record. */
    boolean holds(long address) {
        return address >= first;
    }

    /** The area that this address is in. */
    Area at(long address) {
        return areas[(int) ((address - first) / length)];
    }
}
