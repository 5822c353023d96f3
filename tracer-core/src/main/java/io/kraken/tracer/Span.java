package io.kraken.tracer;

import io.kraken.tracer.Key.BooleanKey;
import io.kraken.tracer.Key.BooleansKey;
import io.kraken.tracer.Key.DoubleKey;
import io.kraken.tracer.Key.DoublesKey;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.LongsKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Key.StringsKey;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.text.StringBytes;
import io.kraken.tracer.text.Symbols;

/**
 * An operation being recorded. Any thread may call any method at any time; none throws, blocks or allocates: what
 * cannot be done is ignored and counted.
 *
 * <p>A span from {@code start} belongs to the thread that started it, and should be ended by it: its methods need no
 * synchronisation. Calls from other threads have no effect and are counted as misuse, except that an end by another
 * thread does end the span. A span from {@code startDetached} belongs to no thread: any may use and end it; concurrent
 * calls wait for each other for a bounded number of spins. Ending a detached span is lock-free and happens exactly
 * once, whichever threads race.
 *
 * <p>Spans are pooled. An ended span must not be used again. A late use is recognised, ignored and counted until the
 * object is reused for another span: not before 128 others have ended for a span from {@code start}, 4,096 for one from
 * {@code startDetached} (a quarter of all records, if that is less), unless a span would be dropped otherwise.
 */
public final class Span extends UnfinishedSpan implements AutoCloseable {

    /**
     * Records nothing, costs nothing: the result of a disabled tracer's start, and the current span if there is none.
     */
    public static final Span NOOP = new Span(null, -1, 0);

    private static final int LONG_LENGTH = EntryLayout.TAG_LENGTH + Long.BYTES;

    Span(Recorder recorder, int record, long home) {
        super(recorder, record, home);
    }

    @Override
    Span span() {
        return this;
    }

    private boolean entered(Object argument, Object other) {
        if (argument == null || other == null) {
            misuse(Counter.MISUSE_ARGUMENT);
            return false;
        }
        return enter();
    }

    private Span badArgument() {
        misuse(Counter.MISUSE_ARGUMENT);
        return this;
    }

    public Span set(StringKey key, String value) {
        if (key != null && value != null && isOwn()) {
            putString(key.symbol, key.text, value);
        } else if (entered(key, value)) {
            putString(key.symbol, key.text, value);
            leave();
        }
        return this;
    }

    public Span set(LongKey key, long value) {
        if (key != null && isOwn()) {
            putLong(key.symbol, key.text, EntryLayout.LONG, value);
        } else if (entered(key, key)) {
            putLong(key.symbol, key.text, EntryLayout.LONG, value);
            leave();
        }
        return this;
    }

    public Span set(DoubleKey key, double value) {
        if (key != null && isOwn()) {
            putLong(key.symbol, key.text, EntryLayout.DOUBLE, Double.doubleToRawLongBits(value));
        } else if (entered(key, key)) {
            putLong(key.symbol, key.text, EntryLayout.DOUBLE, Double.doubleToRawLongBits(value));
            leave();
        }
        return this;
    }

    public Span set(BooleanKey key, boolean value) {
        if (entered(key, key)) {
            SpanWriter.putBoolean(this, key.symbol, key.text, value);
            leave();
        }
        return this;
    }

    public Span set(StringsKey key, String[] values) {
        if (entered(key, values)) {
            EntryWriter.put(this, key, values);
            leave();
        }
        return this;
    }

    public Span set(LongsKey key, long[] values) {
        if (entered(key, values)) {
            EntryWriter.put(this, key, values);
            leave();
        }
        return this;
    }

    public Span set(DoublesKey key, double[] values) {
        if (entered(key, values)) {
            EntryWriter.put(this, key, values);
            leave();
        }
        return this;
    }

    public Span set(BooleansKey key, boolean[] values) {
        if (entered(key, values)) {
            EntryWriter.put(this, key, values);
            leave();
        }
        return this;
    }

    /** For a key that is known only at run time. */
    public Span set(String key, String value) {
        if (key != null && value != null && isOwn()) {
            putString(Symbols.idOf(key), key, value);
        } else if (entered(key, value)) {
            putString(Symbols.idOf(key), key, value);
            leave();
        }
        return this;
    }

    public Span set(String key, long value) {
        if (key != null && isOwn()) {
            putLong(Symbols.idOf(key), key, EntryLayout.LONG, value);
        } else if (entered(key, key)) {
            putLong(Symbols.idOf(key), key, EntryLayout.LONG, value);
            leave();
        }
        return this;
    }

    public Span set(String key, double value) {
        if (key != null && isOwn()) {
            putLong(Symbols.idOf(key), key, EntryLayout.DOUBLE, Double.doubleToRawLongBits(value));
        } else if (entered(key, key)) {
            putLong(Symbols.idOf(key), key, EntryLayout.DOUBLE, Double.doubleToRawLongBits(value));
            leave();
        }
        return this;
    }

    public Span set(String key, boolean value) {
        if (entered(key, key)) {
            SpanWriter.putBoolean(this, Symbols.idOf(key), key, value);
            leave();
        }
        return this;
    }

    // --- short values

    private void putLong(int symbol, String key, int type, long bits) {
        final int at = position;
        if (at + LONG_LENGTH > limit || attributes >= recorder.fastAttributes || symbol == EntryLayout.INLINE_SYMBOL) {
            SpanWriter.putLong(this, symbol, key, type, bits);
            return;
        }
        final Memory memory = recorder.memory;
        memory.putInt(home + at, EntryLayout.tag(type, symbol));
        memory.putLong(home + at + EntryLayout.TAG_LENGTH, bits);
        appended(memory, at + LONG_LENGTH);
    }

    private void putString(int symbol, String key, String value) {
        final int from = position + EntryLayout.PREFIX_LENGTH;
        final int length = value.length();
        if (length > limit - from
                || attributes >= recorder.fastAttributes
                || symbol == EntryLayout.INLINE_SYMBOL
                || !StringBytes.putAscii(recorder.memory, home + from, value)) {
            SpanWriter.putString(this, symbol, key, value);
            return;
        }
        final Memory memory = recorder.memory;
        memory.putLong(
                home + from - EntryLayout.PREFIX_LENGTH,
                (long) length << 32 | EntryLayout.tag(EntryLayout.STRING, symbol) & 0xFFFF_FFFFL);
        appended(memory, from + length);
    }

    /** Publishes an attribute in the record itself; other threads and processes may read it from now on. */
    private void appended(Memory memory, int end) {
        attributes++;
        position = (short) end;
        RecordLayout.lengthRelease(memory, home, end);
    }

    // --- events, exceptions, links

    public SpanAnnotation event(SpanName name) {
        if (name == null) {
            badArgument();
            return SpanAnnotation.NOOP;
        }
        return addEvent(name.symbol, name.text);
    }

    /** For an event whose name is known only at run time. */
    public SpanAnnotation event(String name) {
        if (name == null) {
            badArgument();
            return SpanAnnotation.NOOP;
        }
        return addEvent(Symbols.idOf(name), name);
    }

    private SpanAnnotation addEvent(int symbol, String name) {
        if (!enter()) {
            return SpanAnnotation.NOOP;
        }
        final SpanAnnotation added = EntryWriter.event(this, EntryLayout.EVENT, symbol, name);
        leave();
        return added;
    }

    /**
     * Adds the event {@code exception} with type, message and, written later by the exporter, the stack trace. Does not
     * set the status. None of the exception's own code runs on this thread: if its class overrides {@code getMessage},
     * or is seen for the first time, the message is written with the stack trace.
     */
    public SpanAnnotation exception(Throwable thrown) {
        if (thrown == null) {
            badArgument();
            return SpanAnnotation.NOOP;
        }
        if (!enter()) {
            return SpanAnnotation.NOOP;
        }
        final SpanAnnotation added = EntryWriter.exception(this, thrown);
        leave();
        return added;
    }

    /** Links to a span of this or of another trace. */
    public SpanAnnotation link(TraceContext other) {
        if (other == null || !other.isValid()) {
            badArgument();
            return SpanAnnotation.NOOP;
        }
        if (!enter()) {
            return SpanAnnotation.NOOP;
        }
        final SpanAnnotation added = EntryWriter.link(this, other);
        leave();
        return added;
    }

    /**
     * Sets a baggage value of the trace, inherited by children and sent in headers from now on; null removes it. It is
     * not recorded.
     */
    public Span baggage(String key, String value) {
        if (key == null) {
            return badArgument();
        }
        if (enterToPassOn()) {
            EntryWriter.putBaggage(this, key, value);
            leave();
        }
        return this;
    }

    // --- name and status

    /** Changes the name. */
    public Span name(SpanName name) {
        if (entered(name, name)) {
            EntryWriter.putName(this, name.symbol, name.text);
            leave();
        }
        return this;
    }

    /** Changes the name to one that is known only at run time. */
    public Span name(String name) {
        if (entered(name, name)) {
            EntryWriter.putName(this, Symbols.idOf(name), name);
            leave();
        }
        return this;
    }

    public Span ok() {
        return status(StatusCode.OK, null);
    }

    /** Marks the span failed; the description may be null. */
    public Span error(String description) {
        return status(StatusCode.ERROR, description);
    }

    /** OK is final, and ERROR is never unset; the description is recorded with ERROR only. */
    public Span status(StatusCode code, String description) {
        if (code == null) {
            return badArgument();
        }
        if (enter()) {
            final int now = RecordLayout.status(recorder.memory, home);
            if (now != StatusCode.OK.ordinal() && code != StatusCode.UNSET) {
                if (code == StatusCode.ERROR && (description != null || now == StatusCode.ERROR.ordinal())) {
                    SpanWriter.appendText(this, EntryLayout.STATUS, description == null ? "" : description);
                }
                RecordLayout.status(recorder.memory, home, code.ordinal());
            }
            leave();
        }
        return this;
    }

    /**
     * Whether attributes are recorded, so that computing them is of use: false for {@link #NOOP}, for a span that is
     * not recorded, and once the span has ended.
     */
    public boolean isRecording() {
        return !isClosed() && !isUnrecorded();
    }

    /**
     * Makes this span the current one of the calling thread until the scope is closed. The owner of the span does not
     * change.
     */
    public Scope makeCurrent() {
        if (recorder == null || isClosed()) {
            misuse(Counter.MISUSE_AFTER_END);
            return Scope.NOOP;
        }
        return recorder.settledThread().scope(recorder).open(this);
    }

    /** Whether the status is ERROR; undefined once the span has ended. */
    public boolean isError() {
        return !isNoop() && !isUnrecorded() && RecordLayout.status(recorder.memory, home) == StatusCode.ERROR.ordinal();
    }

    @Override
    public void close() {
        end();
    }
}
