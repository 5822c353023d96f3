package io.kraken.tracer;

import io.kraken.tracer.Key.BooleanKey;
import io.kraken.tracer.Key.DoubleKey;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;

/**
 * The event or link just added to a span, to give it attributes: {@code span.event(RETRY).set(ATTEMPT, 3)}. Good
 * until anything else is added to the span; after that nothing happens, counted as misuse. Pooled: two events or links
 * later the object stands for the newest one.
 */
public final class Detail {

    static final Detail NOOP = new Detail(null);

    private final Span span;
    /** Where the entry stands, from the record's start. */
    int at;

    private long lease;
    private int lengthAt;
    private int droppedAt;
    private int count;

    Detail(Span span) {
        this.span = span;
    }

    /**
     * @param at where the entry begins
     * @param lengthAt where its length stands; the dropped count is the last word of the head that ends at the
     * record's position
     */
    Detail begin(int at, int lengthAt) {
        this.at = at - span.base;
        this.lengthAt = lengthAt - at;
        this.droppedAt = span.position - Integer.BYTES - at;
        this.lease = span.lease;
        this.count = 0;
        return this;
    }

    public Detail set(StringKey key, String value) {
        if (key != null && value != null) {
            if (enter()) {
                leave(admit() && span.appendString(key.symbol, key.text, RecordLayout.STRING, value));
            }
        } else {
            misuse(Counter.MISUSE_ARGUMENT);
        }
        return this;
    }

    public Detail set(LongKey key, long value) {
        return key == null ? misuse(Counter.MISUSE_ARGUMENT) : putLong(key.symbol, key.text, RecordLayout.LONG, value);
    }

    public Detail set(DoubleKey key, double value) {
        return key == null
                ? misuse(Counter.MISUSE_ARGUMENT)
                : putLong(key.symbol, key.text, RecordLayout.DOUBLE, Double.doubleToRawLongBits(value));
    }

    public Detail set(BooleanKey key, boolean value) {
        if (key == null) {
            return misuse(Counter.MISUSE_ARGUMENT);
        }
        if (enter()) {
            leave(admit() && span.appendBoolean(key.symbol, key.text, value));
        }
        return this;
    }

    private Detail putLong(int symbol, String key, int type, long bits) {
        if (enter()) {
            leave(admit() && span.appendLong(symbol, key, type, bits));
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
        if (span.detail != this || end() != span.position) {
            span.leave();
            misuse(Counter.MISUSE_ARGUMENT);
            return false;
        }
        RecordLayout.beginMove(span.buffer, span.home); // the record grows before its entry does (Rewritten)
        return true;
    }

    private int end() {
        final int lengthOffset = span.base + at + lengthAt;
        return lengthOffset + Integer.BYTES + span.buffer.getInt(lengthOffset);
    }

    private boolean admit() {
        return count < span.recorder.limits.detailAttributes();
    }

    private void leave(boolean appended) {
        note(appended);
        RecordLayout.endMove(span.buffer, span.home);
        span.leave();
    }

    /** For a caller that has entered the span already. */
    void append(Key key, String value) {
        RecordLayout.beginMove(span.buffer, span.home);
        note(admit() && span.appendString(key.symbol, key.text, RecordLayout.STRING, value));
        RecordLayout.endMove(span.buffer, span.home);
    }

    /** Of the span that a link leads to; for a caller that has entered the span already. */
    void append(TraceState state) {
        if (state.length() == 0) {
            return;
        }
        RecordLayout.beginMove(span.buffer, span.home);
        if (span.appendBytes(RecordLayout.TRACE_STATE, state.bytes(), state.length())) {
            grow();
        } else {
            span.recorder.counters.increment(Counter.DROPPED_ENTRIES);
        }
        RecordLayout.endMove(span.buffer, span.home);
    }

    private void grow() {
        final int lengthOffset = span.base + at + lengthAt;
        span.buffer.putInt(lengthOffset, span.position - lengthOffset - Integer.BYTES);
    }

    private void note(boolean appended) {
        if (appended) {
            count++;
            grow();
        } else {
            final int offset = span.base + at + droppedAt;
            span.buffer.putInt(offset, span.buffer.getInt(offset) + 1);
            span.recorder.counters.increment(Counter.DROPPED_ENTRIES);
        }
    }

    private Detail misuse(Counter counter) {
        if (span != null) {
            span.recorder.counters.increment(counter);
        }
        return this;
    }
}
