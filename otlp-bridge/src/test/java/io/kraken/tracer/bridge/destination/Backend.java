package io.kraken.tracer.bridge.destination;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A real OTLP server on a local port, which decodes requests with the generated protobuf classes. */
abstract class Backend implements AutoCloseable {

    /** @param headers by their names in lower case */
    record Received(Map<String, String> headers, ExportTraceServiceRequest request) {}

    final List<Received> received = new CopyOnWriteArrayList<>();

    abstract int port();

    final List<ResourceSpans> resources() {
        return received.stream()
                .flatMap(one -> one.request().getResourceSpansList().stream())
                .toList();
    }

    @Override
    public abstract void close();
}
