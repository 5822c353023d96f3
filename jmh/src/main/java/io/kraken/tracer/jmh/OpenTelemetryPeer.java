package io.kraken.tracer.jmh;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The OpenTelemetry SDK as its users configure it, batch processor and OTLP encoding included. Its queue has more
 * places than this tracer has records, its batches are as large as this tracer's: with the defaults (2,048 and 512)
 * most of a peak would be dropped.
 */
final class OpenTelemetryPeer implements LoadPeer {

    private static final int QUEUE = 128 * 1024;
    private static final int BATCH = 4096;
    private static final int DELAY_MILLIS = 1000;

    static final AttributeKey<String> NAMESPACE = AttributeKey.stringKey("namespace");
    static final AttributeKey<String> DIGEST = AttributeKey.stringKey("digest");
    static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    static final AttributeKey<Long> SIZE = AttributeKey.longKey("size");
    static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");

    private final DroppedSpans dropped = new DroppedSpans();
    private final CountingExporter exporter;
    private final SdkTracerProvider provider;
    private final Tracer tracer;

    OpenTelemetryPeer(SpanExporter destination, Sampler sampler) {
        exporter = new CountingExporter(destination);
        provider = SdkTracerProvider.builder()
                .setResource(Resource.getDefault()
                        .merge(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), "benchmark"))))
                .setSampler(sampler)
                .addSpanProcessor(BatchSpanProcessor.builder(exporter)
                        .setMaxQueueSize(QUEUE)
                        .setMaxExportBatchSize(BATCH)
                        .setScheduleDelay(DELAY_MILLIS, TimeUnit.MILLISECONDS)
                        .setMeterProvider(dropped.meters())
                        .build())
                .build();
        tracer = provider.get("benchmark");
    }

    /** Encodes as OTLP and discards, like this tracer's discard sink. */
    static OpenTelemetryPeer discarding() {
        return new OpenTelemetryPeer(new DiscardingOtlpExporter(), Sampler.alwaysOn());
    }

    Tracer tracer() {
        return tracer;
    }

    /** Flushes; returns when all spans ended so far are exported. */
    void flush() {
        provider.forceFlush().join(60, TimeUnit.SECONDS);
    }

    @Override
    public void bare(int work) {
        final Span span = tracer.spanBuilder("agent.download_blob")
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        try (Scope scope = span.makeCurrent()) {
            Blackhole.consumeCPU(work);
        } finally {
            span.end();
        }
    }

    @Override
    public void kraken(Request request, int work) {
        final Request now = request.next();
        final Span span = tracer.spanBuilder("agent.download_blob")
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        try (Scope scope = span.makeCurrent()) {
            span.setAttribute(NAMESPACE, now.namespace())
                    .setAttribute(DIGEST, now.digest())
                    .setAttribute(METHOD, Request.METHOD);
            Blackhole.consumeCPU(work);
            span.setAttribute(SIZE, now.size()).setAttribute(STATUS, Request.STATUS);
        } finally {
            span.end();
        }
    }

    @Override
    public void nested(int work) {
        final Span span = tracer.spanBuilder("agent.download_blob")
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        try (Scope scope = span.makeCurrent()) {
            inner(4, work);
        } finally {
            span.end();
        }
    }

    private void inner(int depth, int work) {
        if (depth == 0) {
            Blackhole.consumeCPU(work);
            return;
        }
        final Span span = tracer.spanBuilder("storage.step").startSpan();
        try (Scope scope = span.makeCurrent()) {
            inner(depth - 1, work);
        } finally {
            span.end();
        }
    }

    @Override
    public void failed(Throwable thrown, int work) {
        final Span span = tracer.spanBuilder("agent.download_blob")
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        try (Scope scope = span.makeCurrent()) {
            Blackhole.consumeCPU(work);
            span.recordException(thrown);
            span.setStatus(StatusCode.ERROR, thrown.getMessage());
        } finally {
            span.end();
        }
    }

    @Override
    public Load download() {
        return new OpenTelemetryDownload(tracer);
    }

    @Override
    public String exporterThreads() {
        return "BatchSpanProcessor";
    }

    @Override
    public long dropped() {
        return dropped.count();
    }

    @Override
    public Delivery close() {
        provider.shutdown().join(30, TimeUnit.SECONDS);
        return new Delivery(exporter.delivered(), dropped.count() + exporter.failed());
    }
}
