package io.kraken.tracer.ring;

import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.WaitStrategy;
import io.kraken.tracer.RecordSink;

/**
 * The rings through which chunks go round, two preallocated ring buffers of the Disruptor: the free ring from the
 * exporter, its only producer, to the threads that record; the used-up ring from these to the exporter, its only
 * consumer.
 *
 * <p>The consumers of the free ring share one sequence, which is also what gates the producer: a thread that moves it
 * on by a compare-and-set has the chunk it has moved past. Nobody waits for a chunk, so there are no barriers, and the
 * wait strategy has nobody to signal. (The free ring is of the kind for several producers, since the one for a single
 * producer insists on the same thread, and an exporter is opened by one thread, run by another, and perhaps closed by
 * a third.)
 *
 * <p>What stands in the used-up ring is where the exporter should look first. That it does not come in time (a thread
 * may be stopped between claiming a slot and publishing it) delays nothing else: whether a chunk is used up the
 * exporter sees from its records. So a ring that is full, or has a gap, costs nothing but a later look.
 *
 * <p>Producers and consumers are lock-free; the exporter's methods are wait-free.
 */
final class ChunkRings {

    /** How the rings ask for the exporter's attention. */
    interface Nudge {
        void chunksAreShort();
    }

    /** Threads that claim single records spread over so many chunks at the head of the free ring. A power of two. */
    static final int SPREAD = 4;

    private static final class Slot {
        private int chunk;
    }

    private final RingBuffer<Slot> free;
    private final RingBuffer<Slot> usedUp;
    private final Sequence claimed = new Sequence();
    private final Sequence looked = new Sequence();
    private final int shortAt;
    private final Nudge nudge;

    /** @param shortAt free chunks below which the exporter is nudged */
    ChunkRings(int chunks, int shortAt, Nudge nudge) {
        final int capacity = powerOfTwo(chunks);
        final WaitStrategy nobodyWaits = new BusySpinWaitStrategy();
        free = RingBuffer.createMultiProducer(Slot::new, capacity, nobodyWaits);
        free.addGatingSequences(claimed);
        usedUp = RingBuffer.createMultiProducer(Slot::new, 2 * capacity, nobodyWaits);
        usedUp.addGatingSequences(looked);
        this.shortAt = shortAt;
        this.nudge = nudge;
    }

    private static int powerOfTwo(int least) {
        return Integer.bitCount(least) == 1 ? least : Integer.highestOneBit(least) << 1;
    }

    // --- the threads that record

    /** The chunk at the head of the free ring, which is no longer there. */
    int claim() {
        for (long next = claimed.get() + 1; ; next = claimed.get() + 1) {
            if (!free.isAvailable(next)) {
                nudge.chunksAreShort();
                return RecordSink.NONE;
            }
            final int chunk = free.get(next).chunk; // it can't be written over before the sequence has moved on
            if (claimed.compareAndSet(next - 1, next)) {
                if (free.getCursor() - next < shortAt) {
                    nudge.chunksAreShort();
                }
                return chunk;
            }
        }
    }

    /** One of the chunks near the head of the free ring, which stays there. */
    int share(int number) {
        final long next = claimed.get() + 1;
        if (!free.isAvailable(next)) {
            nudge.chunksAreShort();
            return RecordSink.NONE;
        }
        final long spread = next + (number & SPREAD - 1);
        return free.get(free.isAvailable(spread) ? spread : next).chunk;
    }

    /** Moves past this chunk, if it is at the head of the free ring. */
    void pass(int chunk) {
        final long next = claimed.get() + 1;
        if (free.isAvailable(next) && free.get(next).chunk == chunk && claimed.compareAndSet(next - 1, next)) {
            usedUp(chunk);
            if (free.getCursor() - next < shortAt) {
                nudge.chunksAreShort();
            }
        }
    }

    void usedUp(int chunk) {
        if (usedUp.hasAvailableCapacity(1)) { // asked first, since the ring says so with an exception
            try {
                final long sequence = usedUp.tryNext();
                usedUp.get(sequence).chunk = chunk;
                usedUp.publish(sequence);
            } catch (InsufficientCapacityException e) {
                // Others were quicker: the exporter finds the chunk by itself.
            }
        }
    }

    /** Chunks in the free ring. */
    int available() {
        return (int) Math.max(0, free.getCursor() - claimed.get());
    }

    /** Whether the exporter is nudged by whoever looks for a chunk. */
    boolean isShort() {
        return available() < shortAt;
    }

    // --- the exporter

    /** The next chunk that a thread says it has used up; {@link RecordSink#NONE} when there is none. */
    int nextUsedUp() {
        final long next = looked.get() + 1;
        if (!usedUp.isAvailable(next)) {
            return RecordSink.NONE;
        }
        final int chunk = usedUp.get(next).chunk;
        looked.set(next);
        return chunk;
    }

    /** Puts a chunk into the free ring, where each is at most once; returns its place there. */
    long give(int chunk) {
        final long sequence = free.next(); // there is room for all chunks: this never waits
        free.get(sequence).chunk = chunk;
        free.publish(sequence);
        return sequence;
    }

    /** Whether the threads that record have moved past this place of the free ring. */
    boolean isPassed(long place) {
        return claimed.get() >= place;
    }

    /** Whether threads may find records at this place of the free ring at the moment. */
    boolean isNearHead(long place) {
        return place - claimed.get() <= SPREAD;
    }
}
