package io.kraken.tracer.ring;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.otlp.OtlpEncoder;
import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.BatchWriter;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A sink that writes every batch as documents, reads them as the bridge does, and encodes the same batch directly: two
 * lists of spans, both read by an independent decoder.
 */
public final class DocumentSink implements BatchSink {

    public final List<Span> direct = new ArrayList<>();
    public final List<Span> queued = new ArrayList<>();
    public final List<ExportTraceServiceRequest> directRequests = new ArrayList<>();
    public final List<ExportTraceServiceRequest> queuedRequests = new ArrayList<>();
    public final List<byte[]> documents = new ArrayList<>();
    public int poison;

    /** Called first with each batch. */
    public Consumer<Batch> before = batch -> {};

    public final RingExport.Environment environment;
    private final OtlpEncoder encoder;
    private final BatchWriter writer;
    private final BatchReader reader = new BatchReader();
    private final DocumentEncoder documentEncoder = new DocumentEncoder();
    private final ByteBuffer out;
    private final ByteBuffer document = BatchWriter.newBuffer();
    private final ByteBuffer received = ByteBuffer.allocateDirect(BatchLayout.MAX_LENGTH + 64);
    private Throwable failure;

    public DocumentSink(RingExport.Environment environment) {
        this.environment = environment;
        this.encoder = new OtlpEncoder(environment.file(), environment.config().resource());
        this.writer = new BatchWriter(environment.file(), environment.config().resource());
        this.out = encoder.newBuffer(8 << 20);
    }

    @Override
    public boolean keepsUnsampled() {
        return true;
    }

    @Override
    public void offer(Batch batch, long nowNs) {
        try {
            before.accept(batch);
            for (int from = 0; from < batch.count(); ) {
                from += writer.write(batch, from, document);
                receive();
            }
            final List<Span> spans = new ArrayList<>();
            while (!batch.isEmpty()) {
                final int count = encoder.encode(batch, out);
                environment.file().counters().add(Counter.SHIPPED, count);
                if (count > 0) {
                    spans.addAll(0, parse(count, directRequests));
                }
            }
            direct.addAll(spans);
        } catch (Throwable e) {
            failure = failure != null ? failure : e;
            throw new IllegalStateException(e);
        }
    }

    /** Copies the document to another offset than it was written at, as in bytes from a queue. */
    private void receive() throws InvalidProtocolBufferException {
        final byte[] bytes = new byte[document.remaining()];
        document.get(0, bytes);
        documents.add(bytes);
        final int at = 4 * (documents.size() % 8);
        received.put(at, bytes);
        if (!reader.wrap(received, at, bytes.length)) {
            throw new AssertionError("refused: " + reader.refusal());
        }
        if (reader.number() != documents.size() || reader.count() != writer.records()) {
            throw new AssertionError("document " + reader.number() + " of " + documents.size());
        }
        final int count = documentEncoder.encode(reader, -1L, out);
        poison += reader.count() - count;
        if (count > 0) {
            queued.addAll(parse(count, queuedRequests));
        }
    }

    private List<Span> parse(int count, List<ExportTraceServiceRequest> to) throws InvalidProtocolBufferException {
        final ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(ByteString.copyFrom(out));
        to.add(request);
        final List<Span> found = request.getResourceSpans(0).getScopeSpans(0).getSpansList();
        if (found.size() != count || request.getResourceSpansCount() != 1) {
            throw new AssertionError("the encoder reports " + count + " spans, the request has " + found.size());
        }
        return found;
    }

    /** Throws the error of an earlier offer, if any. */
    public void assertSound() {
        if (failure != null) {
            throw new AssertionError("the document or request can't be decoded: " + failure, failure);
        }
    }

    @Override
    public String describe() {
        return "documents";
    }
}
