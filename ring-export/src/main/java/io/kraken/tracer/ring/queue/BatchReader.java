package io.kraken.tracer.ring.queue;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SymbolTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Reader and validator of a document of a queue. The bytes are not trusted: {@link #wrap} checks the whole document
 * once, in time bounded by its length, and never throws; all later calls rely on that check, as long as the bytes are
 * not changed. An instance is reused: it allocates only for a new buffer or when a document has more symbols than any
 * before. Used by one thread.
 */
public final class BatchReader {

    /** Reason why bytes are not a valid document. */
    public enum Refusal {
        /** Fewer bytes than a header, or outside the buffer. */
        TOO_SHORT,
        MAGIC,
        VERSION,
        /** The length in the header exceeds the available bytes or the maximum of a document. */
        LENGTH,
        CHECKSUM,
        /** The checksum is correct but the parts are inconsistent: not written by this library. */
        STRUCTURE
    }

    private final CRC32C crc = new CRC32C();
    private final EntryCursor cursor = new EntryCursor();
    private final EntryCursor nested = new EntryCursor();
    private final int[] offsets = new int[BatchLayout.MAX_RECORDS];
    private int[] symbolOffsets = new int[256];

    private ByteBuffer wrapped;
    /** A duplicate of {@code wrapped} with its own position and limit. */
    private ByteBuffer view;

    private Refusal refusal = Refusal.TOO_SHORT;
    private int base;
    private int count;
    private int placesAt;
    private int symbols;
    private long sound;

    /**
     * Reads and validates the document at this offset.
     *
     * @param length number of bytes available; the document may have fewer
     * @return whether it is valid; if not, {@link #refusal()} has the reason
     */
    public boolean wrap(ByteBuffer buffer, int offset, int length) {
        count = 0;
        symbols = 0;
        sound = 0;
        refusal = check(buffer, offset, length);
        if (refusal != null) {
            count = 0;
            symbols = 0;
            sound = 0;
        }
        return refusal == null;
    }

    private Refusal check(ByteBuffer buffer, int offset, int length) {
        if (offset < 0 || length < BatchLayout.HEADER_LENGTH || offset > buffer.limit() - length) {
            return Refusal.TOO_SHORT;
        }
        if (buffer != wrapped) {
            wrapped = buffer;
            view = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        }
        base = offset;
        view.clear();
        if (BatchLayout.magic(view, base) != BatchLayout.MAGIC) {
            return Refusal.MAGIC;
        }
        if (BatchLayout.version(view, base) != BatchLayout.VERSION) {
            return Refusal.VERSION;
        }
        final int documentLength = length();
        if (documentLength < BatchLayout.HEADER_LENGTH
                || documentLength > Math.min(length, BatchLayout.MAX_LENGTH)
                || !isAligned(documentLength)) {
            return Refusal.LENGTH;
        }
        view.limit(base + documentLength).position(base + BatchLayout.CHECKED_OFFSET);
        crc.reset();
        crc.update(view);
        view.clear();
        if ((int) crc.getValue() != BatchLayout.checksum(view, base)) {
            return Refusal.CHECKSUM;
        }
        return isStructureSound(base + documentLength) ? null : Refusal.STRUCTURE;
    }

    private static boolean isAligned(int length) {
        return (length & Long.BYTES - 1) == 0;
    }

    /** Checks the structure; each part is accessed only after it is known to lie before the end. */
    private boolean isStructureSound(int end) {
        final int resourceLength = BatchLayout.resourceLength(view, base);
        final int recordsLength = BatchLayout.recordsLength(view, base);
        count = BatchLayout.records(view, base);
        symbols = BatchLayout.symbols(view, base);
        if (count < 0 || count > BatchLayout.MAX_RECORDS || earlier() < 0 || leftOut() < 0) {
            return false;
        }
        if (resourceLength < 0 || resourceLength > BatchLayout.MAX_RESOURCE_LENGTH) {
            return false;
        }
        final int recordsAt = base + BatchLayout.recordsOffset(resourceLength);
        if (recordsAt > end || recordsLength < 0 || recordsLength > end - recordsAt || !isAligned(recordsLength)) {
            return false;
        }
        placesAt = recordsAt + recordsLength;
        final int placesLength = BatchLayout.placesLength(count);
        return placesLength <= end - placesAt
                && areSymbolsSound(placesAt + placesLength, end)
                && isResourceSound(resourceLength)
                && areRecordsSound(recordsAt);
    }

    private boolean areSymbolsSound(int from, int end) {
        if (symbols < 0 || symbols > (end - from) / BatchLayout.MIN_SYMBOL_FOOTPRINT) {
            return false;
        }
        if (symbols >= symbolOffsets.length) {
            symbolOffsets = new int[Math.max(symbols + 1, symbolOffsets.length * 2)];
        }
        int at = from;
        for (int id = 1; id <= symbols; id++) {
            if (end - at < BatchLayout.MIN_SYMBOL_FOOTPRINT) {
                return false;
            }
            final int length = view.getInt(at);
            if (length <= 0 || length > SymbolTable.MAX_TEXT_LENGTH || SymbolTable.footprint(length) > end - at) {
                return false;
            }
            symbolOffsets[id] = at + BatchLayout.SYMBOL_TEXT_OFFSET;
            at += SymbolTable.footprint(length);
        }
        return at == end;
    }

    /** Checks that the resource consists of pairs: an even number of NULs, the last of them at the end. */
    private boolean isResourceSound(int length) {
        final int from = base + BatchLayout.HEADER_LENGTH;
        int nuls = 0;
        for (int at = from; at < from + length; at++) {
            nuls += view.get(at) == 0 ? 1 : 0;
        }
        return length == 0 || (nuls & 1) == 0 && view.get(from + length - 1) == 0;
    }

    private boolean areRecordsSound(int from) {
        int at = from;
        for (int record = 0; record < count; record++) {
            if (placesAt - at < RecordLayout.HEADER_LENGTH) {
                return false;
            }
            final int length = RecordLayout.length(view, at);
            if (length < RecordLayout.HEADER_LENGTH || length > placesAt - at) {
                return false;
            }
            offsets[record] = at;
            at += BatchLayout.aligned(length);
            if (place(record) < 0 || generation(record) == 0) {
                return false;
            }
            if (isRecordSound(record)) {
                sound |= 1L << record;
            }
        }
        return at == placesAt;
    }

    private boolean isRecordSound(int record) {
        final int at = offsets[record];
        final int kind = RecordLayout.kind(view, at);
        final int status = RecordLayout.status(view, at);
        final int name = RecordLayout.name(view, at);
        return kind >= 0
                && kind <= 5
                && status >= 0
                && status <= 2
                && RecordLayout.spanId(view, at) != 0
                && (RecordLayout.traceIdHigh(view, at) | RecordLayout.traceIdLow(view, at)) != 0
                && name >= 0
                && name <= symbols
                && areEntriesSound(at + RecordLayout.HEADER_LENGTH, endOffset(record));
    }

    private boolean areEntriesSound(int from, int end) {
        cursor.wrap(view, from, end);
        while (cursor.next()) {
            final int type = cursor.type();
            if (EntryLayout.isKeyless(type) ? cursor.symbol() != EntryLayout.NO_SYMBOL : !isKey(cursor.symbol())) {
                return false;
            }
            if (type == EntryLayout.EVENT || type == EntryLayout.THROWN || type == EntryLayout.LINK) {
                if (!areNestedSound()) {
                    return false;
                }
            } else if (!cursor.isValueSound()) {
                return false;
            }
        }
        return !cursor.malformed();
    }

    private boolean areNestedSound() {
        nested.wrap(view, cursor.nestedOffset(), cursor.endOffset());
        while (nested.next()) {
            if (!nested.isSoundIn(cursor.type()) || nested.isAttribute() && !isKey(nested.symbol())) {
                return false;
            }
        }
        return !nested.malformed();
    }

    private boolean isKey(int symbol) {
        return symbol == EntryLayout.INLINE_SYMBOL || symbol > 0 && symbol <= symbols;
    }

    /** The reason why the bytes wrapped last are not valid; null when they are. */
    public Refusal refusal() {
        return refusal;
    }

    /** The document's buffer, little-endian, to which all offsets refer. */
    public ByteBuffer buffer() {
        return view;
    }

    /** Length of the document in bytes. */
    public int length() {
        return BatchLayout.length(view, base);
    }

    public long incarnationHigh() {
        return BatchLayout.incarnationHigh(view, base);
    }

    public long incarnationLow() {
        return BatchLayout.incarnationLow(view, base);
    }

    /** Number of the document: 1, 2, 3, ... within an incarnation. */
    public long number() {
        return BatchLayout.number(view, base);
    }

    /** Latest end of a span in this document, in epoch nanoseconds; 0 without spans. */
    public long latestEndNs() {
        return BatchLayout.latestEndNs(view, base);
    }

    /** Number of records that the process counted and omitted from this document. */
    public int leftOut() {
        return BatchLayout.leftOut(view, base);
    }

    // --- records

    public int count() {
        return count;
    }

    /** A bit for each record (the first record has the lowest bit), set when the record is valid. */
    public long soundRecords() {
        return sound;
    }

    /** Offset of a record in {@link #buffer()}. */
    public int offset(int record) {
        return offsets[record];
    }

    /** End offset of a record, exclusive. */
    public int endOffset(int record) {
        return offsets[record] + RecordLayout.length(view, offsets[record]);
    }

    /** Index of the record in the process's span file. */
    public int place(int record) {
        return view.getInt(BatchLayout.placeOffset(placesAt, record));
    }

    /** Generation of the record: how often its place has been used. */
    public long generation(int record) {
        return RecordLayout.generation(RecordLayout.commitWord(view, offsets[record]));
    }

    /** Number of records in earlier documents of the process, or omitted from them. */
    public long earlier() {
        return BatchLayout.earlier(view, base);
    }

    // --- symbols and resource

    /** Number of symbols; their ids are 1 to this number. */
    public int symbols() {
        return symbols;
    }

    /** Offset of a symbol's text, which has not been checked to be UTF-8. */
    public int symbolOffset(int id) {
        return symbolOffsets[id];
    }

    public int symbolLength(int id) {
        return view.getInt(symbolOffsets[id] - BatchLayout.SYMBOL_TEXT_OFFSET);
    }

    /** A copy of a symbol's text; null when no symbol has this id. Any id may be passed. */
    public byte[] symbol(int id) {
        if (id <= 0 || id > symbols) {
            return null;
        }
        final byte[] text = new byte[symbolLength(id)];
        view.get(symbolOffsets[id], text);
        return text;
    }

    /** Offset of the resource: key NUL value NUL ... */
    public int resourceOffset() {
        return base + BatchLayout.HEADER_LENGTH;
    }

    public int resourceLength() {
        return BatchLayout.resourceLength(view, base);
    }

    /** The resource's attributes, in a new map. */
    public Map<String, String> resource() {
        final byte[] bytes = new byte[resourceLength()];
        view.get(resourceOffset(), bytes);
        final Map<String, String> attributes = new LinkedHashMap<>();
        for (int at = 0; at < bytes.length; ) {
            final int key = nul(bytes, at);
            final int value = nul(bytes, key + 1);
            attributes.put(text(bytes, at, key), text(bytes, key + 1, value));
            at = value + 1;
        }
        return attributes;
    }

    private static int nul(byte[] bytes, int from) {
        int at = from;
        while (bytes[at] != 0) {
            at++;
        }
        return at;
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(Arrays.copyOfRange(bytes, from, to), StandardCharsets.UTF_8);
    }
}
