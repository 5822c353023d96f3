package io.kraken.tracer;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SymbolTable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Published records as text, as read by a reader that takes the last value of each key. One line for the span, its name
 * and kind; indented below it its attributes ({@code .key = value}), events ({@code *}), links ({@code ->}), status
 * ({@code !}) and dropped counts ({@code -}), then its children.
 */
final class Picture {

    private static final SpanKind[] KINDS = SpanKind.values();
    private static final int USUAL_FLAGS = TraceContext.SAMPLED | TraceContext.RANDOM | RecordLayout.FLAG_REMOTE_KNOWN;

    private final SymbolTable symbols;
    private final List<CapturingSink.Published> records;
    private final Map<Long, List<CapturingSink.Published>> children = new LinkedHashMap<>();
    private final StringBuilder text = new StringBuilder();

    private Picture(SymbolTable symbols, List<CapturingSink.Published> records) {
        this.symbols = symbols;
        this.records = new ArrayList<>(records);
        this.records.sort(
                (a, b) -> Long.compare(RecordLayout.startTicks(a.bytes(), 0), RecordLayout.startTicks(b.bytes(), 0)));
    }

    static String of(SymbolTable symbols, List<CapturingSink.Published> records) {
        return new Picture(symbols, records).draw();
    }

    private String draw() {
        final List<Long> ids = records.stream().map(Picture::spanId).collect(Collectors.toList());
        final List<CapturingSink.Published> roots = new ArrayList<>();
        for (CapturingSink.Published record : records) {
            final long parent = RecordLayout.parentId(record.bytes(), 0);
            if (ids.contains(parent)) {
                children.computeIfAbsent(parent, id -> new ArrayList<>()).add(record);
            } else {
                roots.add(record);
            }
        }
        for (CapturingSink.Published root : roots) {
            draw(root, "");
        }
        return text.toString();
    }

    private static long spanId(CapturingSink.Published record) {
        return RecordLayout.spanId(record.bytes(), 0);
    }

    private void draw(CapturingSink.Published record, String indent) {
        final ByteBuffer bytes = record.bytes();
        if (RecordLayout.length(bytes, 0) != bytes.capacity()) {
            throw new AssertionError("length " + RecordLayout.length(bytes, 0) + " published " + bytes.capacity());
        }
        final Lines lines = new Lines(record);
        text.append(indent).append(lines.name).append(' ').append(KINDS[RecordLayout.kind(bytes, 0) - 1]);
        final int flags = RecordLayout.flags(bytes, 0);
        text.append(flags == USUAL_FLAGS ? "" : String.format(Locale.ROOT, " flags=%03x", flags))
                .append('\n');
        final String inner = indent + "  ";
        lines.attributes.forEach((key, value) -> line(inner, "." + key + " = " + value));
        lines.others.forEach(other -> line(inner, other));
        for (CapturingSink.Published child : children.getOrDefault(spanId(record), List.of())) {
            draw(child, inner);
        }
    }

    private void line(String indent, String line) {
        text.append(indent).append(line).append('\n');
    }

    /** The entries of one record. */
    private final class Lines {
        final Map<String, String> attributes = new LinkedHashMap<>();
        final List<String> others = new ArrayList<>();
        String name;

        Lines(CapturingSink.Published record) {
            final ByteBuffer bytes = record.bytes();
            final int thrown = RecordLayout.thrown(bytes, 0);
            int stacks = 0;
            name = symbolText(RecordLayout.name(bytes, 0));
            String description = "";
            final EntryCursor cursor =
                    new EntryCursor().wrap(bytes, RecordLayout.HEADER_LENGTH, RecordLayout.length(bytes, 0));
            while (cursor.next()) {
                switch (cursor.type()) {
                    case EntryLayout.NAME -> name = string(cursor, bytes);
                    case EntryLayout.STATUS -> description = ' ' + quoted(string(cursor, bytes));
                    case EntryLayout.TRACE_STATE -> others.add("~ " + string(cursor, bytes));
                    case EntryLayout.EVENT -> others.add("* " + key(cursor, bytes) + nested(cursor, bytes, 8));
                    case EntryLayout.THROWN ->
                        others.add("* " + key(cursor, bytes) + nested(cursor, bytes, 8) + " thrown "
                                + record.thrown().get(stacks++).getClass().getSimpleName());
                    case EntryLayout.LINK -> others.add("-> " + link(cursor, bytes));
                    default -> put(attributes, cursor, bytes);
                }
            }
            if (cursor.malformed() || stacks != thrown) {
                throw new AssertionError("malformed record of " + name + ", " + stacks + " of " + thrown + " thrown");
            }
            status(RecordLayout.status(bytes, 0), description);
            dropped(bytes, RecordLayout.DROPPED_ATTRIBUTES_OFFSET, "attributes");
            dropped(bytes, RecordLayout.DROPPED_EVENTS_OFFSET, "events");
            dropped(bytes, RecordLayout.DROPPED_LINKS_OFFSET, "links");
        }

        private void status(int status, String description) {
            if (status == StatusCode.ERROR.ordinal()) {
                others.add("! ERROR" + description);
            } else if (status != StatusCode.UNSET.ordinal()) {
                others.add("! OK");
            }
        }

        private void dropped(ByteBuffer bytes, int offset, String what) {
            if (RecordLayout.dropped(bytes, 0, offset) != 0) {
                others.add("- dropped " + what + " " + RecordLayout.dropped(bytes, 0, offset));
            }
        }
    }

    private String link(EntryCursor cursor, ByteBuffer bytes) {
        final int at = cursor.valueOffset();
        return String.format(
                Locale.ROOT,
                "%016x%016x-%016x flags=%03x%s",
                bytes.getLong(at),
                bytes.getLong(at + 8),
                bytes.getLong(at + 16),
                bytes.getInt(at + 24),
                nested(cursor, bytes, 28));
    }

    private String nested(EntryCursor cursor, ByteBuffer bytes, int droppedOffset) {
        final Map<String, String> attributes = new LinkedHashMap<>();
        final EntryCursor inner = new EntryCursor().wrap(bytes, cursor.nestedOffset(), cursor.endOffset());
        String state = "";
        while (inner.next()) {
            if (inner.type() == EntryLayout.TRACE_STATE) {
                state = " ~ " + string(inner, bytes);
            } else {
                put(attributes, inner, bytes);
            }
        }
        if (inner.malformed()) {
            throw new AssertionError("malformed entries in " + key(cursor, bytes));
        }
        final int dropped = bytes.getInt(cursor.valueOffset() + droppedOffset);
        return state + (attributes.isEmpty() ? "" : " " + attributes) + (dropped == 0 ? "" : " dropped " + dropped);
    }

    private void put(Map<String, String> attributes, EntryCursor cursor, ByteBuffer bytes) {
        attributes.remove(key(cursor, bytes)); // the last one counts
        attributes.put(key(cursor, bytes), value(cursor, bytes));
    }

    private String key(EntryCursor cursor, ByteBuffer bytes) {
        return cursor.symbol() == EntryLayout.INLINE_SYMBOL
                ? utf8(bytes, cursor.keyOffset(), cursor.keyLength())
                : symbolText(cursor.symbol());
    }

    private String symbolText(int symbol) {
        final byte[] known = symbols.text(symbol);
        return known == null ? "<no name>" : new String(known, StandardCharsets.UTF_8);
    }

    private static String value(EntryCursor cursor, ByteBuffer bytes) {
        return switch (cursor.type()) {
            case EntryLayout.LONG -> Long.toString(cursor.longValue());
            case EntryLayout.DOUBLE -> Double.toString(Double.longBitsToDouble(cursor.longValue()));
            case EntryLayout.TRUE -> "true";
            case EntryLayout.FALSE -> "false";
            case EntryLayout.STRING -> quoted(string(cursor, bytes));
            default -> array(cursor, bytes);
        };
    }

    private static String array(EntryCursor cursor, ByteBuffer bytes) {
        final List<String> items = new ArrayList<>();
        int at = cursor.valueOffset();
        final String type;
        switch (cursor.type()) {
            case EntryLayout.LONGS -> {
                type = "longs";
                for (; at < cursor.endOffset(); at += 8) {
                    items.add(Long.toString(bytes.getLong(at)));
                }
            }
            case EntryLayout.DOUBLES -> {
                type = "doubles";
                for (; at < cursor.endOffset(); at += 8) {
                    items.add(Double.toString(bytes.getDouble(at)));
                }
            }
            case EntryLayout.BOOLEANS -> {
                type = "booleans";
                for (; at < cursor.endOffset(); at++) {
                    items.add(bytes.get(at) == 1 ? "true" : "false");
                }
            }
            default -> {
                type = "strings";
                while (at < cursor.endOffset()) {
                    final int length = bytes.getInt(at);
                    items.add(length < 0 ? "null" : quoted(utf8(bytes, at + 4, length)));
                    at += 4 + Math.max(0, length);
                }
            }
        }
        return type + items;
    }

    private static String string(EntryCursor cursor, ByteBuffer bytes) {
        return utf8(bytes, cursor.valueOffset(), cursor.valueLength());
    }

    private static String quoted(String value) {
        return '"' + value + '"';
    }

    private static String utf8(ByteBuffer bytes, int at, int length) {
        return new String(bytes.array(), at, length, StandardCharsets.UTF_8);
    }
}
