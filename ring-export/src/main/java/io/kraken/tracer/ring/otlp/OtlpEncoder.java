package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.Times;
import io.kraken.tracer.ring.queue.SpanSource;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Encoder of records as an OTLP {@code ExportTraceServiceRequest}. It writes from the end of the buffer to the front: a
 * message's length is known when it is written, so one pass suffices, without measuring first and without moving bytes;
 * and of several attributes with one key the last, which takes precedence, is reached first. Names and keys are encoded
 * once and cached. It allocates nothing after it has seen all names and keys and the largest record. Used by one
 * thread.
 */
public final class OtlpEncoder {

    private final ReverseProto proto = new ReverseProto();
    private final ReverseProto.Piece resource;
    private final ReverseProto.Piece scope;
    private final Counters counters;
    private final SpanEncoder span;

    /** @param resource attributes of the resource of all spans */
    public OtlpEncoder(SpanFile file, Map<String, String> resource) {
        this.resource = OtlpResource.encode(resource);
        scope = OtlpResource.scope();
        counters = file.counters();
        span = new SpanEncoder(
                proto,
                new SymbolPieces(file.symbols(), SpanEncoder.SPAN_NAME),
                new SymbolPieces(file.symbols(), SpanEncoder.EVENT_NAME),
                new SymbolPieces(file.symbols(), AttributeEncoder.KEY),
                new Times(new Anchors(file.buffer(), file.layout().anchorsOffset()), counters));
    }

    /** A buffer that {@link #encode} can write into. */
    public ByteBuffer newBuffer(int capacity) {
        return ReverseProto.newBuffer(capacity);
    }

    /**
     * Takes records off the end of the batch until it is empty or the buffer is full, and leaves one request between
     * the buffer's position and limit. Malformed records, and records that are larger than a request, are counted and
     * skipped.
     *
     * @return the number of spans in the request; with 0 there is nothing to send
     */
    public int encode(SpanSource batch, ByteBuffer out) {
        proto.begin(out);
        span.begin();
        int spans = 0;
        final int head = OtlpResource.room(resource, scope);
        int record = batch.count() - 1;
        for (; record >= 0; record--) {
            final int outcome = span.encode(batch.buffer(record), batch.offset(record), batch.endOffset(record), head);
            if (outcome == SpanEncoder.NO_ROOM && spans > 0) {
                break;
            }
            if (outcome == SpanEncoder.ENCODED) {
                spans++;
            } else {
                counters.increment(outcome == SpanEncoder.NO_ROOM ? Counter.TOO_LARGE : Counter.POISON);
            }
        }
        batch.truncate(record + 1);
        if (spans > 0) {
            OtlpResource.close(proto, resource, scope);
        }
        proto.finish(out);
        return spans;
    }
}
