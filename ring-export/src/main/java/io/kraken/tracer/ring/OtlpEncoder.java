package io.kraken.tracer.ring;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.file.SymbolTable;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Records straight into the bytes of an OTLP {@code ExportTraceServiceRequest}. Written from the end to the front:
 * the length of a message is known when its turn comes, so there is one pass, nothing is measured beforehand and
 * nothing is moved; and the last of several attributes with one key is met first, which is the one that counts. Names
 * and keys are encoded once. Allocates nothing once it has met the names, the keys and the largest record. One
 * thread.
 */
public final class OtlpEncoder {

    private static final int RESOURCE_SPANS = 1;
    private static final int RESOURCE = 1;
    private static final int SCOPE_SPANS = 2;
    private static final int SCOPE = 1;
    private static final int SPANS = 2;

    /** What a span takes at most beside its entries: fixed fields, name, lengths. */
    private static final int SPAN_HEAD = 512;
    /** What an entry takes at most beside four times its bytes: the key and lengths. */
    private static final int ENTRY_HEAD = SymbolTable.MAX_TEXT_LENGTH + 32;

    private final ReverseProto proto = new ReverseProto();
    private final ReverseProto.Piece resource;
    private final ReverseProto.Piece scope;
    private final SymbolPieces spanNames;
    private final SymbolPieces eventNames;
    private final Anchors anchors;
    private final Counters counters;
    private final EntryCursor cursor = new EntryCursor();
    private final EntryCursor nested = new EntryCursor();
    private final AttributeEncoder attributes;

    private int[] entries = new int[64];
    private int entryCount;
    private int nestedCount;
    private boolean links;
    private boolean events;
    private int statusAt;
    private int nameAt;
    private int loadedAnchor;
    private boolean anchorLoaded;

    public OtlpEncoder(RingExport.Environment environment) {
        final SpanFile file = environment.file();
        final SpanFileLayout layout = file.layout();
        resource = OtlpResource.encode(environment.config().resource());
        scope = OtlpResource.scope();
        spanNames = new SymbolPieces(file.symbols(), 5);
        eventNames = new SymbolPieces(file.symbols(), 2);
        anchors = new Anchors(file.buffer(), layout.anchorsOffset());
        counters = file.counters();
        attributes = new AttributeEncoder(proto, file.symbols());
    }

    /** A buffer that {@link #encode} can write into. */
    public ByteBuffer newBuffer(int capacity) {
        return ReverseProto.newBuffer(capacity);
    }

    /**
     * Takes records off the end of the batch until it is empty or the buffer is full, and leaves one request between
     * the buffer's position and limit. Records that do not hold together, or that are larger than a request, are
     * counted and left out.
     *
     * @return the spans in the request; with none of them there is nothing to send
     */
    public int encode(Batch batch, ByteBuffer out) {
        proto.begin(out);
        anchorLoaded = false; // another anchor may have come into its place since
        int spans = 0;
        final int head = resource.length() + scope.length() + 64;
        int record = batch.count() - 1;
        for (; record >= 0; record--) {
            final int outcome = encodeRecord(batch, record, head);
            if (outcome == NO_ROOM && spans > 0) {
                break;
            }
            if (outcome == ENCODED) {
                spans++;
            } else {
                counters.increment(outcome == NO_ROOM ? Counter.TOO_LARGE : Counter.POISON);
            }
        }
        batch.truncate(record + 1);
        if (spans > 0) {
            proto.piece(scope);
            proto.message(SCOPE_SPANS, 0);
            proto.piece(resource);
            proto.message(RESOURCE_SPANS, 0);
        }
        proto.finish(out);
        return spans;
    }

    private static final int ENCODED = 0;
    private static final int NO_ROOM = 1;
    private static final int MALFORMED = 2;

    private int encodeRecord(Batch batch, int record, int head) {
        final ByteBuffer in = batch.buffer();
        final int base = batch.offset(record);
        final int end = batch.endOffset(record);
        if (end > batch.length() || !scan(in, base, end)) {
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

    /** Checks the whole record once and notes where its entries begin. */
    private boolean scan(ByteBuffer in, int base, int end) {
        entryCount = 0;
        nestedCount = 0;
        links = false;
        events = false;
        statusAt = 0;
        nameAt = 0;
        cursor.wrap(in, base + RecordLayout.HEADER_LENGTH, end);
        while (cursor.next()) {
            if (isKeyless(cursor.type()) && cursor.symbol() != RecordLayout.NO_SYMBOL) {
                return false;
            }
            switch (cursor.type()) {
                case RecordLayout.STATUS:
                    statusAt = cursor.offset();
                    break;
                case RecordLayout.NAME:
                    nameAt = cursor.offset();
                    break;
                case RecordLayout.EVENT:
                case RecordLayout.THROWN:
                case RecordLayout.LINK:
                    if (!scanNested(in)) {
                        return false;
                    }
                    links |= cursor.type() == RecordLayout.LINK;
                    events |= cursor.type() != RecordLayout.LINK;
                    note(cursor.offset());
                    break;
                default:
                    if (!AttributeEncoder.isSound(in, cursor)) {
                        return false;
                    }
                    note(cursor.offset());
            }
        }
        return !cursor.malformed()
                && RecordLayout.spanId(in, base) != 0
                && (RecordLayout.traceIdHigh(in, base) | RecordLayout.traceIdLow(in, base)) != 0;
    }

    /** What writes these takes their value to follow the tag. */
    private static boolean isKeyless(int type) {
        return type == RecordLayout.STATUS || type == RecordLayout.NAME || type == RecordLayout.LINK;
    }

    private boolean scanNested(ByteBuffer in) {
        nested.wrap(in, cursor.nestedOffset(), cursor.endOffset());
        while (nested.next()) {
            if (!nested.isAttribute() || !AttributeEncoder.isSound(in, nested)) {
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

    /** Fields from the last to the first. False when a symbol is unknown or a field has a value it can't have. */
    private boolean writeSpan(ByteBuffer in, int base) {
        final int status = RecordLayout.status(in, base);
        final int kind = RecordLayout.kind(in, base);
        if (status < 0 || status > 2 || kind < 0 || kind > 5) {
            return false;
        }
        loadAnchor(RecordLayout.anchor(in, base));
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
        proto.fixed64(8, toEpochNs(RecordLayout.endTicks(in, base)));
        proto.fixed64(7, toEpochNs(RecordLayout.startTicks(in, base)));
        proto.uint32(6, kind);
        if (!writeName(in, RecordLayout.name(in, base))) {
            return false;
        }
        final long parentId = RecordLayout.parentId(in, base);
        if (parentId != 0) {
            proto.id64(4, parentId);
        }
        proto.id64(2, RecordLayout.spanId(in, base));
        proto.id128(1, RecordLayout.traceIdHigh(in, base), RecordLayout.traceIdLow(in, base));
        return true;
    }

    private boolean writeName(ByteBuffer in, int symbol) {
        if (symbol != RecordLayout.NO_SYMBOL) {
            return spanNames.write(proto, symbol);
        }
        if (nameAt != 0) {
            final int length = nameAt + RecordLayout.TAG_LENGTH;
            proto.string(5, in, length + Integer.BYTES, in.getInt(length));
        }
        return true;
    }

    private void writeStatus(ByteBuffer in, int status) {
        if (status == 0) {
            return;
        }
        final int mark = proto.mark();
        proto.uint32(3, status);
        if (status == 2 && statusAt != 0) {
            final int length = statusAt + RecordLayout.TAG_LENGTH;
            proto.string(2, in, length + Integer.BYTES, in.getInt(length));
        }
        proto.message(15, mark);
    }

    private boolean writeLinks(ByteBuffer in) {
        for (int i = entryCount - 1; i >= 0; i--) {
            if (RecordLayout.type(in.getInt(entries[i])) == RecordLayout.LINK) {
                final int mark = proto.mark();
                final int body = entries[i] + RecordLayout.PREFIX_LENGTH;
                proto.fixed32(6, in.getInt(body + 3 * Long.BYTES));
                proto.uint32(5, in.getInt(body + 3 * Long.BYTES + Integer.BYTES));
                if (!attributes.writeNested(in, body + RecordLayout.LINK_HEAD_LENGTH, endOf(in, entries[i]), 4)) {
                    return false;
                }
                proto.id64(2, in.getLong(body + 2 * Long.BYTES));
                proto.id128(1, in.getLong(body), in.getLong(body + Long.BYTES));
                proto.message(13, mark);
            }
        }
        return true;
    }

    private boolean writeEvents(ByteBuffer in) {
        for (int i = entryCount - 1; i >= 0; i--) {
            final int type = RecordLayout.type(in.getInt(entries[i]));
            if ((type == RecordLayout.EVENT || type == RecordLayout.THROWN) && !writeEvent(in, entries[i])) {
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
        if (cursor.symbol() == RecordLayout.INLINE_SYMBOL) {
            proto.string(2, in, cursor.keyOffset(), cursor.keyLength());
        } else if (!eventNames.write(proto, cursor.symbol())) {
            return false;
        }
        proto.fixed64(1, toEpochNs(in.getLong(body)));
        proto.message(11, mark);
        return true;
    }

    /** First offset behind an entry that {@link #scan} has found sound and whose value has a length. */
    private static int endOf(ByteBuffer in, int at) {
        int length = at + RecordLayout.TAG_LENGTH;
        if (RecordLayout.symbol(in.getInt(at)) == RecordLayout.INLINE_SYMBOL) {
            length += Integer.BYTES + in.getInt(length);
        }
        return length + Integer.BYTES + in.getInt(length);
    }

    private void loadAnchor(int anchor) {
        if (anchorLoaded && anchor == loadedAnchor) {
            return;
        }
        if (!anchors.load(anchor)) {
            counters.increment(Counter.ANCHORS_LOST);
        }
        loadedAnchor = anchor;
        anchorLoaded = true;
    }

    private long toEpochNs(long ticks) {
        final long epochNs = anchors.toEpochNs(ticks);
        return epochNs == Anchors.NO_TIME ? 0 : epochNs;
    }
}
