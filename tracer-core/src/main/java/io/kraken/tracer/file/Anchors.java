package io.kraken.tracer.file;

import java.nio.ByteBuffer;

/**
 * What turns ticks into time: a ring of anchors, each a moment in ticks and in epoch nanoseconds and a rate. One
 * thread adds; any thread and process reads. An anchor never changes once it is there: a span keeps the sequence
 * number of the one its local root began under, and all later spans of that trace in this process share it.
 */
public final class Anchors {

    /** Says that neither the anchor asked for nor a nearby one is left. */
    public static final long NO_TIME = Long.MIN_VALUE;

    private final ByteBuffer buffer;
    private final int head;
    private volatile int latest = -1;

    private long ticks;
    private long epochNs;
    private double rate;

    /** A view to write through, or to read through: each thread that converts has one of its own. */
    public Anchors(ByteBuffer buffer, int offset) {
        this.buffer = buffer;
        this.head = offset;
    }

    /** The sequence number for a trace that begins now; known to the view that adds. */
    public int current() {
        return latest;
    }

    /** Adds an anchor and makes it the current one. Single writer. */
    public int add(long ticks, long epochNs, double nanosPerTick) {
        final int sequence = latest + 1;
        final int entry = entry(sequence);
        Mem.putLongRelease(buffer, entry, 0);
        java.lang.invoke.VarHandle.storeStoreFence();
        buffer.putLong(entry + SpanFileLayout.ANCHOR_TICKS_OFFSET, ticks);
        buffer.putLong(entry + SpanFileLayout.ANCHOR_EPOCH_OFFSET, epochNs);
        buffer.putDouble(entry + SpanFileLayout.ANCHOR_RATE_OFFSET, nanosPerTick);
        Mem.putLongRelease(buffer, entry, (sequence & 0xFFFF_FFFFL) + 1);
        Mem.putIntRelease(buffer, head, sequence);
        latest = sequence;
        return sequence;
    }

    /**
     * Loads an anchor for {@link #toEpochNs}; false when the ring has moved past it, and then the oldest one left
     * is loaded.
     *
     * @param low the low 16 bits of its sequence number; of several that have these the newest one is meant
     */
    public boolean load(int low) {
        final int newest = Mem.getIntAcquire(buffer, head);
        if (read(newest - (newest - low & 0xFFFF))) {
            return true;
        }
        int candidate = newest - SpanFileLayout.ANCHORS + 1;
        for (int i = 0; i < SpanFileLayout.ANCHORS; i++, candidate++) {
            if (read(candidate)) {
                return false;
            }
        }
        ticks = NO_TIME;
        return false;
    }

    private boolean read(int sequence) {
        final int entry = entry(sequence);
        final long expected = (sequence & 0xFFFF_FFFFL) + 1;
        if (Mem.getLongAcquire(buffer, entry) != expected) {
            return false;
        }
        ticks = buffer.getLong(entry + SpanFileLayout.ANCHOR_TICKS_OFFSET);
        epochNs = buffer.getLong(entry + SpanFileLayout.ANCHOR_EPOCH_OFFSET);
        rate = buffer.getDouble(entry + SpanFileLayout.ANCHOR_RATE_OFFSET);
        java.lang.invoke.VarHandle.loadLoadFence();
        return buffer.getLong(entry) == expected;
    }

    /** Time by the loaded anchor; never decreases as ticks grow. */
    public long toEpochNs(long atTicks) {
        return ticks == NO_TIME ? NO_TIME : epochNs + (long) ((atTicks - ticks) * rate);
    }

    private int entry(int sequence) {
        return head
                + SpanFileLayout.ANCHOR_HEAD_LENGTH
                + (sequence & (SpanFileLayout.ANCHORS - 1)) * SpanFileLayout.ANCHOR_LENGTH;
    }
}
