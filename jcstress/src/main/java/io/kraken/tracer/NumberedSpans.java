package io.kraken.tracer;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;

/**
 * Spans whose ids, attributes and events are derived from a number, so that a mixture of two spans is detected. Used by
 * one thread.
 */
final class NumberedSpans {

    static final SpanName NAME = SpanName.of("stress");

    private static final LongKey NUMBER = Key.ofLong("number");
    private static final StringKey PADDING = Key.ofString("padding");
    private static final String LONG_TEXT = "x".repeat(300);
    /** Spans of one thread have numbers from a separate range, so that those of two threads differ. */
    private static final int RANGE_SHIFT = 48;

    private final Tracer tracer;
    private final RemoteContext parent = new RemoteContext();
    private long number;

    NumberedSpans(Tracer tracer, int range) {
        this.tracer = tracer;
        this.number = (long) range << RANGE_SHIFT;
    }

    private TraceContext parent() {
        number++;
        return parent.set(number, ~number, number, TraceContext.SAMPLED);
    }

    Span start() {
        return tracer.start(NAME, SpanKind.INTERNAL, parent());
    }

    Span startDetached() {
        return tracer.startDetached(NAME, SpanKind.INTERNAL, parent());
    }

    Span number(Span span) {
        return span.set(NUMBER, number);
    }

    /** Makes the span continue in further records. */
    Span outgrow(Span span) {
        for (int i = 0; i < 3; i++) {
            span.event(NAME).set(PADDING, LONG_TEXT);
        }
        span.event(NAME).set(NUMBER, -number);
        return span;
    }

    /** Sets more attributes than a span may have, so that earlier ones are compacted, with an event in between. */
    Span rewrite(Span span) {
        number(number(span)).event(NAME).set(NUMBER, -number);
        return number(span);
    }

    /** The number of the newest span. */
    long newest() {
        return number;
    }

    /** Checks records, or copies of them. */
    static final class Check {
        private final EntryCursor entries = new EntryCursor();
        private final EntryCursor nested = new EntryCursor();

        boolean isWhole(ByteBuffer bytes, int begin, int end) {
            final long number = RecordLayout.traceIdHigh(bytes, begin);
            boolean whole = RecordLayout.traceIdLow(bytes, begin) == ~number
                    && RecordLayout.parentId(bytes, begin) == number
                    && RecordLayout.name(bytes, begin) == NAME.symbol;
            if (RecordLayout.state(RecordLayout.commitWord(bytes, begin)) == RecordLayout.DONE) {
                whole &= RecordLayout.endTicks(bytes, begin) >= RecordLayout.startTicks(bytes, begin);
            }
            entries.wrap(bytes, begin + RecordLayout.HEADER_LENGTH, end);
            while (entries.next()) {
                if (entries.type() == EntryLayout.LONG) {
                    whole &= entries.symbol() == NUMBER.symbol && entries.longValue() == number;
                } else if (entries.type() == EntryLayout.EVENT) {
                    nested.wrap(bytes, entries.nestedOffset(), entries.endOffset());
                    while (nested.next()) {
                        whole &= nested.symbol() == PADDING.symbol || nested.longValue() == -number;
                    }
                    whole &= !nested.malformed();
                }
            }
            return whole && !entries.malformed();
        }
    }
}
