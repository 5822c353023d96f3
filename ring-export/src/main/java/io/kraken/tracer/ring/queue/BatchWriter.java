package io.kraken.tracer.ring.queue;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.Times;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Encoder of the spans of batches as documents. Each record is copied and then converted in place: one pass over its
 * entries validates them, replaces the ids of symbols and converts the times of events. Allocates nothing after it has
 * seen all symbols. Used by one thread.
 */
public final class BatchWriter {

    private static final int WRITTEN = 0;
    private static final int NO_ROOM = 1;
    private static final int MALFORMED = 2;

    private static final int NOT_SIMPLE = -1;

    /** Space that is always kept free after the records. */
    private static final int ROOM_FOR_PLACES = BatchLayout.placesLength(BatchLayout.MAX_RECORDS);

    private final SpanFile file;
    private final Counters counters;
    private final byte[] resource;
    private final Times times;
    private final BatchSymbols symbols;
    private final int[] places = new int[BatchLayout.MAX_RECORDS];
    private final CRC32C checksum = new CRC32C();
    private final EntryCursor cursor = new EntryCursor();
    private final EntryCursor nested = new EntryCursor();

    private long number;
    private int end;
    private int limit;
    /** Number of records in earlier documents or omitted from them. */
    private long earlier;

    private int records;
    private int leftOut;
    private long latestEndNs;

    /** @param resource attributes of the resource of all spans */
    public BatchWriter(SpanFile file, Map<String, String> resource) {
        this.file = file;
        this.resource = encode(resource);
        counters = file.counters();
        times = new Times(new Anchors(file.buffer(), file.layout().anchorsOffset()), counters);
        symbols = new BatchSymbols(file.symbols());
    }

    /**
     * Encodes the resource. Pairs that contain a NUL, which could not be separated again, and pairs that do not fit are
     * omitted.
     */
    private static byte[] encode(Map<String, String> attributes) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            final String key = attribute.getKey();
            final String value = attribute.getValue();
            final byte[] pair = (key + '\0' + value + '\0').getBytes(StandardCharsets.UTF_8);
            if (key.indexOf('\0') < 0
                    && value.indexOf('\0') < 0
                    && bytes.size() + pair.length <= BatchLayout.MAX_RESOURCE_LENGTH) {
                bytes.write(pair, 0, pair.length);
            }
        }
        return bytes.toByteArray();
    }

    /** Allocates a buffer that is large enough for any document. */
    public static ByteBuffer newBuffer() {
        return ByteBuffer.allocateDirect(BatchLayout.MAX_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Writes the batch's records from this one on, as many as fit, as a document, and leaves it between the buffer's
     * position, which is 0, and its limit. The batch is not changed. Malformed records, and records larger than a
     * document, are counted and omitted, so a document may have no records. It must be appended nevertheless, since it
     * accounts for them and has used a number.
     *
     * @param from less than {@code batch.count()}
     * @param out little-endian, as allocated by {@link #newBuffer()}
     * @return the number of records that the document accounts for, at least one
     */
    public int write(SpanSource batch, int from, ByteBuffer out) {
        begin(out);
        final int last = Math.min(batch.count(), from + BatchLayout.MAX_RECORDS);
        int record = from;
        while (record < last) {
            if (!take(batch, record, out, record == from)) {
                break;
            }
            record++;
        }
        finish(out);
        return record - from;
    }

    /** Number of spans in the document written last. */
    public int records() {
        return records;
    }

    /** Number of the document written last. */
    public long number() {
        return number;
    }

    private void begin(ByteBuffer out) {
        out.clear();
        end = BatchLayout.recordsOffset(resource.length);
        limit = Math.min(out.capacity(), BatchLayout.MAX_LENGTH) - ROOM_FOR_PLACES;
        records = 0;
        leftOut = 0;
        latestEndNs = 0;
        times.begin();
        symbols.truncate(0);
    }

    /** False when this record must go into the next document. */
    private boolean take(SpanSource batch, int record, ByteBuffer out, boolean isFirst) {
        final int symbolsBefore = symbols.count();
        final int outcome =
                copy(batch.buffer(record), batch.offset(record), batch.endOffset(record) - batch.offset(record), out);
        if (outcome == WRITTEN) {
            places[records++] = batch.record(record);
            return true;
        }
        symbols.truncate(symbolsBefore);
        if (outcome == NO_ROOM && !isFirst) {
            return false;
        }
        omit(outcome == NO_ROOM ? Counter.TOO_LARGE : Counter.POISON);
        return true;
    }

    private void omit(Counter why) {
        leftOut++;
        counters.increment(why);
    }

    private int copy(ByteBuffer in, int base, int length, ByteBuffer out) {
        if (length < RecordLayout.HEADER_LENGTH) {
            return MALFORMED;
        }
        final int at = end;
        final int taken = BatchLayout.aligned(length);
        if (taken > limit - symbols.length() - at) {
            return NO_ROOM;
        }
        out.put(at, in, base, length);
        clearBehind(out, at + length);
        if (!translate(out, at) || !translateEntries(out, at + RecordLayout.HEADER_LENGTH, at + length)) {
            return MALFORMED;
        }
        if (taken > limit - symbols.length() - at) {
            return NO_ROOM;
        }
        latestEndNs = Math.max(latestEndNs, RecordLayout.endTicks(out, at));
        end = at + taken;
        return WRITTEN;
    }

    /** Clears the padding after a record, which must not contain bytes of others. */
    private static void clearBehind(ByteBuffer out, int to) {
        final int excess = to & Long.BYTES - 1;
        if (excess != 0) {
            final int word = to - excess;
            out.putLong(word, out.getLong(word) & (1L << excess * Byte.SIZE) - 1);
        }
    }

    private boolean translate(ByteBuffer out, int at) {
        final int kind = RecordLayout.kind(out, at);
        final int status = RecordLayout.status(out, at);
        if (kind < 0
                || kind > 5
                || status < 0
                || status > 2
                || RecordLayout.spanId(out, at) == 0
                || (RecordLayout.traceIdHigh(out, at) | RecordLayout.traceIdLow(out, at)) == 0) {
            return false;
        }
        times.load(RecordLayout.anchor(out, at));
        final long startNs = times.toEpochNs(RecordLayout.startTicks(out, at));
        RecordLayout.startTicks(out, at, startNs);
        RecordLayout.endTicks(out, at, Math.max(startNs, times.toEpochNs(RecordLayout.endTicks(out, at))));
        final int name = RecordLayout.name(out, at);
        final int place = symbols.place(name);
        RecordLayout.name(out, at, place);
        return place != 0 || name == EntryLayout.NO_SYMBOL;
    }

    /**
     * Converts leading strings and numbers, which most records consist of, without the bookkeeping of a cursor.
     *
     * @return offset of the first entry that is of another type or malformed
     */
    private int translateSimple(ByteBuffer out, int from, int to) {
        int at = from;
        while (to - at >= EntryLayout.PREFIX_LENGTH) {
            final long prefix = out.getLong(at);
            final int type = EntryLayout.type((int) prefix);
            final int length = type == EntryLayout.STRING
                    ? (int) (prefix >>> Integer.SIZE) + Integer.BYTES
                    : type == EntryLayout.LONG || type == EntryLayout.DOUBLE ? Long.BYTES : NOT_SIMPLE;
            final int place = symbols.place(EntryLayout.symbol((int) prefix));
            if (length < 0 || length > to - at - EntryLayout.TAG_LENGTH || place == 0) {
                break;
            }
            out.putInt(at, EntryLayout.tag(type, place));
            at += EntryLayout.TAG_LENGTH + length;
        }
        return at;
    }

    private boolean translateEntries(ByteBuffer out, int from, int to) {
        final int rest = translateSimple(out, from, to);
        if (rest == to) {
            return true;
        }
        cursor.wrap(out, rest, to);
        while (cursor.next()) {
            switch (cursor.type()) {
                case EntryLayout.STATUS:
                case EntryLayout.NAME:
                case EntryLayout.TRACE_STATE:
                    if (cursor.symbol() != EntryLayout.NO_SYMBOL) {
                        return false;
                    }
                    break;
                case EntryLayout.LINK:
                    if (cursor.symbol() != EntryLayout.NO_SYMBOL || !translateNested(out)) {
                        return false;
                    }
                    break;
                case EntryLayout.EVENT:
                case EntryLayout.THROWN:
                    if (!translateKey(out, cursor) || !translateNested(out)) {
                        return false;
                    }
                    final int time = cursor.valueOffset();
                    out.putLong(time, times.toEpochNs(out.getLong(time)));
                    break;
                default:
                    if (!translateKey(out, cursor) || !cursor.isValueSound()) {
                        return false;
                    }
            }
        }
        return !cursor.malformed();
    }

    private boolean translateNested(ByteBuffer out) {
        nested.wrap(out, cursor.nestedOffset(), cursor.endOffset());
        while (nested.next()) {
            if (!nested.isSoundIn(cursor.type()) || nested.isAttribute() && !translateKey(out, nested)) {
                return false;
            }
        }
        return !nested.malformed();
    }

    private boolean translateKey(ByteBuffer out, EntryCursor entry) {
        final int symbol = entry.symbol();
        if (symbol == EntryLayout.INLINE_SYMBOL) {
            return true;
        }
        final int place = symbols.place(symbol);
        out.putInt(entry.offset(), EntryLayout.tag(entry.type(), place));
        return place != 0;
    }

    /** Writes the places; returns their end offset. */
    private int writePlaces(ByteBuffer out) {
        final int placesEnd = end + BatchLayout.placesLength(records);
        if ((records & 1) != 0) {
            out.putInt(placesEnd - Integer.BYTES, 0);
        }
        for (int record = 0; record < records; record++) {
            out.putInt(BatchLayout.placeOffset(end, record), places[record]);
        }
        return placesEnd;
    }

    private void finish(ByteBuffer out) {
        final int recordsOffset = BatchLayout.recordsOffset(resource.length);
        BatchLayout.magicAndVersion(out, 0);
        BatchLayout.incarnation(out, 0, file.incarnationHigh(), file.incarnationLow());
        BatchLayout.number(out, 0, ++number);
        BatchLayout.records(out, 0, records, leftOut, latestEndNs);
        BatchLayout.parts(out, 0, resource.length, end - recordsOffset);
        BatchLayout.symbolsAndEarlier(out, 0, symbols.count(), earlier);
        earlier += records + leftOut;
        for (int at = BatchLayout.HEADER_LENGTH + resource.length; at < recordsOffset; at++) {
            out.put(at, (byte) 0);
        }
        out.put(BatchLayout.HEADER_LENGTH, resource);
        final int length = symbols.write(out, writePlaces(out));
        out.limit(length).position(BatchLayout.CHECKED_OFFSET);
        checksum.reset();
        checksum.update(out);
        out.position(0);
        BatchLayout.lengthAndChecksum(out, 0, length, (int) checksum.getValue());
    }
}
