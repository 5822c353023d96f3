package io.kraken.tracer.ring.view;

import io.kraken.tracer.SpanKind;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SymbolTable;
import io.kraken.tracer.file.Times;
import io.kraken.tracer.file.Utf8Check;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.SpanSource;
import io.kraken.tracer.text.Hex;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Decoder of records into {@link SpanData}. It accepts and rejects the same records as the OTLP encoder, and validates
 * all fields in the same way. Used by one thread.
 */
public final class SpanDecoder {

    private static final Malformed MALFORMED = new Malformed();
    private static final SpanKind[] KINDS = SpanKind.values();
    private static final StatusCode[] STATUSES = StatusCode.values();
    /**
     * Placeholder for a text that is not UTF-8, compared by identity; the span is rejected only if the text is part of
     * its result.
     */
    private static final String INVALID_TEXT = new String("not UTF-8");

    /** Ends the decoding of a record; does not leave this class. */
    private static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Malformed() {
            super("malformed record");
        }
    }

    private final IntFunction<byte[]> symbols;
    /** Null when the records already contain epoch nanoseconds. */
    private final Times times;

    private final Map<String, String> resource;
    private final Counters counters;
    private final String[] texts;
    private final EntryCursor cursor = new EntryCursor();
    private final EntryCursor nested = new EntryCursor();

    /**
     * @param counters counts malformed records and lost anchors; null to count nothing, in which case batches can't be
     * decoded
     */
    public SpanDecoder(SymbolTable symbols, Anchors anchors, Map<String, String> resource, Counters counters) {
        this(symbols::text, symbols.idLimit(), new Times(anchors, counters), resource, counters);
    }

    private SpanDecoder(
            IntFunction<byte[]> symbols, int idLimit, Times times, Map<String, String> resource, Counters counters) {
        this.symbols = symbols;
        this.times = times;
        this.resource = Collections.unmodifiableMap(new LinkedHashMap<>(resource));
        this.counters = counters;
        this.texts = new String[idLimit];
    }

    /** The spans of a document, in order; malformed records are skipped. */
    public static List<SpanData> decode(BatchReader document) {
        final SpanDecoder decoder = of(document);
        final List<SpanData> spans = new ArrayList<>(document.count());
        for (int record = 0; record < document.count(); record++) {
            final SpanData span =
                    decoder.decode(document.buffer(), document.offset(record), document.endOffset(record));
            if (span != null) {
                spans.add(span);
            }
        }
        return spans;
    }

    /** A decoder for the records of a document, valid until the reader moves to another one. */
    public static SpanDecoder of(BatchReader document) {
        return new SpanDecoder(document::symbol, document.symbols() + 1, null, document.resource(), null);
    }

    /**
     * A decoder for the records of this process.
     *
     * @param resource attributes of the resource of all spans
     */
    public SpanDecoder(SpanFile file, Map<String, String> resource) {
        this(file.symbols(), readingView(file), resource, file.counters());
    }

    private static Anchors readingView(SpanFile file) {
        return new Anchors(file.buffer(), file.layout().anchorsOffset());
    }

    /**
     * The spans of a batch from this record on, in order; malformed records are counted and skipped. The batch is not
     * changed.
     */
    public List<SpanData> decode(SpanSource batch, int from) {
        final List<SpanData> spans = new ArrayList<>(batch.count() - from);
        for (int record = from; record < batch.count(); record++) {
            final SpanData span = decode(batch.buffer(record), batch.offset(record), batch.endOffset(record));
            if (span == null) {
                counters.increment(Counter.POISON);
            } else {
                spans.add(span);
            }
        }
        return spans;
    }

    /**
     * Decodes one record; null when it is malformed.
     *
     * @param end end offset of the record, exclusive; the caller guarantees that it lies inside the buffer
     */
    public SpanData decode(ByteBuffer in, int base, int end) {
        try {
            return read(in, base, end);
        } catch (Malformed e) {
            return null;
        }
    }

    private SpanData read(ByteBuffer in, int base, int end) {
        check(end - base >= RecordLayout.HEADER_LENGTH);
        final long high = RecordLayout.traceIdHigh(in, base);
        final long low = RecordLayout.traceIdLow(in, base);
        final long spanId = RecordLayout.spanId(in, base);
        final int kind = RecordLayout.kind(in, base);
        final int status = RecordLayout.status(in, base);
        check((high | low) != 0 && spanId != 0);
        check(kind >= 0 && kind <= KINDS.length && status >= 0 && status < STATUSES.length);
        if (times != null) {
            times.begin();
            times.load(RecordLayout.anchor(in, base));
        }
        final long startNs = epochNs(RecordLayout.startTicks(in, base));
        final Texts inline = inlineTexts(in, base, end);
        final int symbol = RecordLayout.name(in, base);
        final SpanData.Builder span = SpanData.of(
                Hex.id(high) + Hex.id(low),
                Hex.id(spanId),
                symbol == EntryLayout.NO_SYMBOL ? inline.name : text(symbol));
        final long parent = RecordLayout.parentId(in, base);
        span.parent(parent == 0 ? "" : Hex.id(parent), RecordLayout.flags(in, base))
                .traceState(inline.state)
                .kind(KINDS[Math.max(0, kind - 1)]) // OTLP treats an unspecified kind as INTERNAL
                .time(startNs, Math.max(startNs, epochNs(RecordLayout.endTicks(in, base))))
                .status(STATUSES[status], STATUSES[status] == StatusCode.ERROR ? inline.status : "")
                .dropped(
                        RecordLayout.dropped(in, base, RecordLayout.DROPPED_ATTRIBUTES_OFFSET),
                        RecordLayout.dropped(in, base, RecordLayout.DROPPED_EVENTS_OFFSET),
                        RecordLayout.dropped(in, base, RecordLayout.DROPPED_LINKS_OFFSET))
                .resource(resource);
        readEntries(in, base, end, span);
        final SpanData data = span.build();
        check(data.name() != INVALID_TEXT && data.statusMessage() != INVALID_TEXT && data.traceState() != INVALID_TEXT);
        checkTexts(data.attributes());
        return data;
    }

    /** Checks the final values only: those that were replaced may be invalid. */
    private static void checkTexts(Map<String, Object> attributes) {
        for (Object value : attributes.values()) {
            check(value != INVALID_TEXT);
        }
    }

    /** Name, status message and trace state that are stored in the record itself. */
    private static final class Texts {
        private String name = "";
        private String status = "";
        private String state = "";
    }

    private Texts inlineTexts(ByteBuffer in, int base, int end) {
        final Texts texts = new Texts();
        cursor.wrap(in, base + RecordLayout.HEADER_LENGTH, end);
        while (cursor.next()) {
            if (cursor.type() == EntryLayout.NAME) {
                texts.name = utf8(in, cursor.valueOffset(), cursor.valueLength());
            } else if (cursor.type() == EntryLayout.STATUS) {
                texts.status = utf8(in, cursor.valueOffset(), cursor.valueLength());
            } else if (cursor.type() == EntryLayout.TRACE_STATE) {
                texts.state = utf8(in, cursor.valueOffset(), cursor.valueLength());
            }
        }
        return texts;
    }

    private void readEntries(ByteBuffer in, int base, int end, SpanData.Builder span) {
        cursor.wrap(in, base + RecordLayout.HEADER_LENGTH, end);
        while (cursor.next()) {
            switch (cursor.type()) {
                case EntryLayout.STATUS:
                case EntryLayout.NAME:
                case EntryLayout.TRACE_STATE:
                    check(cursor.symbol() == EntryLayout.NO_SYMBOL);
                    break;
                case EntryLayout.EVENT:
                case EntryLayout.THROWN:
                    span.event(event(in));
                    break;
                case EntryLayout.LINK:
                    check(cursor.symbol() == EntryLayout.NO_SYMBOL);
                    span.link(link(in));
                    break;
                default:
                    span.attribute(key(in, cursor), value(in, cursor));
            }
        }
        check(!cursor.malformed());
    }

    private SpanData.Event event(ByteBuffer in) {
        final int body = cursor.valueOffset();
        return new SpanData.Event(
                key(in, cursor), epochNs(in.getLong(body)), nestedAttributes(in), in.getInt(body + Long.BYTES));
    }

    private SpanData.Link link(ByteBuffer in) {
        final int body = cursor.valueOffset();
        final int flagsAt = body + 3 * Long.BYTES;
        return new SpanData.Link(
                Hex.id(in.getLong(body)) + Hex.id(in.getLong(body + Long.BYTES)),
                Hex.id(in.getLong(body + 2 * Long.BYTES)),
                nestedState(in),
                in.getInt(flagsAt),
                nestedAttributes(in),
                in.getInt(flagsAt + Integer.BYTES));
    }

    private String nestedState(ByteBuffer in) {
        String state = "";
        nested.wrap(in, cursor.nestedOffset(), cursor.endOffset());
        while (nested.next()) {
            if (nested.type() == EntryLayout.TRACE_STATE) {
                state = utf8(in, nested.valueOffset(), nested.valueLength());
            }
        }
        check(state != INVALID_TEXT);
        return state;
    }

    private Map<String, Object> nestedAttributes(ByteBuffer in) {
        final Map<String, Object> attributes = new LinkedHashMap<>();
        nested.wrap(in, cursor.nestedOffset(), cursor.endOffset());
        while (nested.next()) {
            check(nested.isSoundIn(cursor.type()));
            if (nested.isAttribute()) {
                final String key = key(in, nested);
                attributes.remove(key);
                attributes.put(key, value(in, nested));
            }
        }
        check(!nested.malformed());
        checkTexts(attributes);
        return attributes;
    }

    private String key(ByteBuffer in, EntryCursor entry) {
        if (entry.symbol() != EntryLayout.INLINE_SYMBOL) {
            return text(entry.symbol());
        }
        final String key = utf8(in, entry.keyOffset(), entry.keyLength());
        check(key != INVALID_TEXT);
        return key;
    }

    private static Object value(ByteBuffer in, EntryCursor entry) {
        check(entry.isValueSound());
        switch (entry.type()) {
            case EntryLayout.LONG:
                return entry.longValue();
            case EntryLayout.DOUBLE:
                return Double.longBitsToDouble(entry.longValue());
            case EntryLayout.TRUE:
            case EntryLayout.FALSE:
                return entry.type() == EntryLayout.TRUE;
            case EntryLayout.STRING:
                return utf8(in, entry.valueOffset(), entry.valueLength());
            default:
                return list(in, entry);
        }
    }

    private static Object list(ByteBuffer in, EntryCursor entry) {
        final List<Object> items = new ArrayList<>();
        for (int at = entry.valueOffset(); at < entry.endOffset(); ) {
            switch (entry.type()) {
                case EntryLayout.LONGS:
                    items.add(in.getLong(at));
                    at += Long.BYTES;
                    break;
                case EntryLayout.DOUBLES:
                    items.add(in.getDouble(at));
                    at += Double.BYTES;
                    break;
                case EntryLayout.BOOLEANS:
                    items.add(in.get(at++) != 0);
                    break;
                default:
                    final int length = in.getInt(at);
                    final String text = length < 0 ? null : utf8(in, at + Integer.BYTES, length);
                    if (text == INVALID_TEXT) {
                        return INVALID_TEXT;
                    }
                    items.add(text);
                    at += Integer.BYTES + Math.max(0, length);
            }
        }
        return Collections.unmodifiableList(items);
    }

    private String text(int symbol) {
        check(symbol > 0 && symbol < texts.length);
        if (texts[symbol] == null) {
            final byte[] utf8 = symbols.apply(symbol);
            check(utf8 != null && Utf8Check.isValid(ByteBuffer.wrap(utf8), 0, utf8.length));
            texts[symbol] = new String(utf8, StandardCharsets.UTF_8);
        }
        return texts[symbol];
    }

    private static String utf8(ByteBuffer in, int offset, int length) {
        if (!Utf8Check.isValid(in, offset, offset + length)) {
            return INVALID_TEXT;
        }
        final byte[] bytes = new byte[length];
        in.get(offset, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private long epochNs(long ticks) {
        return times == null ? ticks : times.toEpochNs(ticks);
    }

    private static void check(boolean sound) {
        if (!sound) {
            throw MALFORMED;
        }
    }
}
