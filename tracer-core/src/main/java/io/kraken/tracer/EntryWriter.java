package io.kraken.tracer;

import io.kraken.tracer.Key.BooleansKey;
import io.kraken.tracer.Key.DoublesKey;
import io.kraken.tracer.Key.LongsKey;
import io.kraken.tracer.Key.StringsKey;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.propagation.Baggage;
import io.kraken.tracer.propagation.TraceState;
import io.kraken.tracer.text.Utf8;

/**
 * The writer of the less frequent entries: names, trace state, arrays, events, exceptions, links. The caller has
 * entered the span.
 */
final class EntryWriter {

    private static final SpanName EXCEPTION = SpanName.of("exception");
    private static final Key TYPE = Key.ofString("exception.type");
    private static final Key MESSAGE = Key.ofString("exception.message");

    private EntryWriter() {}

    // --- names, trace state and baggage

    /** For a span that no other thread can see yet. */
    static void putAtStart(Span span, int symbol, String name) {
        if (span.carried != TraceBaggagePool.NONE) {
            putCarried(span);
        }
        if (symbol == EntryLayout.INLINE_SYMBOL) {
            putName(span, symbol, name);
        }
    }

    /** Records the trace state and the configured keys of the baggage; the caller has entered the span. */
    private static void putCarried(Span span) {
        final TraceBaggage carried = TraceBaggagePool.process().at(span.carried);
        final TraceState state = carried.state;
        if (state.length() > 0
                && !SpanWriter.appendBytes(span, EntryLayout.TRACE_STATE, state.bytes(), state.length())) {
            span.recorder.counters.increment(Counter.DROPPED_ENTRIES);
        }
        if (carried.baggage.length() > 0) {
            span.recorder.baggage.write(span, carried.baggage);
        }
    }

    /** The caller has entered the span. */
    static void putBaggage(Span span, String key, String value) {
        if (!Baggage.isKey(key)) {
            span.recorder.counters.increment(Counter.MISUSE_ARGUMENT);
            return;
        }
        final TraceBaggagePool pool = TraceBaggagePool.process();
        final long before = span.carried;
        final long after = pool.with(before, key, value);
        if (after == TraceBaggagePool.NONE) {
            span.recorder.counters.increment(Counter.CONTEXT_LOST);
            return;
        }
        pool.replace(span, before, after);
        final Frame top = span.recorder.top(span.recorder.thread());
        if (top instanceof Scope) {
            ((Scope) top).follow(span);
        }
    }

    /** Gives a span a name; the caller has entered the span. */
    static void putName(Span span, int symbol, String name) {
        if (symbol != EntryLayout.INLINE_SYMBOL) {
            RecordLayout.name(span.recorder.memory, span.home, symbol);
        } else {
            RecordLayout.name(span.recorder.memory, span.home, EntryLayout.NO_SYMBOL);
            SpanWriter.appendText(span, EntryLayout.NAME, name);
            span.recorder.counters.increment(Counter.SYMBOLS_FULL);
        }
    }

    // --- arrays

    static void put(Span span, LongsKey key, long[] values) {
        final long at = reserve(span, key, EntryLayout.LONGS, (long) values.length * Long.BYTES);
        if (at >= 0) {
            for (int i = 0; i < values.length; i++) {
                span.recorder.memory.putLong(at + i * Long.BYTES, values[i]);
            }
            done(span, at + values.length * Long.BYTES);
        }
    }

    static void put(Span span, DoublesKey key, double[] values) {
        final long at = reserve(span, key, EntryLayout.DOUBLES, (long) values.length * Double.BYTES);
        if (at >= 0) {
            for (int i = 0; i < values.length; i++) {
                span.recorder.memory.putLong(at + i * Double.BYTES, Double.doubleToRawLongBits(values[i]));
            }
            done(span, at + values.length * Double.BYTES);
        }
    }

    static void put(Span span, BooleansKey key, boolean[] values) {
        final long at = reserve(span, key, EntryLayout.BOOLEANS, values.length);
        if (at >= 0) {
            for (int i = 0; i < values.length; i++) {
                span.recorder.memory.putByte(at + i, values[i] ? 1 : 0);
            }
            done(span, at + values.length);
        }
    }

    static void put(Span span, StringsKey key, String[] values) {
        long bytes = 0;
        for (int i = 0; i < values.length && bytes <= span.recorder.maxLength; i++) {
            final String value = values[i];
            bytes += Integer.BYTES + (value == null ? 0 : Utf8.length(value, chars(span, value)));
        }
        long at = reserve(span, key, EntryLayout.STRINGS, bytes);
        if (at < 0) {
            return;
        }
        final Memory memory = span.recorder.memory;
        final long begin = at;
        int left = (int) bytes - values.length * Integer.BYTES; // the program may modify the array concurrently
        for (String value : values) {
            int written = -1;
            if (value != null) {
                final int chars = chars(span, value);
                written = Utf8.put(memory, at + Integer.BYTES, Math.min(left, Utf8.length(value, chars)), value, chars);
                left -= written;
                if (chars < value.length()) {
                    span.recorder.counters.increment(Counter.TRUNCATED);
                }
            }
            memory.putInt(at, written);
            at += Integer.BYTES + Math.max(0, written);
        }
        memory.putInt(begin - Integer.BYTES, (int) (at - begin));
        done(span, at);
    }

    private static int chars(Span span, String value) {
        return Utf8.within(value, Math.min(span.recorder.limits.valueLength(), span.recorder.maxLength));
    }

    private static long reserve(Span span, Key key, int type, long bytes) {
        if (!Compaction.admit(span, key.symbol, key.text)) {
            return -1;
        }
        final long at = bytes > span.recorder.maxLength
                ? -1
                : SpanWriter.reserve(span, key.symbol, key.text, type, Integer.BYTES + (int) bytes);
        if (at < 0) {
            SpanWriter.dropped(span, RecordLayout.DROPPED_ATTRIBUTES_OFFSET);
            return at;
        }
        span.recorder.memory.putInt(at, (int) bytes);
        return at + Integer.BYTES;
    }

    private static void done(Span span, long end) {
        span.attributes++;
        SpanWriter.commit(span, end);
    }

    static SpanAnnotation event(Span span, int type, int symbol, String name) {
        if (span.events >= span.recorder.limits.events()) {
            SpanWriter.dropped(span, RecordLayout.DROPPED_EVENTS_OFFSET);
            return SpanAnnotation.NOOP;
        }
        final long at = SpanWriter.reserve(span, symbol, name, type, Integer.BYTES + EntryLayout.EVENT_HEAD_LENGTH);
        if (at < 0) {
            SpanWriter.dropped(span, RecordLayout.DROPPED_EVENTS_OFFSET);
            return SpanAnnotation.NOOP;
        }
        span.recorder.memory.putInt(at, EntryLayout.EVENT_HEAD_LENGTH);
        span.recorder.memory.putLong(at + Integer.BYTES, span.recorder.ticks());
        span.recorder.memory.putInt(at + Integer.BYTES + Long.BYTES, 0);
        span.events++;
        return begun(span, at, at + Integer.BYTES + EntryLayout.EVENT_HEAD_LENGTH);
    }

    /** @param lengthAt the address of the entry's length */
    private static SpanAnnotation begun(Span span, long lengthAt, long end) {
        final int before = SpanWriter.length(span);
        SpanWriter.commit(span, end);
        final int value = (int) (end - lengthAt);
        return span.recorder.thread().annotation().begin(span, before, SpanWriter.length(span) - before - value);
    }

    static SpanAnnotation link(Span span, TraceContext linked) {
        final TraceContext other =
                linked instanceof Span ? span.recorder.thread().copyOf((Span) linked) : linked;
        if (other == null || span.links >= span.recorder.limits.links()) {
            SpanWriter.dropped(span, RecordLayout.DROPPED_LINKS_OFFSET);
            return SpanAnnotation.NOOP;
        }
        final long at = SpanWriter.reserve(
                span, EntryLayout.NO_SYMBOL, null, EntryLayout.LINK, Integer.BYTES + EntryLayout.LINK_HEAD_LENGTH);
        if (at < 0) {
            SpanWriter.dropped(span, RecordLayout.DROPPED_LINKS_OFFSET);
            return SpanAnnotation.NOOP;
        }
        final Memory memory = span.recorder.memory;
        memory.putInt(at, EntryLayout.LINK_HEAD_LENGTH);
        final long head = at + Integer.BYTES;
        memory.putLong(head, other.traceIdHigh);
        memory.putLong(head + Long.BYTES, other.traceIdLow);
        memory.putLong(head + 2 * Long.BYTES, other.spanId);
        memory.putInt(head + 3 * Long.BYTES, other.flags | other.childFlags);
        memory.putInt(head + 3 * Long.BYTES + Integer.BYTES, 0);
        span.links++;
        final SpanAnnotation annotation = begun(span, at, head + EntryLayout.LINK_HEAD_LENGTH);
        if (other.carried != TraceBaggagePool.NONE) {
            putState(span, annotation, other);
        }
        return annotation;
    }

    private static void putState(Span span, SpanAnnotation annotation, TraceContext other) {
        final long handle = other.carried;
        if (handle == TraceBaggagePool.OWN) {
            annotation.append(other.own().state);
            return;
        }
        final TraceBaggage held = TraceBaggagePool.process().borrow(handle);
        if (held == null) {
            span.recorder.counters.increment(Counter.CONTEXT_LOST);
            return;
        }
        try {
            annotation.append(held.state);
            TraceBaggagePool.process().release(handle);
        } catch (Throwable e) { // no method call in this block
            held.unreleased++;
            throw e;
        }
    }

    static SpanAnnotation exception(Span span, Throwable thrown) {
        final boolean kept = span.events < span.recorder.limits.events() && keep(span, thrown);
        final SpanAnnotation annotation =
                event(span, kept ? EntryLayout.THROWN : EntryLayout.EVENT, EXCEPTION.symbol, EXCEPTION.text);
        if (annotation == SpanAnnotation.NOOP) {
            if (kept) {
                forgetLast(span);
            }
            return annotation;
        }
        annotation.append(TYPE, thrown.getClass().getName());
        // Any other getMessage is the program's own code and may block: the exporter calls it with the stack trace.
        if (span.recorder.chunks.thrown.plainMessages.isPlain(thrown.getClass()) && thrown.getMessage() != null) {
            annotation.append(MESSAGE, thrown.getMessage());
        }
        return annotation;
    }

    /** Keeps the exception for the exporter, which writes its stack trace; false if there is no place for it. */
    private static boolean keep(Span span, Throwable throwable) {
        final ThrownPool pool = span.recorder.chunks.thrown;
        if (span.thrown == ThrownPool.NONE) {
            span.thrown = (short) pool.take();
        }
        if (span.thrown == ThrownPool.NONE) {
            return false;
        }
        final Throwable[] kept = pool.at(span.thrown);
        for (int i = 0; i < kept.length; i++) {
            if (kept[i] == null) {
                kept[i] = throwable;
                RecordLayout.thrown(span.recorder.memory, span.home, i + 1);
                return true;
            }
        }
        return false;
    }

    private static void forgetLast(Span span) {
        final Throwable[] kept = span.recorder.chunks.thrown.at(span.thrown);
        int last = kept.length - 1;
        while (kept[last] == null) {
            last--;
        }
        kept[last] = null;
        RecordLayout.thrown(span.recorder.memory, span.home, last);
    }
}
