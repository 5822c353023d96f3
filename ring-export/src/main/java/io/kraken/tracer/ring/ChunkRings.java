package io.kraken.tracer.ring;

import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.WaitStrategy;
import io.kraken.tracer.RecordSink;

/**
 * The rings through which chunks go round, preallocated ring buffers of the Disruptor: two free rings from the exporter
 * to the threads that record, and the used-up ring from these to the exporter, its only consumer.
 *
 * <p>The consumers of a free ring share one sequence, which is also what gates the producer: a thread that moves it
 * on by a compare-and-set has the chunk it has moved past. Nobody waits for a chunk, so there are no barriers, and
 * the wait strategy has nobody to signal. (A free ring is of the kind for several producers, since the one for a
 * single producer insists on the same thread, and an exporter is opened by one thread, run by another, and perhaps
 * closed by a third.)
 *
 * <p>There are two free rings so that a service which records little goes round in little memory, which its caches and
 * translation buffers may still hold: the <i>warm</i> ring has a few chunks and is asked first, the <i>reserve</i> has
 * all others.
 *
 * <p>What stands in the used-up ring is where the exporter should look first, when chunks are short. That it does not
 * come in time (a thread may be stopped between claiming a slot and publishing it) delays nothing else: whether a chunk
 * is used up the exporter sees from its records. So a ring that is full, or has a gap, costs nothing but a later look.
 *
 * <p>Producers and consumers are lock-free; the exporter's methods are wait-free.
 */
final class ChunkRings {

    /** How the rings ask for the exporter's attention. */
    interface Nudge {
        void chunksAreShort();
    }

    /** Threads that claim single records spread over so many chunks at the head of a free ring. A power of two. */
    static final int SPREAD = 4;

    private static final int WARM_CHUNKS = 8;
    private static final WaitStrategy NOBODY_WAITS = new BusySpinWaitStrategy();

    private static final class Slot {
        private int chunk;
    }

    private static final class FreeRing {
        private final RingBuffer<Slot> ring;
        private final Sequence claimed = new Sequence();

        FreeRing(int capacity) {
            ring = RingBuffer.createMultiProducer(Slot::new, capacity, NOBODY_WAITS);
            ring.addGatingSequences(claimed);
        }

        int claim() {
            for (long next = claimed.get() + 1; ring.isAvailable(next); next = claimed.get() + 1) {
                final int chunk = ring.get(next).chunk; // not written over before the sequence has moved on
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
            final long sequence = ring.next(); // there is room for all chunks: this never waits
            ring.get(sequence).chunk = chunk;
            ring.publish(sequence);
            return sequence;
        }
    }

    private final int warmChunks;
    private final FreeRing warm;
    private final FreeRing reserve;
    private final RingBuffer<Slot> usedUp;
    private final Sequence looked = new Sequence();
    private final int shortAt;
    private final Nudge nudge;

    /** @param shortAt free chunks below which the exporter is nudged */
    ChunkRings(int chunks, int shortAt, Nudge nudge) {
        final int capacity = powerOfTwo(chunks);
        warm = new FreeRing(2 * WARM_CHUNKS);
        warmChunks = Math.min(WARM_CHUNKS, chunks / 2);
        reserve = new FreeRing(capacity);
        usedUp = RingBuffer.createMultiProducer(Slot::new, 2 * capacity, NOBODY_WAITS);
        usedUp.addGatingSequences(looked);
        this.shortAt = shortAt;
        this.nudge = nudge;
    }

    private static int powerOfTwo(int least) {
        return Integer.bitCount(least) == 1 ? least : Integer.highestOneBit(least) << 1;
    }

    // --- the threads that record

    /** The chunk at the head of a free ring, which is no longer there. */
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

    /** One of the chunks near the head of a free ring, which stays there. */
    int share(int number) {
        final int chunk = warm.share(number);
        final int shared = chunk != RecordSink.NONE ? chunk : reserve.share(number);
        if (shared == RecordSink.NONE) {
            nudge.chunksAreShort();
        }
        return shared;
    }

    /** Moves past this chunk, if it is at the head of a free ring. */
    void pass(int chunk) {
        if ((warm.pass(chunk) || reserve.pass(chunk)) && isShort()) {
            usedUp(chunk);
            nudge.chunksAreShort();
        }
    }

    void usedUp(int chunk) {
        if (isShort() && usedUp.hasAvailableCapacity(1)) { // asked first, since the ring says so with an exception
            try {
                final long sequence = usedUp.tryNext();
                usedUp.get(sequence).chunk = chunk;
                usedUp.publish(sequence);
            } catch (InsufficientCapacityException e) {
                // Others were quicker: the exporter finds the chunk by itself.
            }
        }
    }

    /** Chunks in the free rings. */
    int available() {
        return warm.available() + reserve.available();
    }

    /** Whether so few chunks are free that the exporter is nudged. */
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

    /** Puts a chunk into a free ring, where each is at most once; returns its place there. */
    long give(int chunk) {
        return warm.available() < warmChunks ? warm.give(chunk) << 1 : reserve.give(chunk) << 1 | 1;
    }

    /** Whether the threads that record have moved past this place. */
    boolean isPassed(long place) {
        return claimed(place) >= place >> 1;
    }

    /** Whether threads may find records at this place at the moment. */
    boolean isNearHead(long place) {
        return (place >> 1) - claimed(place) <= SPREAD;
    }

    private long claimed(long place) {
        return ((place & 1) == 0 ? warm : reserve).claimed.get();
    }
}
