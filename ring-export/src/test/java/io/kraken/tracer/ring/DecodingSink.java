package io.kraken.tracer.ring;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.otlp.OtlpEncoder;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A sink that encodes every batch and decodes the requests with an independent decoder. Errors are kept for the test.
 */
public final class DecodingSink implements BatchSink {

    public final List<ExportTraceServiceRequest> requests = new ArrayList<>();
    public final List<Span> spans = new ArrayList<>();
    /** Called with each batch before it is encoded. */
    public Consumer<Batch> before = batch -> {};

    private final RingExport.Environment environment;
    private final OtlpEncoder encoder;
    private final ByteBuffer out;
    private Throwable failure;

    public DecodingSink(RingExport.Environment environment, int requestBytes) {
        this.environment = environment;
        this.encoder = new OtlpEncoder(environment.file(), environment.config().resource());
        this.out = encoder.newBuffer(requestBytes);
    }

    public DecodingSink(RingExport.Environment environment) {
        this(environment, 4 << 20);
    }

    @Override
    public boolean keepsUnsampled() {
        return true;
    }

    @Override
    public void offer(Batch batch, long nowNs) {
        try {
            before.accept(batch);
            while (!batch.isEmpty()) {
                final int count = encoder.encode(batch, out);
                environment.file().counters().add(Counter.SHIPPED, count);
                if (count > 0) {
                    take(count);
                }
            }
        } catch (Throwable e) {
            failure = failure != null ? failure : e;
            throw new IllegalStateException(e);
        }
    }

    private void take(int count) throws InvalidProtocolBufferException {
        final ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(ByteString.copyFrom(out));
        requests.add(request);
        final List<Span> found = request.getResourceSpans(0).getScopeSpans(0).getSpansList();
        if (found.size() != count || request.getResourceSpansCount() != 1) {
            throw new AssertionError("the encoder reports " + count + " spans, the request has " + found.size());
        }
        spans.addAll(found);
    }

    /** Throws the error of the encoder or the decoder, if any. */
    public void assertSound() {
        if (failure != null) {
            throw new AssertionError("the request can't be decoded: " + failure, failure);
        }
    }

    @Override
    public String describe() {
        return "decoding";
    }
}
