package io.kraken.tracer;

import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.Utf8Check;
import io.kraken.tracer.propagation.Baggage;
import io.kraken.tracer.text.Symbols;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The baggage keys whose values are recorded as attributes {@code baggage.<key>} of each span, as they are when the
 * span starts. OTLP has no field for baggage, and baggage may contain data that must not be stored, so the keys are
 * configured. Immutable.
 */
final class BaggageAttributes {

    static final BaggageAttributes NONE = new BaggageAttributes(List.of());

    private static final String PREFIX = "baggage.";

    private final String[] keys;
    private final String[] names;
    private final int[] symbols;

    BaggageAttributes(List<String> keys) {
        this.keys = keys.toArray(new String[0]);
        this.names = new String[this.keys.length];
        this.symbols = new int[this.keys.length];
        for (int i = 0; i < this.keys.length; i++) {
            names[i] = PREFIX + this.keys[i];
            symbols[i] = Symbols.idOf(names[i]);
        }
    }

    /** The caller has entered the span. */
    void write(Span span, Baggage baggage) {
        for (int i = 0; i < keys.length; i++) {
            final int equals = baggage.equalsOf(keys[i]);
            if (equals >= 0 && Compaction.admit(span, symbols[i], names[i])) {
                SpanWriter.count(span, append(span, i, baggage, equals));
            }
        }
    }

    /** Leaves out a value that is not valid UTF-8 once decoded, or for which there is no room. */
    private boolean append(Span span, int key, Baggage baggage, int equals) {
        final int length = baggage.decodedLength(equals);
        final long at = length > span.recorder.maxValueLength
                ? -1
                : SpanWriter.reserve(span, symbols[key], names[key], EntryLayout.STRING, Integer.BYTES + length);
        if (at < 0) {
            return false;
        }
        final Memory memory = span.recorder.memory;
        final long from = at + Integer.BYTES;
        memory.putInt(at, length);
        final ByteBuffer buffer = memory.buffer();
        final int offset = memory.offset(from);
        baggage.decode(equals, buffer, offset);
        final boolean valid = Utf8Check.isValid(buffer, offset, offset + length);
        if (valid) {
            SpanWriter.commit(span, from + length);
        } else {
            SpanWriter.cancel(span, at);
        }
        return valid;
    }
}
