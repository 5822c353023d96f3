package io.kraken.tracer;

import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.nio.ByteBuffer;

/**
 * The records of open spans, each with the one {@link Span} object that writes it.
 *
 * <p>Taking one is a compare-and-set on its own state word, giving it back a release store: no list, no cursor,
 * nothing that two threads share unless they try the same record. A thread begins to look where its hint points and
 * walks round a small window, so that what it reuses is warm, yet a span it has ended rests for a window's length
 * before its object serves again: until then a stale reference is recognised. Taking tries a bounded number of
 * records: when a whole neighbourhood is held by open spans, the pool counts as full.
 *
 * <p>Spans that outgrow their record move to one of the larger overflow records, which are fewer.
 */
final class StagingPool {

    /** Spans that a thread starts before an object serves again, while it holds none of them open. A power of two. */
    static final int WINDOW = 32;

    private static final int MAX_PROBES = 512;
    private static final int FIRST_WINDOWS = 64;
    private static final int FAR = 37;

    private final ByteBuffer buffer;
    private final Span[] spans;
    private final int firstOffset;
    private final int recordLength;
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
        spans = new Span[shape.stagingRecords()];
        for (int i = 0; i < spans.length; i++) {
            spans[i] = new Span(recorder, i, offset(i));
        }
        lastFound = new int[Math.min(FIRST_WINDOWS, Integer.highestOneBit(Math.max(1, spans.length / WINDOW)))];
        for (int i = 0; i < lastFound.length; i++) {
            lastFound[i] = i * WINDOW;
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

    int firstHint(ThreadState thread) {
        return lastFound[thread.stripe & lastFound.length - 1];
    }

    /** A free record, now the caller's alone; null when there is none near. */
    Span take(ThreadState thread) {
        final int index = thread.stagingHint;
        final int offset = offset(index);
        final long state = buffer.getLong(offset);
        if (!RecordLayout.isOpen(state) && Mem.compareAndSetLong(buffer, offset, state, state + 1)) {
            thread.stagingHint = index & -WINDOW | (index + 1) & WINDOW - 1;
            final Span span = spans[index];
            span.lease = state + 1;
            return span;
        }
        return search(thread, index);
    }

    private Span search(ThreadState thread, int busy) {
        final int probes = Math.min(MAX_PROBES, spans.length);
        for (int probe = 1, index = busy; probe <= probes; probe++) {
            index = probe % WINDOW != 0 ? index & -WINDOW | (index + 1) & WINDOW - 1 : nextWindow(index, probe);
            final int offset = offset(index);
            final long state = buffer.getLong(offset);
            if (!RecordLayout.isOpen(state) && Mem.compareAndSetLong(buffer, offset, state, state + 1)) {
                thread.stagingHint = index & -WINDOW | (index + 1) & WINDOW - 1;
                lastFound[thread.stripe & lastFound.length - 1] = thread.stagingHint;
                spans[index].lease = state + 1;
                return spans[index];
            }
        }
        thread.stagingHint = nextWindow(thread.stagingHint, probes);
        return null;
    }

    /** The window beside this one; after a few that were all busy, one far away. */
    private int nextWindow(int index, int probe) {
        final int windows = probe % (4 * WINDOW) == 0 ? FAR : 1;
        return (index & -WINDOW) + windows * WINDOW & spans.length - 1;
    }

    /** Frees the record of a span that has been copied out; pairs with the compare-and-set in {@link #take}. */
    void release(Span span) {
        Mem.putLongRelease(buffer, offset(span.index), span.lease + 1);
    }

    /** Offset of a larger record than {@code length}, or 0 when there is none. */
    int grow(int length) {
        final int offset = length < medium.length ? medium.take() : 0;
        return offset != 0 ? offset : length < large.length ? large.take() : 0;
    }

    int largestLength() {
        return large.length;
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
