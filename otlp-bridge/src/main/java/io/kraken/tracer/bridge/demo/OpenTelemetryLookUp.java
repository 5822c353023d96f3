package io.kraken.tracer.bridge.demo;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The span of a look-up, recorded by the OpenTelemetry SDK with its batch processor and an exporter that discards it.
 * The class cannot be loaded when the SDK is not on the class path.
 */
final class OpenTelemetryLookUp implements AutoCloseable {

    private static final AttributeKey<Boolean> CACHE_HIT = AttributeKey.booleanKey("cache_hit");
    private static final int CLOSE_SECONDS = 5;
    private static final int SPANS_TO_COMPILE = 20_000;
    /** The size of the SDK's batches; each is exported during the pause. */
    private static final int BURST = 512;

    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final SdkTracerProvider provider = SdkTracerProvider.builder()
            .addSpanProcessor(BatchSpanProcessor.builder(new Discarding()).build())
            .build();
    private final Tracer tracer = provider.get("kraken-agent");

    /** Warms up the SDK's code: this tracer's is soon compiled anyway, because it records all spans of a download. */
    OpenTelemetryLookUp() {
        for (int i = 0; i < SPANS_TO_COMPILE; i++) {
            record(false);
            if (i % BURST == 0) {
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }

    void record(boolean hit) {
        final Span span = tracer.spanBuilder("agent.cache_lookup").startSpan();
        final Scope scope = span.makeCurrent();
        span.setAttribute(CACHE_HIT, hit);
        scope.close();
        span.end();
    }

    @Override
    public void close() {
        provider.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
    }

    private static final class Discarding implements SpanExporter {

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
