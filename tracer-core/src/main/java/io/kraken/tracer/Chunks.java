package io.kraken.tracer;

import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The records of a tracer, grouped into chunks, each record with the one {@link Span} object that writes it; and how
 * threads claim them.
 *
 * <p>A platform thread owns a chunk: it claims all free records of it at once and keeps their bits in its {@link
 * ThreadState}, so that taking a record is a few instructions and touches no other thread. Virtual threads, detached
 * spans and threads that could get no chunk claim single records of the chunks at the head of the free ring, by one
 * compare-and-set each. The thread that sets a bit of a free word to 0 owns that record; nothing else decides
 * ownership.
 *
 * <p>Progress: lock-free. A compare-and-set fails only if another one succeeded, and no thread waits for another that
 * may not be running. A released record is reused only after all other free records (see the exporter), so that a stale
 * reference to a span is recognised as stale for a long time.
 */
final class Chunks {

    /** One in four chunks may be owned by threads; each thread owns up to two. */
    private static final int OWNED_SHIFT = 2;

    /** In place of a record: none is free. */
    static final int NONE = FreeRecords.NONE;

    private static final int MAX_SLOTS = 1024;
    private static final long WAIT_STEP_NS = 20_000;
    private static final long CHECK_INTERVAL_NS = 250_000_000;

    /** By chunk, so that spans used together are adjacent: touching a page that is not in the cache is expensive. */
    final Span[][] spans;
    /**
     * The generation of each record, as in its commit word, readable without touching the record. Written only by the
     * owner of the record.
     */
    final long[][] leases;

    final ThrownPool thrown = new ThrownPool();

    private final Recorder recorder;
    private final Memory memory;
    private final SpanFileLayout layout;
    private final long fullWaitNs;
    /**
     * The free records of a tracer without an exporter, where ending a span frees its record; null with an exporter.
     */
    private final FreeRecords recycled;
    /** For a tracer without an exporter: when all records may be checked next. */
    private final AtomicLong nextCheck = new AtomicLong(System.nanoTime());

    /** The threads that may own a chunk. */
    private final AtomicReferenceArray<ThreadState> slots;

    private RecordSink sink;

    Chunks(SpanFile file, Recorder recorder, Recorder.Full full) {
        this.recorder = recorder;
        this.memory = file.memory();
        this.layout = file.layout();
        this.fullWaitNs = full.waitNs();
        final SpanFileLayout.Shape shape = layout.shape();
        spans = new Span[shape.chunks()][];
        leases = new long[shape.chunks()][];
        for (int chunk = 0; chunk < spans.length; chunk++) {
            spans[chunk] = new Span[SpanFileLayout.CHUNK_RECORDS];
            leases[chunk] = new long[SpanFileLayout.CHUNK_RECORDS];
            for (int i = 0; i < SpanFileLayout.CHUNK_RECORDS; i++) {
                final int record = SpanFileLayout.firstOf(chunk) + i;
                spans[chunk][i] = new Span(recorder, record, memory.address(layout.recordOffset(record)));
            }
        }
        recycled = full.recycles() ? new FreeRecords(shape.records()) : null;
        final int owned = recycles() ? 0 : Math.min(MAX_SLOTS, shape.chunks() >> OWNED_SHIFT);
        slots = new AtomicReferenceArray<>(owned);
    }

    boolean recycles() {
        return recycled != null;
    }

    /** The one object of a record. */
    Span span(int record) {
        return spans[SpanFileLayout.chunkOf(record)][SpanFileLayout.numberOf(record)];
    }

    void attach(RecordSink recordSink) {
        sink = recordSink;
    }

    // --- threads

    /** Registers the calling thread, which has no state yet. */
    ThreadState register(Recorder recorder) {
        final boolean isPlatform = !ThreadState.isVirtual(Thread.currentThread());
        final ThreadState interrupted = isPlatform ? ownerOf(ThreadIds.current()) : null;
        if (interrupted != null) {
            return interrupted; // an error interrupted an earlier registration of this thread
        }
        final ThreadState thread = new ThreadState(recorder.ids(), isPlatform);
        boolean settled = !isPlatform;
        for (int slot = 0; slot < slots.length() && !settled; slot++) {
            if (slots.get(slot) == null) {
                thread.slot = (short) slot;
                settled = slots.compareAndSet(slot, null, thread);
            }
        }
        if (!settled) {
            thread.slot = ThreadState.NO_SLOT;
        }
        return thread;
    }

    /**
     * Claims the next chunk for each thread that owns one, so that threads need not search for it themselves, and
     * releases the chunks of threads that have died. The exporter's thread only.
     */
    void feed() {
        boolean more = true;
        for (int slot = 0; slot < slots.length(); slot++) {
            final ThreadState thread = slots.get(slot);
            if (thread == null) {
                continue;
            }
            if (thread.isDead()) {
                recorder.unfinished.finishDead(thread); // first: once it has left its chunk, others use its records
                if (!thread.unsettled) {
                    release(thread);
                }
            } else if (more && !thread.isFed()) {
                more = feed(thread);
            }
        }
    }

    /** Claims the next chunk for a thread; false if none is free. */
    private boolean feed(ThreadState thread) {
        final int chunk = sink.claim();
        final long free = chunk == RecordSink.NONE ? 0 : claimAll(chunk);
        if (free == 0) {
            return false;
        }
        memory.putLongRelease(memory.address(layout.ownedOffset(chunk)), free);
        thread.feed(SpanFileLayout.firstOf(chunk), free);
        return true;
    }

    private void release(ThreadState thread) {
        leave(thread);
        final int next = thread.nextChunk();
        if (next != RecordSink.NONE) {
            memory.putLongRelease(memory.address(layout.leftOffset(next)), thread.takeNext());
        }
        slots.set(thread.slot, null);
    }

    /** The state of the thread with this number, if it may own a chunk; null if there is none or it has died. */
    ThreadState ownerOf(long threadId) {
        for (int slot = 0; slot < slots.length(); slot++) {
            final ThreadState thread = slots.get(slot);
            if (thread != null && thread.id == threadId) {
                return thread;
            }
        }
        return null;
    }

    /** All open spans, approximately: spans begin and end meanwhile. Touches every record. */
    void eachOpen(Consumer<Span> to) {
        for (int record = 0; record < layout.shape().records(); record++) {
            final long word = RecordLayout.commitWordAcquire(memory, memory.address(layout.recordOffset(record)));
            if (RecordLayout.state(word) == RecordLayout.OPEN) {
                to.accept(span(record));
            }
        }
    }

    // --- records

    /** A free record of the calling thread's own chunk; {@link #NONE} if there is none. */
    int ownRecord(ThreadState thread) {
        return thread.free != 0 || renew(thread) ? thread.claim() : NONE;
    }

    /** Moves on to another chunk; not while a start holds a record of this one that it has not begun. */
    private boolean renew(ThreadState thread) {
        if (thread.deciding != 0) {
            return false;
        }
        final boolean used = thread.claimed != 0;
        final int usedUp = SpanFileLayout.chunkOf(thread.firstRecord);
        leave(thread);
        final int next = thread.nextChunk();
        if (next != RecordSink.NONE) {
            final int first = SpanFileLayout.firstOf(next);
            thread.firstRecord = first; // no method call from here on: it could overflow the stack
            thread.spans = spans[next];
            thread.leases = leases[next];
            thread.claimed = thread.next;
            thread.free = thread.next;
            thread.next = 0;
            return true;
        }
        if (used) {
            sink.usedUp(usedUp);
        }
        long deadline = 0;
        for (int chunk = sink.claim(); ; chunk = sink.claim()) {
            if (chunk == RecordSink.NONE) {
                deadline = deadline == 0 && fullWaitNs > 0 ? System.nanoTime() + fullWaitNs : deadline;
                if (!waits(deadline)) {
                    return false;
                }
            } else if (own(thread, chunk)) {
                return true;
            }
        }
    }

    private void leave(ThreadState thread) {
        final long claimed = thread.claimed;
        if (claimed != 0) {
            thread.free = 0;
            memory.putLongRelease(
                    memory.address(layout.leftOffset(SpanFileLayout.chunkOf(thread.firstRecord))), claimed);
            thread.claimed = 0; // no call in between: after an error this either is repeated or never happened
        }
    }

    private boolean own(ThreadState thread, int chunk) {
        settle(thread, chunk, 0);
        final long claimed = claimAll(chunk);
        if (claimed == 0) {
            return false; // virtual threads have used it up, or the exporter has reclaimed it
        }
        thread.claimed = claimed; // no call in between: from here on the thread leaves the chunk even after an error
        memory.putLongRelease(memory.address(layout.ownedOffset(chunk)), claimed);
        thread.free = claimed;
        return true;
    }

    private void settle(ThreadState thread, int chunk, long claimed) {
        thread.firstRecord = SpanFileLayout.firstOf(chunk);
        thread.spans = spans[chunk];
        thread.leases = leases[chunk];
        thread.claimed = claimed; // from here on the thread leaves the chunk even after an error
    }

    /** Claims all free records of a chunk for the caller; returns their bits. */
    private long claimAll(int chunk) {
        final long at = memory.address(layout.freeOffset(chunk));
        long free = memory.getLongAcquire(at);
        while (free != 0 && !memory.compareAndSetLong(at, free, 0)) {
            free = memory.getLongAcquire(at);
        }
        return free;
    }

    /** Claims one free record of a shared chunk; {@link #NONE} if there is none. */
    int sharedRecord(ThreadState thread) {
        final int record = share(thread.stripe);
        if (record != NONE || fullWaitNs == 0) {
            return record;
        }
        int late = NONE;
        final long deadline = System.nanoTime() + fullWaitNs;
        while (late == NONE && waits(deadline)) {
            late = share(thread.stripe);
        }
        return late;
    }

    private int share(int number) {
        if (recycles()) {
            return recycled();
        }
        int spread = number;
        for (int chunk = sink.share(spread); chunk != RecordSink.NONE; chunk = sink.share(spread)) {
            final long at = memory.address(layout.freeOffset(chunk));
            for (long free = memory.getLongAcquire(at); free != 0; free = memory.getLongAcquire(at)) {
                final int record = SpanFileLayout.firstOf(chunk) + Long.numberOfTrailingZeros(free);
                if (memory.compareAndSetLong(at, free, free & free - 1)) {
                    return record;
                }
            }
            sink.pass(chunk);
            spread = 0; // the head: a used-up chunk is removed by the first thread that finds it there
        }
        return NONE;
    }

    /**
     * Claims a record of a tracer without an exporter. If none is free, finishes interrupted ends and reclaims the
     * records of spans that dead threads have left open; at most every 250 ms, since this checks all records.
     */
    private int recycled() {
        final int free = recycled.take();
        final long next = nextCheck.get();
        final long now = free == NONE ? System.nanoTime() : next - 1;
        if (now - next < 0 || !nextCheck.compareAndSet(next, now + CHECK_INTERVAL_NS)) {
            return free;
        }
        recorder.unfinished.begin();
        for (int record = 0; record < layout.shape().records(); record++) {
            final Span span = span(record);
            if (!span.finishForOwner()) {
                recorder.unfinished.any = true;
            } else if (span.isOfDeadThread() && span.abandon()) {
                recycled.give(record);
            }
        }
        return recycled.take();
    }

    /** Releases a record whose span could not be begun. */
    void giveBack(ThreadState thread, int record, boolean isOwn) {
        final int number = SpanFileLayout.numberOf(record);
        if (!isOwn) {
            free(span(record));
        } else if (thread.firstRecord + number == record && thread.claimed != 0) {
            thread.free |= 1L << number; // if the thread has left the chunk, the exporter finds the unused record
        }
    }

    /** The bits of the generations of a chunk's records that the exporter has taken last. */
    long taken(int chunk) {
        return memory.getLongAcquire(memory.address(layout.takenOffset(chunk)));
    }

    /** Releases a shared record that no exporter takes. */
    void free(OpenSpan span) {
        if (recycles()) {
            recycled.give(span.record());
            return;
        }
        final int chunk = SpanFileLayout.chunkOf(span.record());
        memory.getAndAddLong(
                memory.address(layout.freeOffset(chunk)),
                RecordLayout.takenBit(SpanFileLayout.numberOf(span.record())));
    }

    /** For threads that may wait for a record, if so configured. */
    private boolean waits(long deadline) {
        if (deadline == 0 || System.nanoTime() - deadline >= 0) {
            return false;
        }
        sink.nudge();
        LockSupport.parkNanos(WAIT_STEP_NS);
        return true;
    }
}
