package io.kraken.tracer.bridge;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kraken.tracer.bridge.destination.Destination;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.Outcome.Verdict;
import io.kraken.tracer.ring.otlp.Transport;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The transport of a destination whose answers and their times the test controls. */
public final class ScriptedDestination implements Transport {

    public static final Outcome TAKEN = new Outcome(Verdict.TAKEN, 0, 0, "", "");
    public static final Outcome UNAVAILABLE = new Outcome(Verdict.RETRY, 0, 0, "UNAVAILABLE", "down");
    static final Outcome UNAUTHENTICATED = new Outcome(Verdict.HELD, 0, 0, "UNAUTHENTICATED", "no token");
    static final Outcome REFUSED = new Outcome(Verdict.REFUSED, 0, 0, "INVALID_ARGUMENT", "no");

    final List<Request> requests = new ArrayList<>();
    /** The immediate answer to every request; null: the test answers. */
    public Outcome always = TAKEN;
    /** Requests that contain the span with this number always fail; null: none. */
    Long failing;

    boolean closed;

    private final Destination destination;

    ScriptedDestination(int requests, int requestBytes) {
        this("scripted", requests, requestBytes);
    }

    ScriptedDestination(String name, int requests, int requestBytes) {
        final DestinationConfig config = new DestinationConfig(
                name,
                DestinationConfig.Type.OTLP_GRPC,
                null,
                java.util.Map.of(),
                false,
                TimeUnit.SECONDS.toNanos(10),
                requests,
                requestBytes,
                new DestinationConfig.Retry(TimeUnit.SECONDS.toNanos(1), TimeUnit.SECONDS.toNanos(30)),
                null,
                null);
        destination = new Destination(config, new DocumentEncoder(), this);
    }

    static final class Request implements Exchange {
        final ExportTraceServiceRequest content;
        boolean cancelled;
        private Outcome outcome;

        Request(ExportTraceServiceRequest content) {
            this.content = content;
        }

        void answer(Outcome given) {
            outcome = given;
        }

        @Override
        public Outcome outcome() {
            return outcome;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        String service() {
            for (KeyValue attribute : content.getResourceSpans(0).getResource().getAttributesList()) {
                if (attribute.getKey().equals("service.name")) {
                    return attribute.getValue().getStringValue();
                }
            }
            return "";
        }

        List<Long> numbers() {
            final List<Long> numbers = new ArrayList<>();
            for (Span span : content.getResourceSpans(0).getScopeSpans(0).getSpansList()) {
                numbers.add(span.getAttributes(0).getValue().getIntValue());
            }
            return numbers;
        }
    }

    /** The numbers of the accepted spans, sorted. */
    public List<Long> taken() {
        final List<Long> numbers = new ArrayList<>();
        for (Request request : requests) {
            if (request.outcome != null && request.outcome.verdict() == Verdict.TAKEN) {
                numbers.addAll(request.numbers());
            }
        }
        numbers.sort(null);
        return numbers;
    }

    /** The same for one service. */
    public List<Long> taken(String service) {
        final List<Long> numbers = new ArrayList<>();
        for (Request request : requests) {
            if (request.outcome.verdict() == Verdict.TAKEN && request.service().equals(service)) {
                numbers.addAll(request.numbers());
            }
        }
        numbers.sort(null);
        return numbers;
    }

    Destination destination() {
        return destination;
    }

    DestinationConfig config() {
        return destination.config();
    }

    @Override
    public Exchange send(ByteBuffer bytes) {
        try {
            final Request request = new Request(ExportTraceServiceRequest.parseFrom(bytes.duplicate()));
            request.answer(failing != null && request.numbers().contains(failing) ? UNAVAILABLE : always);
            requests.add(request);
            return request;
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
