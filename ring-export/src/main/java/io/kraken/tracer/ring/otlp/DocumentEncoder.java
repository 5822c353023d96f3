package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.ring.queue.BatchReader;
import java.nio.ByteBuffer;

/**
 * Encoder of selected records of a queue's documents as an OTLP {@code ExportTraceServiceRequest}, as {@link
 * OtlpEncoder} does it for the records of this process. A request has one resource and as many documents as fit: {@link
 * #begin}, {@link #add} for each document, {@link #finish}. The only state kept between requests is the encoded
 * resource, which is reused while the next request has the same one. It can compress the requests; all its buffers must
 * have the same capacity then. Used by one thread.
 */
public final class DocumentEncoder implements RequestEncoder {

    private final ReverseProto proto = new ReverseProto();
    private final ReverseProto.Piece scope = OtlpResource.scope();
    private final DocumentSymbols spanNames = new DocumentSymbols(SpanEncoder.SPAN_NAME);
    private final DocumentSymbols eventNames = new DocumentSymbols(SpanEncoder.EVENT_NAME);
    private final DocumentSymbols keys = new DocumentSymbols(AttributeEncoder.KEY);
    private final SpanEncoder span = new SpanEncoder(proto, spanNames, eventNames, keys, null);

    /** Null without compression. */
    private final Gzip gzip;
    /** With compression, the buffer of all requests before it. */
    private ByteBuffer plain;

    private byte[] resourceBytes;
    private ReverseProto.Piece resource;
    private ByteBuffer out;
    private ByteBuffer encoded;
    private boolean resourceChosen;
    private int spans;
    private long malformed;
    private long tooLarge;

    public DocumentEncoder() {
        this(false);
    }

    public DocumentEncoder(boolean compressed) {
        gzip = compressed ? new Gzip() : null;
    }

    @Override
    public ByteBuffer newBuffer(int capacity) {
        if (gzip == null) {
            return ReverseProto.newBuffer(capacity);
        }
        plain = plain == null ? ReverseProto.newBuffer(capacity) : plain;
        return Gzip.newBuffer(plain.capacity());
    }

    @Override
    public void begin(ByteBuffer buffer) {
        out = buffer;
        encoded = gzip == null ? buffer : plain;
        encoded.clear();
        proto.begin(encoded);
        resourceChosen = false;
        spans = 0;
    }

    /** Records must also wait for another request when their resource differs from that of this request. */
    @Override
    public long add(BatchReader document, long records) {
        malformed = 0;
        tooLarge = 0;
        long left = document.count() == 0 ? 0 : records & -1L >>> Long.SIZE - document.count();
        if (left == 0 || !acceptsResourceOf(document)) {
            return left;
        }
        spanNames.document(document);
        eventNames.document(document);
        keys.document(document);
        span.symbols(document.symbols() + 1);
        final int head = OtlpResource.room(resource, scope);
        while (left != 0) {
            final int record = Long.SIZE - 1 - Long.numberOfLeadingZeros(left);
            final int outcome =
                    span.encode(document.buffer(), document.offset(record), document.endOffset(record), head);
            if (outcome == SpanEncoder.NO_ROOM && spans > 0) {
                break;
            }
            final long bit = 1L << record;
            left &= ~bit;
            spans += outcome == SpanEncoder.ENCODED ? 1 : 0;
            malformed |= outcome == SpanEncoder.MALFORMED ? bit : 0;
            tooLarge |= outcome == SpanEncoder.NO_ROOM ? bit : 0;
        }
        return left;
    }

    /** The first document of a request determines its resource. */
    private boolean acceptsResourceOf(BatchReader document) {
        final boolean same = isResourceOf(document);
        if (!same && !resourceChosen) {
            resource = OtlpResource.encode(document.resource());
            resourceBytes = new byte[document.resourceLength()];
            document.buffer().get(document.resourceOffset(), resourceBytes);
        }
        if (same || !resourceChosen) {
            resourceChosen = true;
            return true;
        }
        return false;
    }

    private boolean isResourceOf(BatchReader document) {
        final int length = document.resourceLength();
        if (resourceBytes == null || resourceBytes.length != length) {
            return false;
        }
        final ByteBuffer in = document.buffer();
        final int from = document.resourceOffset();
        for (int i = 0; i < length; i++) {
            if (in.get(from + i) != resourceBytes[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public long malformed() {
        return malformed;
    }

    @Override
    public long tooLarge() {
        return tooLarge;
    }

    @Override
    public int finish() {
        if (spans > 0) {
            OtlpResource.close(proto, resource, scope);
        }
        proto.finish(encoded);
        if (gzip != null) {
            gzip.compress(encoded, out);
        }
        return spans;
    }

    @Override
    public int length() {
        return encoded.remaining();
    }

    /**
     * Encodes a request of one document only. Records that did not fit are reported by {@link #add} only, so the buffer
     * must be large enough.
     *
     * @return the number of spans in the request
     */
    public int encode(BatchReader document, long records, ByteBuffer buffer) {
        begin(buffer);
        add(document, records);
        return finish();
    }
}
