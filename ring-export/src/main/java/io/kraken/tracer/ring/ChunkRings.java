package io.kraken.tracer.ring;

import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.WaitStrategy;
import io.kraken.tracer.RecordSink;

/**
 * The rings that pass chunks between the recording threads and the exporter: preallocated Disruptor ring buffers. Two
 * free rings lead from the exporter to the recording threads; the used-up ring leads from these back to the exporter,
 * its only consumer.
 *
 * <p>The consumers of a free ring share one sequence, which also gates the producer: the thread that advances it by a
 * compare-and-set owns the chunk it has moved past. No thread waits for a chunk, so there are no barriers, and the wait
 * strategy has no thread to signal. A free ring is a multi-producer ring, because the single-producer kind requires one
 * and the same thread, whereas an exporter is opened by one thread, run by another and may be closed by a third.
 *
 * <p>There are two free rings so that a service which records little reuses little memory, which its caches and TLB may
 * still hold: the <i>warm</i> ring has a few chunks and is tried first, the <i>reserve</i> ring has all others.
 *
 * <p>The used-up ring is a hint: it tells the exporter where to look first when chunks are scarce. The exporter detects
 * from a chunk's records whether it is used up, so an entry that is late (a thread may be descheduled between claiming
 * a slot and publishing it) delays nothing else, and a full ring or a gap in it only means that the chunk is found by a
 * later sweep.
 *
 * <p>Recording threads are lock-free; the exporter's methods are wait-free.
 */
final class ChunkRings {

    /** Wakes the exporter when chunks are scarce. */
    interface Nudge {
        void chunksAreShort();
    }

    /**
     * Number of chunks at the head of a free ring over which threads that claim single records are spread. A power of
     * two.
     */
    static final int SPREAD = 4;

    /** Maximum number of chunks in the warm ring. */
    private static final int WARM_CHUNKS = 8;

    private static final WaitStrategy NO_WAITING = new BusySpinWaitStrategy();

    private static final class Slot {
        private int chunk;
    }

    private static final class FreeRing {
        private final RingBuffer<Slot> ring;
        private final Sequence claimed = new Sequence();

        FreeRing(int capacity) {
            ring = RingBuffer.createMultiProducer(Slot::new, capacity, NO_WAITING);
            ring.addGatingSequences(claimed);
        }

        int claim() {
            for (long next = claimed.get() + 1; ring.isAvailable(next); next = claimed.get() + 1) {
                final int chunk = ring.get(next).chunk; // overwritten only after the sequence has moved on
                if (claimed.compareAndSet(next - 1, next)) {
                    return chunk;
                }
            }
            return RecordSink.NONE;
        }

        int share(int number) {
            final long next = claimed.get() + 1;
            final long spread = next + (number & SPREAD - 1);
            return !ring.isAvailable(next) ? RecordSink.NONE : ring.get(ring.isAvailable(spread) ? spread : next).chunk;
        }

        boolean pass(int chunk) {
            final long next = claimed.get() + 1;
            return ring.isAvailable(next) && ring.get(next).chunk == chunk && claimed.compareAndSet(next - 1, next);
        }

        int available() {
            return (int) Math.max(0, ring.getCursor() - claimed.get());
        }

        long give(int chunk) {
            final long sequence = ring.next(); // the ring has room for all chunks, so this never waits
            ring.get(sequence).chunk = chunk;
            ring.publish(sequence);
            return sequence;
        }
    }

    private final int warmChunks;
    private final FreeRing warm;
    private final FreeRing reserve;
    private final RingBuffer<Slot> usedUp;
    private final Sequence consumed = new Sequence();
    private final int shortBelow;
    private final Nudge nudge;

    /** @param shortBelow number of free chunks below which the exporter is woken */
    ChunkRings(int chunks, int shortBelow, Nudge nudge) {
        final int capacity = powerOfTwo(chunks);
        warm = new FreeRing(2 * WARM_CHUNKS);
        warmChunks = Math.min(WARM_CHUNKS, chunks / 2);
        reserve = new FreeRing(capacity);
        usedUp = RingBuffer.createMultiProducer(Slot::new, 2 * capacity, NO_WAITING);
        usedUp.addGatingSequences(consumed);
        this.shortBelow = shortBelow;
        this.nudge = nudge;
    }

    private static int powerOfTwo(int least) {
        return Integer.bitCount(least) == 1 ? least : Integer.highestOneBit(least) << 1;
    }

    // --- called by the recording threads

    /**
     * Removes the chunk at the head of a free ring and returns it; {@link RecordSink#NONE} when both rings are empty.
     */
    int claim() {
        final int chunk = warm.claim();
        if (chunk != RecordSink.NONE) {
            return chunk;
        }
        final int reserved = reserve.claim();
        if (isShort()) {
            nudge.chunksAreShort();
        }
        return reserved;
    }

    /** Returns one of the chunks near the head of a free ring, without removing it. */
    int share(int number) {
        final int chunk = warm.share(number);
        final int shared = chunk != RecordSink.NONE ? chunk : reserve.share(number);
        if (shared == RecordSink.NONE) {
            nudge.chunksAreShort();
        }
        return shared;
    }

    /** Removes this chunk, if it is at the head of a free ring. */
    void pass(int chunk) {
        if ((warm.pass(chunk) || reserve.pass(chunk)) && isShort()) {
            usedUp(chunk);
            nudge.chunksAreShort();
        }
    }

    void usedUp(int chunk) {
        if (isShort() && usedUp.hasAvailableCapacity(1)) { // checked first, since a full ring throws
            try {
                final long sequence = usedUp.tryNext();
                usedUp.get(sequence).chunk = chunk;
                usedUp.publish(sequence);
            } catch (InsufficientCapacityException e) {
                // Other threads took the last slots: the exporter finds the chunk by itself.
            }
        }
    }

    /** Chunks in the free rings. */
    int available() {
        return warm.available() + reserve.available();
    }

    /** Whether so few chunks are free that the exporter is woken. */
    boolean isShort() {
        return available() < shortBelow;
    }

    // --- called by the exporter

    /** The next chunk reported as used up; {@link RecordSink#NONE} when there is none. */
    int nextUsedUp() {
        final long next = consumed.get() + 1;
        if (!usedUp.isAvailable(next)) {
            return RecordSink.NONE;
        }
        final int chunk = usedUp.get(next).chunk;
        consumed.set(next);
        return chunk;
    }

    /**
     * Puts a chunk into a free ring, which must not contain it yet. Returns its position: the sequence, and in the
     * lowest bit the ring, 0 for the warm one.
     */
    long give(int chunk) {
        return warm.available() < warmChunks ? warm.give(chunk) << 1 : reserve.give(chunk) << 1 | 1;
    }

    /** Whether the recording threads have moved past this position. */
    boolean isPassed(long position) {
        return claimed(position) >= position >> 1;
    }

    /** Whether recording threads may currently find records at this position. */
    boolean isNearHead(long position) {
        return (position >> 1) - claimed(position) <= SPREAD;
    }

    private long claimed(long position) {
        return ((position & 1) == 0 ? warm : reserve).claimed.get();
    }
}
