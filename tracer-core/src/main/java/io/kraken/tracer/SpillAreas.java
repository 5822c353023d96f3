package io.kraken.tracer;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.SpanFileLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Scratch areas inside the span file, for entries that do not fit into the rest of a record and for rewriting entries.
 * A thread holds an area for the length of one call, and never two: if it still holds one when it takes the next, an
 * error interrupted the earlier call. There are few, since few spans outgrow their record; a caller that finds none
 * gives up and never waits. Lock-free.
 */
final class SpillAreas {

    /** An area, with the cursors needed to read its entries. */
    static final class Area {
        final long address;
        final EntryCursor outer = new EntryCursor();
        final EntryCursor inner = new EntryCursor();
        private final int number;

        private Area(int number, long address) {
            this.number = number;
            this.address = address;
        }
    }

    private final Area[] areas = new Area[SpanFileLayout.SPILL_AREAS];
    /** The thread that holds each area. */
    private final AtomicReferenceArray<ThreadState> holders = new AtomicReferenceArray<>(areas.length);

    private final long first;
    private final int length;

    SpillAreas(SpanFileLayout layout, Memory memory) {
        first = memory.address(layout.spillOffset(0));
        length = layout.spillOffset(1) - layout.spillOffset(0);
        for (int i = 0; i < areas.length; i++) {
            areas[i] = new Area(i, memory.address(layout.spillOffset(i)));
        }
    }

    /** Null if all are in use. */
    Area take(ThreadState thread) {
        int free = -1;
        for (int i = 0; i < areas.length; i++) {
            final ThreadState holder = holders.get(i);
            if (holder == thread) {
                return areas[i];
            }
            free = free < 0 && holder == null ? i : free;
        }
        if (free >= 0 && holders.compareAndSet(free, null, thread)) {
            return areas[free];
        }
        for (int i = 0; i < areas.length; i++) {
            final ThreadState holder = holders.get(i);
            if ((holder == null || holder.isDead()) && holders.compareAndSet(i, holder, thread)) {
                return areas[i];
            }
        }
        return null;
    }

    void release(Area area) {
        holders.set(area.number, null);
    }

    /** Whether this address is in an area, and not in a record. */
    boolean holds(long address) {
        return address >= first;
    }

    /** The area that contains this address. */
    Area at(long address) {
        return areas[(int) ((address - first) / length)];
    }
}
