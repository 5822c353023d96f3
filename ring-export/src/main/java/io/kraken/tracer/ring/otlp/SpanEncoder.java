package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SymbolTable;
import io.kraken.tracer.file.Times;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Encoder of one record as a Span message, written from its end to its front. Its owner provides the texts of symbols
 * and the conversion of ticks.
 */
final class SpanEncoder {

    static final int SPAN_NAME = 5;
    static final int EVENT_NAME = 2;

    static final int ENCODED = 0;
    static final int NO_ROOM = 1;
    static final int MALFORMED = 2;

    private static final int SPANS = 2;

    /** Maximum size of a span without its entries: fixed fields, name, lengths. */
    private static final int SPAN_HEAD = 512;
    /** Maximum size of an entry in addition to four times its bytes: the key and lengths. */
    private static final int ENTRY_HEAD = SymbolTable.MAX_TEXT_LENGTH + 32;

    private final ReverseProto proto;
    private final SymbolFields spanNames;
    private final SymbolFields eventNames;
    private final AttributeEncoder attributes;
    /** Null when the records already contain epoch nanoseconds. */
    private final Times times;

    private final EntryCursor cursor = new EntryCursor();
    private final EntryCursor nested = new EntryCursor();

    private int[] entries = new int[64];
    private int entryCount;
    private int nestedCount;
    private boolean links;
    private boolean events;
    private int statusAt;
    private int nameAt;
    private int stateAt;

    SpanEncoder(ReverseProto proto, SymbolFields spanNames, SymbolFields eventNames, SymbolFields keys, Times times) {
        this.proto = proto;
        this.spanNames = spanNames;
        this.eventNames = eventNames;
        this.attributes = new AttributeEncoder(proto, keys);
        this.times = times;
    }

    /** Must be called before the first record of a request. */
    void begin() {
        if (times != null) {
            times.begin();
        }
    }

    /** From now on ids of symbols below this limit can be used. */
    void symbols(int idLimit) {
        attributes.symbols(idLimit);
    }

    /**
     * Writes the record as a span.
     *
     * @param end end offset of the record, exclusive; the caller guarantees that it lies inside the buffer
     * @param head number of bytes that must remain free in front of the span
     */
    int encode(ByteBuffer in, int base, int end, int head) {
        if (!scan(in, base, end)) {
            return MALFORMED;
        }
        final long most = SPAN_HEAD + 4L * (end - base) + (long) (entryCount + nestedCount) * ENTRY_HEAD;
        if (most > proto.room() - head) {
            return NO_ROOM;
        }
        final int mark = proto.mark();
        if (!writeSpan(in, base) | proto.takeBadText()) {
            proto.reset(mark);
            return MALFORMED;
        }
        proto.message(SPANS, mark);
        return ENCODED;
    }

    /** Validates the whole record and notes the offsets of its entries. */
    private boolean scan(ByteBuffer in, int base, int end) {
        entryCount = 0;
        nestedCount = 0;
        links = false;
        events = false;
        statusAt = 0;
        nameAt = 0;
        stateAt = 0;
        cursor.wrap(in, base + RecordLayout.HEADER_LENGTH, end);
        while (cursor.next()) {
            if (EntryLayout.isKeyless(cursor.type()) && cursor.symbol() != EntryLayout.NO_SYMBOL) {
                return false;
            }
            switch (cursor.type()) {
                case EntryLayout.STATUS:
                    statusAt = cursor.offset();
                    break;
                case EntryLayout.NAME:
                    nameAt = cursor.offset();
                    break;
                case EntryLayout.TRACE_STATE:
                    stateAt = cursor.offset();
                    break;
                case EntryLayout.EVENT:
                case EntryLayout.THROWN:
                case EntryLayout.LINK:
                    if (!scanNested(in)) {
                        return false;
                    }
                    links |= cursor.type() == EntryLayout.LINK;
                    events |= cursor.type() != EntryLayout.LINK;
                    note(cursor.offset());
                    break;
                default:
                    if (!cursor.isValueSound()) {
                        return false;
                    }
                    note(cursor.offset());
            }
        }
        return !cursor.malformed()
                && RecordLayout.spanId(in, base) != 0
                && (RecordLayout.traceIdHigh(in, base) | RecordLayout.traceIdLow(in, base)) != 0;
    }

    private boolean scanNested(ByteBuffer in) {
        nested.wrap(in, cursor.nestedOffset(), cursor.endOffset());
        while (nested.next()) {
            if (!nested.isSoundIn(cursor.type())) {
                return false;
            }
            nestedCount++;
        }
        return !nested.malformed();
    }

    private void note(int offset) {
        if (entryCount == entries.length) {
            entries = Arrays.copyOf(entries, entryCount * 2);
        }
        entries[entryCount++] = offset;
    }

    /** Writes the fields from the last to the first. False when a symbol is unknown or a field has an invalid value. */
    private boolean writeSpan(ByteBuffer in, int base) {
        final int status = RecordLayout.status(in, base);
        final int kind = RecordLayout.kind(in, base);
        if (status < 0 || status > 2 || kind < 0 || kind > 5) {
            return false;
        }
        if (times != null) {
            times.load(RecordLayout.anchor(in, base));
        }
        proto.fixed32(16, RecordLayout.flags(in, base));
        writeStatus(in, status);
        proto.uint32(14, RecordLayout.dropped(in, base, RecordLayout.DROPPED_LINKS_OFFSET));
        if (links && !writeLinks(in)) {
            return false;
        }
        proto.uint32(12, RecordLayout.dropped(in, base, RecordLayout.DROPPED_EVENTS_OFFSET));
        if (events && !writeEvents(in)) {
            return false;
        }
        proto.uint32(10, RecordLayout.dropped(in, base, RecordLayout.DROPPED_ATTRIBUTES_OFFSET));
        if (!attributes.write(in, entries, entryCount, 9)) {
            return false;
        }
        final long startNs = toEpochNs(RecordLayout.startTicks(in, base));
        proto.fixed64(8, Math.max(startNs, toEpochNs(RecordLayout.endTicks(in, base))));
        proto.fixed64(7, startNs);
        proto.uint32(6, kind);
        if (!writeName(in, RecordLayout.name(in, base))) {
            return false;
        }
        final long parentId = RecordLayout.parentId(in, base);
        if (parentId != 0) {
            proto.id64(4, parentId);
        }
        if (stateAt != 0) {
            writeText(in, stateAt, 3);
        }
        proto.id64(2, RecordLayout.spanId(in, base));
        proto.id128(1, RecordLayout.traceIdHigh(in, base), RecordLayout.traceIdLow(in, base));
        return true;
    }

    private boolean writeName(ByteBuffer in, int symbol) {
        if (symbol != EntryLayout.NO_SYMBOL) {
            return spanNames.write(proto, symbol);
        }
        if (nameAt != 0) {
            writeText(in, nameAt, 5);
        }
        return true;
    }

    /** Writes the text of an entry that has no key. */
    private void writeText(ByteBuffer in, int at, int field) {
        final int length = at + EntryLayout.TAG_LENGTH;
        proto.string(field, in, length + Integer.BYTES, in.getInt(length));
    }

    private void writeStatus(ByteBuffer in, int status) {
        if (status == 0) {
            return;
        }
        final int mark = proto.mark();
        proto.uint32(3, status);
        if (status == 2 && statusAt != 0) {
            writeText(in, statusAt, 2);
        }
        proto.message(15, mark);
    }

    private boolean writeLinks(ByteBuffer in) {
        for (int i = entryCount - 1; i >= 0; i--) {
            if (EntryLayout.type(in.getInt(entries[i])) == EntryLayout.LINK && !writeLink(in, entries[i])) {
                return false;
            }
        }
        return true;
    }

    private boolean writeLink(ByteBuffer in, int at) {
        final int mark = proto.mark();
        final int body = at + EntryLayout.PREFIX_LENGTH;
        final int inner = body + EntryLayout.LINK_HEAD_LENGTH;
        final int end = endOf(in, at);
        proto.fixed32(6, in.getInt(body + 3 * Long.BYTES));
        proto.uint32(5, in.getInt(body + 3 * Long.BYTES + Integer.BYTES));
        if (!attributes.writeNested(in, inner, end, 4)) {
            return false;
        }
        int state = 0;
        nested.wrap(in, inner, end);
        while (nested.next()) {
            state = nested.type() == EntryLayout.TRACE_STATE ? nested.offset() : state;
        }
        if (state != 0) {
            writeText(in, state, 3);
        }
        proto.id64(2, in.getLong(body + 2 * Long.BYTES));
        proto.id128(1, in.getLong(body), in.getLong(body + Long.BYTES));
        proto.message(13, mark);
        return true;
    }

    private boolean writeEvents(ByteBuffer in) {
        for (int i = entryCount - 1; i >= 0; i--) {
            final int type = EntryLayout.type(in.getInt(entries[i]));
            if ((type == EntryLayout.EVENT || type == EntryLayout.THROWN) && !writeEvent(in, entries[i])) {
                return false;
            }
        }
        return true;
    }

    private boolean writeEvent(ByteBuffer in, int at) {
        final int mark = proto.mark();
        cursor.wrap(in, at, endOf(in, at));
        cursor.next();
        final int body = cursor.valueOffset();
        proto.uint32(4, in.getInt(body + Long.BYTES));
        if (!attributes.writeNested(in, cursor.nestedOffset(), cursor.endOffset(), 3)) {
            return false;
        }
        if (cursor.symbol() == EntryLayout.INLINE_SYMBOL) {
            proto.string(2, in, cursor.keyOffset(), cursor.keyLength());
        } else if (!eventNames.write(proto, cursor.symbol())) {
            return false;
        }
        proto.fixed64(1, toEpochNs(in.getLong(body)));
        proto.message(11, mark);
        return true;
    }

    /** End offset of an entry that {@link #scan} has validated and whose value has a length. */
    private static int endOf(ByteBuffer in, int at) {
        int length = at + EntryLayout.TAG_LENGTH;
        if (EntryLayout.symbol(in.getInt(at)) == EntryLayout.INLINE_SYMBOL) {
            length += Integer.BYTES + in.getInt(length);
        }
        return length + Integer.BYTES + in.getInt(length);
    }

    private long toEpochNs(long ticks) {
        return times == null ? ticks : times.toEpochNs(ticks);
    }
}
