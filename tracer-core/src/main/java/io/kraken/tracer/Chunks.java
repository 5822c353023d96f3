package io.kraken.tracer;

import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.lang.ref.ReferenceQueue;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * The records of a tracer, each with the one {@link Span} object that writes it, and how threads get them.
 *
 * <p>A platform thread owns a chunk: it claims all that is free of it at once and keeps the bits in its {@link
 * ThreadState}, so that taking a record is a few instructions without any other thread. Virtual threads, detached spans
 * and threads for which there is no chunk claim single records of the chunks at the head of the free ring, by one
 * compare-and-set. Who has set a bit of a free word to 0 has that record, nothing else decides that.
 *
 * <p>Lock-free: a compare-and-set fails only when another one has succeeded, and nobody ever waits for what a thread
 * does that may not be running. A record that is given back rests behind all others that are free, see the exporter, so
 * a reference to a span is recognised as stale for a long time.
 */
final class Chunks {

    /** Of all chunks, so many may be owned by threads: one in two. */
    private static final int OWNED_SHIFT = 1;

    private static final int MAX_SLOTS = 1024;
    private static final long WAIT_STEP_NS = 20_000;

    final Span[] spans;
    final ThrownPool thrown = new ThrownPool();

    private final Memory memory;
    private final SpanFileLayout layout;
    private final long fullWaitNs;
    /** Whether records are freed when spans end, for want of an exporter. */
    final boolean recycles;

    private final AtomicReferenceArray<ThreadState> slots;
    private final ReferenceQueue<Thread> dead = new ReferenceQueue<>();
    private RecordSink sink;

    Chunks(SpanFile file, Recorder recorder, Recorder.Full full) {
        this.memory = file.memory();
        this.layout = file.layout();
        this.fullWaitNs = full.waitNs();
        this.recycles = full.recycles();
        final SpanFileLayout.Shape shape = layout.shape();
        spans = new Span[shape.records()];
        for (int i = 0; i < spans.length; i++) {
            spans[i] = new Span(recorder, i, memory.address(layout.recordOffset(i)));
        }
        final int owned = recycles ? 0 : Math.min(MAX_SLOTS, shape.chunks() >> OWNED_SHIFT);
        slots = new AtomicReferenceArray<>(owned);
    }

    void attach(RecordSink recordSink) {
        sink = recordSink;
    }

    // --- threads

    /** What the calling thread, a new one, needs. */
    ThreadState welcome(Recorder recorder) {
        final boolean stays = !ThreadState.isVirtual(Thread.currentThread());
        final ThreadState thread = new ThreadState(recorder.counters, recorder.ids(), stays ? dead : null);
        if (stays) {
            releaseDead();
            takeSlot(thread);
        }
        return thread;
    }

    private void takeSlot(ThreadState thread) {
        for (int slot = 0; slot < slots.length(); slot++) {
            if (slots.get(slot) == null && slots.compareAndSet(slot, null, thread)) {
                thread.slot = slot;
                return;
            }
        }
    }

    /** Lets go of the chunks of threads that have died. Any thread. */
    void releaseDead() {
        for (Object gone = dead.poll(); gone != null; gone = dead.poll()) {
            final ThreadState thread = (ThreadState) gone;
            if (thread.hasSlot()) {
                leave(thread);
                slots.set(thread.slot, null);
            }
        }
    }

    /** The thread with this number that may own a chunk; null when there is none, or it has died. */
    ThreadState ownerOf(long threadId) {
        for (int slot = 0; slot < slots.length(); slot++) {
            final ThreadState thread = slots.get(slot);
            if (thread != null && thread.id == threadId) {
                return thread;
            }
        }
        return null;
    }

    // --- records

    /** A free record of the calling thread's own chunk; null when there is none. */
    Span ownRecord(ThreadState thread) {
        long free = thread.free;
        if (free == 0) {
            if (!renew(thread)) {
                return null;
            }
            free = thread.free;
        }
        thread.free = free & free - 1;
        return spans[thread.firstRecord + Long.numberOfTrailingZeros(free)];
    }

    /** Goes on to another chunk. */
    private boolean renew(ThreadState thread) {
        if (thread.claimed != 0) {
            final int left = SpanFileLayout.chunkOf(thread.firstRecord);
            leave(thread);
            sink.usedUp(left);
        }
        int chunk = sink.claim();
        final long deadline = chunk == RecordSink.NONE && fullWaitNs > 0 ? System.nanoTime() + fullWaitNs : 0;
        while (true) {
            if (chunk != RecordSink.NONE && own(thread, chunk)) {
                return true;
            }
            if (chunk == RecordSink.NONE && !waits(deadline)) {
                return false;
            }
            chunk = sink.claim();
        }
    }

    private void leave(ThreadState thread) {
        if (thread.claimed != 0) {
            final int chunk = SpanFileLayout.chunkOf(thread.firstRecord);
            final long claimed = thread.claimed;
            thread.claimed = 0;
            thread.free = 0;
            memory.putLongRelease(memory.address(layout.leftOffset(chunk)), claimed);
        }
    }

    private boolean own(ThreadState thread, int chunk) {
        final long claimed = claimAll(chunk);
        if (claimed == 0) {
            return false; // virtual threads have used it up, or the exporter has taken it back
        }
        thread.firstRecord = SpanFileLayout.firstOf(chunk);
        thread.claimed = claimed;
        memory.putLongRelease(memory.address(layout.ownedOffset(chunk)), claimed);
        thread.free = claimed;
        return true;
    }

    /** All that is free of a chunk, which is the caller's from now on. */
    private long claimAll(int chunk) {
        final long at = memory.address(layout.freeOffset(chunk));
        long free = memory.getLongAcquire(at);
        while (free != 0 && !memory.compareAndSetLong(at, free, 0)) {
            free = memory.getLongAcquire(at);
        }
        return free;
    }

    /** A free record that anybody may claim, taken; null when there is none. */
    Span sharedRecord(ThreadState thread) {
        final Span span = share(thread.stripe);
        if (span != null || fullWaitNs == 0) {
            return span;
        }
        Span late = null;
        final long deadline = System.nanoTime() + fullWaitNs;
        while (late == null && waits(deadline)) {
            late = share(thread.stripe);
        }
        return late;
    }

    private Span share(int number) {
        int spread = number;
        for (int chunk = sink.share(spread); chunk != RecordSink.NONE; chunk = sink.share(spread)) {
            final long at = memory.address(layout.freeOffset(chunk));
            for (long free = memory.getLongAcquire(at); free != 0; free = memory.getLongAcquire(at)) {
                if (memory.compareAndSetLong(at, free, free & free - 1)) {
                    return spans[SpanFileLayout.firstOf(chunk) + Long.numberOfTrailingZeros(free)];
                }
            }
            sink.pass(chunk);
            spread = 0; // the head: what is used up there is taken away by whoever meets it
        }
        return null;
    }

    /** Gives back a shared record that no exporter takes, or whose span could not be begun. */
    void free(OpenSpan span) {
        final int chunk = SpanFileLayout.chunkOf(span.record());
        memory.getAndAddLong(
                memory.address(layout.freeOffset(chunk)),
                RecordLayout.takenBit(SpanFileLayout.numberOf(span.record())));
    }

    /** For threads that may wait for a record, by the settings. */
    private boolean waits(long deadline) {
        if (deadline == 0 || System.nanoTime() - deadline >= 0) {
            return false;
        }
        sink.nudge();
        LockSupport.parkNanos(WAIT_STEP_NS);
        return true;
    }
}
