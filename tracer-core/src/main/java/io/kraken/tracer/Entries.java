package io.kraken.tracer;

import io.kraken.tracer.Key.BooleansKey;
import io.kraken.tracer.Key.DoublesKey;
import io.kraken.tracer.Key.LongsKey;
import io.kraken.tracer.Key.StringsKey;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;

/** The rarer kinds of entries: arrays, events, exceptions and links. The caller has entered the span. */
final class Entries {

    private static final SpanName EXCEPTION = SpanName.of("exception");
    private static final Key TYPE = Key.ofString("exception.type");
    private static final Key MESSAGE = Key.ofString("exception.message");

    private Entries() {}

    static void put(Span span, LongsKey key, long[] values) {
        final int at = reserve(span, key, RecordLayout.LONGS, (long) values.length * Long.BYTES);
        if (at >= 0) {
            for (int i = 0; i < values.length; i++) {
                span.buffer.putLong(at + i * Long.BYTES, values[i]);
            }
            done(span, at + values.length * Long.BYTES);
        }
    }

    static void put(Span span, DoublesKey key, double[] values) {
        final int at = reserve(span, key, RecordLayout.DOUBLES, (long) values.length * Double.BYTES);
        if (at >= 0) {
            for (int i = 0; i < values.length; i++) {
                span.buffer.putDouble(at + i * Double.BYTES, values[i]);
            }
            done(span, at + values.length * Double.BYTES);
        }
    }

    static void put(Span span, BooleansKey key, boolean[] values) {
        final int at = reserve(span, key, RecordLayout.BOOLEANS, values.length);
        if (at >= 0) {
            for (int i = 0; i < values.length; i++) {
                span.buffer.put(at + i, (byte) (values[i] ? 1 : 0));
            }
            done(span, at + values.length);
        }
    }

    static void put(Span span, StringsKey key, String[] values) {
        long bytes = 0;
        for (int i = 0; i < values.length && bytes <= span.recorder.pool.largestLength(); i++) {
            final String value = values[i];
            bytes += Integer.BYTES + (value == null ? 0 : Utf8.length(value, chars(span, value)));
        }
        int at = reserve(span, key, RecordLayout.STRINGS, bytes);
        if (at < 0) {
            return;
        }
        final ByteBuffer buffer = span.buffer;
        final int begin = at;
        int left = (int) bytes - values.length * Integer.BYTES; // the program may change the array meanwhile
        for (String value : values) {
            int written = -1;
            if (value != null) {
                final int chars = chars(span, value);
                written = Utf8.put(buffer, at + Integer.BYTES, Math.min(left, Utf8.length(value, chars)), value, chars);
                left -= written;
                if (chars < value.length()) {
                    span.recorder.counters.increment(Counter.TRUNCATED);
                }
            }
            buffer.putInt(at, written);
            at += Integer.BYTES + Math.max(0, written);
        }
        buffer.putInt(begin - Integer.BYTES, at - begin);
        done(span, at);
    }

    private static int chars(Span span, String value) {
        return Utf8.within(value, Math.min(span.recorder.limits.valueLength(), span.recorder.pool.largestLength()));
    }

    private static int reserve(Span span, Key key, int type, long bytes) {
        if (!span.admit(key.symbol, key.text)) {
            return -1;
        }
        final int at = bytes > span.recorder.pool.largestLength()
                ? -1
                : span.reserve(key.symbol, key.text, type, Integer.BYTES + (int) bytes);
        if (at < 0) {
            span.dropped(RecordLayout.DROPPED_ATTRIBUTES_OFFSET);
            return at;
        }
        span.buffer.putInt(at, (int) bytes);
        return at + Integer.BYTES;
    }

    private static void done(Span span, int end) {
        span.attributes++;
        span.commit(end);
    }

    static Detail event(Span span, int type, int symbol, String name) {
        if (span.events >= span.recorder.limits.events()) {
            span.dropped(RecordLayout.DROPPED_EVENTS_OFFSET);
            return Detail.NOOP;
        }
        final int at = span.reserve(symbol, name, type, Integer.BYTES + RecordLayout.EVENT_HEAD_LENGTH);
        if (at < 0) {
            span.dropped(RecordLayout.DROPPED_EVENTS_OFFSET);
            return Detail.NOOP;
        }
        span.buffer.putInt(at, RecordLayout.EVENT_HEAD_LENGTH);
        span.buffer.putLong(at + Integer.BYTES, span.recorder.clock.ticks());
        span.buffer.putInt(at + Integer.BYTES + Long.BYTES, 0);
        span.events++;
        return begun(span, at, at + Integer.BYTES + RecordLayout.EVENT_HEAD_LENGTH);
    }

    private static Detail begun(Span span, int lengthAt, int end) {
        final int at = span.position;
        span.commit(end);
        return span.takeDetail().begin(at, lengthAt);
    }

    static Detail link(Span span, TraceContext linked) {
        final TraceContext other =
                linked instanceof Span ? span.recorder.thread().copyOf((Span) linked) : linked;
        if (other == null || span.links >= span.recorder.limits.links()) {
            span.dropped(RecordLayout.DROPPED_LINKS_OFFSET);
            return Detail.NOOP;
        }
        final int at = span.reserve(
                RecordLayout.NO_SYMBOL, null, RecordLayout.LINK, Integer.BYTES + RecordLayout.LINK_HEAD_LENGTH);
        if (at < 0) {
            span.dropped(RecordLayout.DROPPED_LINKS_OFFSET);
            return Detail.NOOP;
        }
        final ByteBuffer buffer = span.buffer;
        buffer.putInt(at, RecordLayout.LINK_HEAD_LENGTH);
        final int head = at + Integer.BYTES;
        buffer.putLong(head, other.traceIdHigh);
        buffer.putLong(head + Long.BYTES, other.traceIdLow);
        buffer.putLong(head + 2 * Long.BYTES, other.spanId);
        buffer.putInt(head + 3 * Long.BYTES, other.flags | other.childFlags);
        buffer.putInt(head + 3 * Long.BYTES + Integer.BYTES, 0);
        span.links++;
        final Detail detail = begun(span, at, head + RecordLayout.LINK_HEAD_LENGTH);
        if (other.carried != CarriedPool.NONE) {
            putState(span, detail, other);
        }
        return detail;
    }

    private static void putState(Span span, Detail detail, TraceContext other) {
        final long handle = other.carried;
        if (handle == CarriedPool.OWN) {
            detail.append(other.own().state);
        } else if (CarriedPool.process().hold(handle)) {
            detail.append(CarriedPool.process().at(handle).state);
            CarriedPool.process().letGo(handle);
        } else {
            span.recorder.counters.increment(Counter.CONTEXT_LOST);
        }
    }

    /** Asked for outside the span's protection, since it is the program's own code that answers. */
    static String message(Throwable thrown, Recorder recorder) {
        try {
            return thrown.getMessage();
        } catch (Throwable e) {
            recorder.failed(e);
            return null;
        }
    }

    static Detail exception(Span span, Throwable thrown, String message) {
        final boolean kept = span.events < span.recorder.limits.events() && span.keep(thrown);
        final Detail detail =
                event(span, kept ? RecordLayout.THROWN : RecordLayout.EVENT, EXCEPTION.symbol, EXCEPTION.text);
        if (detail == Detail.NOOP) {
            if (kept) {
                span.forgetLast();
            }
            return detail;
        }
        detail.append(TYPE, thrown.getClass().getName());
        if (message != null) {
            detail.append(MESSAGE, message);
        }
        return detail;
    }
}
