package io.kraken.tracer;

import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The records of open spans, each with the one {@link Span} object that writes it.
 *
 * <p>The pool is cut into windows. A platform thread keeps a window to itself, as long as there are any: only that
 * thread takes records from it, so taking is a look at the span's own state, and giving back, by whatever thread, a
 * release store; the state word is for other processes, and is written with the rest of the header. A locked
 * instruction at the beginning of a span would also wait until the record of the span before has left the store buffer
 * for cache lines that the exporter's core has. The windows of threads that have died go to new threads. Everybody
 * else, virtual threads above all, takes from the windows that are common, by a compare-and-set on the state word of a
 * record. There is no list and no cursor.
 *
 * <p>A thread walks round its window, so that what it reuses is warm, yet a span it has ended rests for a window's
 * length before its object serves again: until then a stale reference is recognised. Taking a common record tries a
 * bounded number of them, near and far: when all of those are held by open spans, the pool counts as full.
 *
 * <p>Spans that outgrow their record move to one of the larger overflow records, which are fewer.
 */
final class StagingPool {

    /** Spans that a thread starts before an object serves again, while it holds none of them open. A power of two. */
    static final int WINDOW = 32;

    private static final int MAX_OWN_WINDOWS = 256;
    private static final int MAX_PROBES = 512;
    private static final int NEAR_PROBES = 4 * WINDOW;
    private static final int FIRST_WINDOWS = 64;

    private final ByteBuffer buffer;
    final Span[] spans;
    private final int firstOffset;
    private final int recordLength;
    private final int firstUnrecorded;
    /** The windows that may be a thread's own, by whom they are; the common ones come after them. */
    private final AtomicReferenceArray<ThreadState> owners;

    private final ReferenceQueue<Thread> dead = new ReferenceQueue<>();
    private final int firstCommon;
    private final int farStride;
    /** Where threads that begin at the same window found room last: hints, racy on purpose. */
    private final int[] lastFound;

    private final Overflow medium;
    private final Overflow large;

    StagingPool(SpanFile file, Recorder recorder) {
        final SpanFileLayout layout = file.layout();
        final SpanFileLayout.Shape shape = layout.shape();
        buffer = file.buffer();
        firstOffset = layout.stagingOffset();
        recordLength = shape.recordLength();
        firstUnrecorded = layout.unrecordedOffset(0);
        spans = new Span[shape.stagingRecords()];
        final int windows = spans.length / WINDOW;
        owners = new AtomicReferenceArray<>(Math.min(MAX_OWN_WINDOWS, windows / 4));
        firstCommon = owners.length() * WINDOW;
        for (int i = 0; i < spans.length; i++) {
            spans[i] = new Span(recorder, i, offset(i), i < firstCommon);
        }
        farStride = farStride(spans.length - firstCommon);
        lastFound = new int[Math.min(FIRST_WINDOWS, Integer.highestOneBit(windows - owners.length()))];
        for (int i = 0; i < lastFound.length; i++) {
            lastFound[i] = firstCommon + i * WINDOW;
        }
        medium = new Overflow(buffer, layout.mediumOffset(), shape.mediumLength(), shape.mediumRecords());
        large = new Overflow(buffer, layout.largeOffset(), shape.largeLength(), shape.largeRecords());
    }

    private int offset(int index) {
        return firstOffset + index * recordLength;
    }

    int recordLength() {
        return recordLength;
    }

    /** What the calling thread, a new one, needs; with a window of its own if it will stay and there is one left. */
    ThreadState welcome(Counters counters, Ids ids) {
        final boolean stays = !ThreadState.isVirtual(Thread.currentThread());
        final ThreadState thread = new ThreadState(counters, ids, stays ? dead : null);
        thread.commonHint = lastFound[thread.stripe & lastFound.length - 1];
        thread.window = stays ? ownWindow(thread) : -1;
        thread.ownNext = thread.window * WINDOW;
        return thread;
    }

    private int ownWindow(ThreadState thread) {
        for (Object gone = dead.poll(); gone != null; gone = dead.poll()) {
            final ThreadState left = (ThreadState) gone;
            if (left.window >= 0) {
                owners.compareAndSet(left.window, left, null);
            }
        }
        for (int window = 0; window < owners.length(); window++) {
            if (owners.get(window) == null && owners.compareAndSet(window, null, thread)) {
                return window;
            }
        }
        return -1;
    }

    /** A free record, now the caller's alone; null when there is none near. */
    Span take(ThreadState thread) {
        final int index = thread.ownNext;
        if (index >= 0) {
            final Span span = spans[index];
            if (span.isClosed()) {
                thread.ownNext = after(index);
                return leased(span, span.lease + 2);
            }
        }
        return search(thread, index);
    }

    private static Span leased(Span span, long state) {
        span.lease = state;
        VarHandle.storeStoreFence(); // who copies a context and still finds the old lease has not met the new ids
        return span;
    }

    private static int after(int index) {
        return index & -WINDOW | (index + 1) & WINDOW - 1;
    }

    private Span search(ThreadState thread, int busy) {
        if (busy >= 0) {
            for (int index = after(busy); index != busy; index = after(index)) {
                final Span span = spans[index];
                if (span.isClosed()) {
                    thread.ownNext = after(index);
                    return leased(span, span.lease + 2);
                }
            }
        }
        return takeCommon(thread);
    }

    /**
     * First near the hint, where what was used last is warm; then all over the common windows, so that a region that
     * long-lived spans have filled is left at once, however large it is.
     */
    private Span takeCommon(ThreadState thread) {
        int index = thread.commonHint;
        for (int probe = 1; probe <= MAX_PROBES; probe++) {
            final int offset = offset(index);
            final long state = buffer.getLong(offset);
            if (!RecordLayout.isOpen(state) && Mem.compareAndSetLong(buffer, offset, state, state + 1)) {
                thread.commonHint = after(index);
                if (probe > 1) {
                    lastFound[thread.stripe & lastFound.length - 1] = thread.commonHint;
                }
                return leased(spans[index], state + 1);
            }
            index = probe >= NEAR_PROBES
                    ? common(index + farStride)
                    : probe % WINDOW != 0 ? after(index) : common((index & -WINDOW) + WINDOW);
        }
        thread.commonHint = index;
        lastFound[thread.stripe & lastFound.length - 1] = index; // the next one begins elsewhere
        return null;
    }

    private int common(int index) {
        return index < spans.length ? index : index - spans.length + firstCommon;
    }

    /** A step that visits all of so many records before it comes back, far apart from one another: a golden section. */
    private static int farStride(int records) {
        int stride = (int) (records * 0.618) | 1;
        while (greatestCommonDivisor(stride, records) != 1) {
            stride += 2;
        }
        return stride;
    }

    private static int greatestCommonDivisor(int one, int other) {
        return other == 0 ? one : greatestCommonDivisor(other, one % other);
    }

    /**
     * Frees the record of a span that has been copied out. What lets it be taken again comes last: in a window of a
     * thread's own that is the span's being closed, elsewhere the state word.
     */
    static void release(SpanLife span) {
        if (span.own) {
            Mem.putLongRelease(span.buffer, span.home, span.lease + 1);
            span.closed();
        } else {
            span.closed();
            Mem.putLongRelease(span.buffer, span.home, span.lease + 1);
        }
    }

    /**
     * Frees what a span had of which nothing was recorded, and counts it. Plainly: as long as the record is not free,
     * it is the caller's alone.
     */
    void releaseUnrecorded(SpanLife span) {
        final int count = firstUnrecorded + span.index * Long.BYTES;
        buffer.putLong(count, buffer.getLong(count) + 1);
        release(span);
    }

    /** Offset of a larger record that holds {@code length} bytes, or 0 when there is none. */
    int grow(int length) {
        final int offset = length <= medium.length ? medium.take() : 0;
        return offset != 0 ? offset : length <= large.length ? large.take() : 0;
    }

    int largestLength() {
        return large.length;
    }

    /** The sizes of overflow records, the largest first. */
    int overflowLengths(int size) {
        return size == 0 ? large.length : medium.length;
    }

    int overflowLength(int offset) {
        return large.holds(offset) ? large.length : medium.length;
    }

    void releaseOverflow(int offset) {
        Mem.putLongRelease(buffer, offset + RecordLayout.STATE_OFFSET, 0);
    }

    /** Records of one larger size; the state word is 1 while one is in use. */
    private static final class Overflow {
        final ByteBuffer buffer;
        final int first;
        final int length;
        final int count;
        int hint;

        Overflow(ByteBuffer buffer, int first, int length, int count) {
            this.buffer = buffer;
            this.first = first;
            this.length = length;
            this.count = count;
        }

        boolean holds(int offset) {
            return offset >= first && offset < first + count * length;
        }

        int take() {
            final int from = hint;
            for (int i = 0; i < count; i++) {
                final int index = (from + i) % count;
                final int offset = first + index * length;
                if (buffer.getLong(offset) == 0 && Mem.compareAndSetLong(buffer, offset, 0, 1)) {
                    hint = index;
                    return offset;
                }
            }
            return 0;
        }
    }
}
