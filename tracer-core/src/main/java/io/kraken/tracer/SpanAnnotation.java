package io.kraken.tracer;

import io.kraken.tracer.Key.BooleanKey;
import io.kraken.tracer.Key.DoubleKey;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.propagation.TraceState;

/**
 * The event or link just added to a span, to give it attributes: {@code span.event(RETRY).set(ATTEMPT, 3)}. Valid until
 * anything else is added to the span; later calls have no effect and are counted as misuse. Pooled: a few events or
 * links later the object is reused for the newest one.
 */
public final class SpanAnnotation {

    static final SpanAnnotation NOOP = new SpanAnnotation();

    /** Null if it is not in use. */
    private Span span;
    /** Offset of the entry from the span's first byte. */
    private int at;

    private long lease;
    private int lengthAt;
    private int droppedAt;
    private int count;

    /**
     * Begins with the entry that was added last.
     *
     * @param entry its offset
     * @param lengthOffset offset of its length, relative to the entry; the dropped count is the last word of the span
     */
    SpanAnnotation begin(Span of, int entry, int lengthOffset) {
        span = of;
        at = entry;
        lengthAt = lengthOffset;
        droppedAt = SpanWriter.length(of) - Integer.BYTES - entry;
        lease = of.lease;
        count = 0;
        return this;
    }

    public SpanAnnotation set(StringKey key, String value) {
        if (key != null && value != null) {
            if (enter()) {
                leave(admit() && SpanWriter.appendString(span, key.symbol, key.text, EntryLayout.STRING, value));
            }
        } else {
            misuse(Counter.MISUSE_ARGUMENT);
        }
        return this;
    }

    public SpanAnnotation set(LongKey key, long value) {
        return key == null ? misuse(Counter.MISUSE_ARGUMENT) : putLong(key.symbol, key.text, EntryLayout.LONG, value);
    }

    public SpanAnnotation set(DoubleKey key, double value) {
        return key == null
                ? misuse(Counter.MISUSE_ARGUMENT)
                : putLong(key.symbol, key.text, EntryLayout.DOUBLE, Double.doubleToRawLongBits(value));
    }

    public SpanAnnotation set(BooleanKey key, boolean value) {
        if (key == null) {
            return misuse(Counter.MISUSE_ARGUMENT);
        }
        if (enter()) {
            leave(admit() && SpanWriter.appendBoolean(span, key.symbol, key.text, value));
        }
        return this;
    }

    private SpanAnnotation putLong(int symbol, String key, int type, long bits) {
        if (enter()) {
            leave(admit() && SpanWriter.appendLong(span, symbol, key, type, bits));
        }
        return this;
    }

    private boolean enter() {
        if (span == null) {
            return false;
        }
        if (span.lease != lease) {
            misuse(Counter.MISUSE_AFTER_END);
            return false;
        }
        if (!span.enter()) {
            return false;
        }
        final boolean isSameSpan = span.lease == lease; // the span may have ended, and its object been reused
        if (!isSameSpan || end() != SpanWriter.length(span)) {
            span.leave();
            misuse(isSameSpan ? Counter.MISUSE_ARGUMENT : Counter.MISUSE_AFTER_END);
            return false;
        }
        // The record grows before its entry does; the stress test Rewritten fails without this.
        RecordLayout.beginMove(span.recorder.memory, span.home);
        return true;
    }

    private int end() {
        final int lengthOffset = at + lengthAt;
        return lengthOffset + Integer.BYTES + SpanWriter.getInt(span, lengthOffset);
    }

    private boolean admit() {
        return count < span.recorder.limits.detailAttributes();
    }

    private void leave(boolean appended) {
        note(appended);
        RecordLayout.endMove(span.recorder.memory, span.home);
        span.leave();
    }

    /** For a caller that has already entered the span. */
    void append(Key key, String value) {
        RecordLayout.beginMove(span.recorder.memory, span.home);
        note(admit() && SpanWriter.appendString(span, key.symbol, key.text, EntryLayout.STRING, value));
        RecordLayout.endMove(span.recorder.memory, span.home);
    }

    /** Adds the trace state of a linked span; for a caller that has already entered the span. */
    void append(TraceState state) {
        if (state.length() == 0) {
            return;
        }
        RecordLayout.beginMove(span.recorder.memory, span.home);
        if (SpanWriter.appendBytes(span, EntryLayout.TRACE_STATE, state.bytes(), state.length())) {
            grow();
        } else {
            span.recorder.counters.increment(Counter.DROPPED_ENTRIES);
        }
        RecordLayout.endMove(span.recorder.memory, span.home);
    }

    private void grow() {
        final int lengthOffset = at + lengthAt;
        SpanWriter.putInt(span, lengthOffset, SpanWriter.length(span) - lengthOffset - Integer.BYTES);
    }

    private void note(boolean appended) {
        if (appended) {
            count++;
            grow();
        } else {
            final int offset = at + droppedAt;
            SpanWriter.putInt(span, offset, SpanWriter.getInt(span, offset) + 1);
            span.recorder.counters.increment(Counter.DROPPED_ENTRIES);
        }
    }

    private SpanAnnotation misuse(Counter counter) {
        if (span != null) {
            span.recorder.counters.increment(counter);
        }
        return this;
    }
}
