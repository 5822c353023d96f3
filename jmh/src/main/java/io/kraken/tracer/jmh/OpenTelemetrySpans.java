package io.kraken.tracer.jmh;

import static io.kraken.tracer.jmh.OpenTelemetryPeer.DIGEST;
import static io.kraken.tracer.jmh.OpenTelemetryPeer.METHOD;
import static io.kraken.tracer.jmh.OpenTelemetryPeer.NAMESPACE;
import static io.kraken.tracer.jmh.OpenTelemetryPeer.SIZE;
import static io.kraken.tracer.jmh.OpenTelemetryPeer.STATUS;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;

/** The spans of a request, recorded by the OpenTelemetry SDK. */
final class OpenTelemetrySpans implements ServiceSpans {

    private static final AttributeKey<Boolean> CACHE_HIT = AttributeKey.booleanKey("cache_hit");

    private final OpenTelemetryPeer peer;
    private final Tracer tracer;
    private Span open = Span.getInvalid();
    private Scope scope = Scope.noop();

    OpenTelemetrySpans(OpenTelemetryPeer peer) {
        this.peer = peer;
        this.tracer = peer.tracer();
    }

    @Override
    public long bare() {
        final long start = System.nanoTime();
        final Span span = tracer.spanBuilder("agent.cache_lookup").startSpan();
        try (Scope current = span.makeCurrent()) {
            span.setAttribute(CACHE_HIT, false);
        } finally {
            span.end();
        }
        return System.nanoTime() - start;
    }

    @Override
    public long kraken(ServiceWork.Call call) {
        final long start = System.nanoTime();
        begin(call);
        end(call);
        return System.nanoTime() - start;
    }

    @Override
    public long nested() {
        final long start = System.nanoTime();
        peer.nested(0);
        return System.nanoTime() - start;
    }

    @Override
    public long open(ServiceWork.Call call) {
        final long start = System.nanoTime();
        begin(call);
        return System.nanoTime() - start;
    }

    @Override
    public long close(ServiceWork.Call call) {
        final long start = System.nanoTime();
        end(call);
        return System.nanoTime() - start;
    }

    private void begin(ServiceWork.Call call) {
        open = tracer.spanBuilder("agent.download_blob")
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        scope = open.makeCurrent();
        open.setAttribute(NAMESPACE, call.namespace())
                .setAttribute(DIGEST, call.digest())
                .setAttribute(METHOD, call.method());
    }

    private void end(ServiceWork.Call call) {
        open.setAttribute(SIZE, call.size()).setAttribute(STATUS, Request.STATUS);
        scope.close();
        open.end();
    }
}
