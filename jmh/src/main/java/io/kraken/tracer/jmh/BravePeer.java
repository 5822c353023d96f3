package io.kraken.tracer.jmh;

import brave.Span;
import brave.Tracer;
import brave.Tracer.SpanInScope;
import brave.Tracing;
import brave.sampler.Sampler;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.infra.Blackhole;
import zipkin2.reporter.BytesMessageSender;
import zipkin2.reporter.Encoding;
import zipkin2.reporter.InMemoryReporterMetrics;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;

/**
 * Brave with Zipkin's asynchronous reporter, which encodes JSON, its own format. Its queue has more places than this
 * tracer has records. All values are strings for it.
 */
final class BravePeer implements Peer {

    private static final int QUEUE = 128 * 1024;
    private static final int MESSAGE_BYTES = 2 << 20;
    private static final long CLOSE_NS = TimeUnit.SECONDS.toNanos(30);

    private final InMemoryReporterMetrics metrics = new InMemoryReporterMetrics();
    private final AsyncZipkinSpanHandler reporter;
    private final Tracing tracing;
    private final Tracer tracer;

    BravePeer(Sampler sampler) {
        reporter = AsyncZipkinSpanHandler.newBuilder(new Discarding())
                .metrics(metrics)
                .queuedMaxSpans(QUEUE)
                .queuedMaxBytes(Integer.MAX_VALUE)
                .messageMaxBytes(MESSAGE_BYTES)
                .messageTimeout(1, TimeUnit.SECONDS)
                .closeTimeout(30, TimeUnit.SECONDS)
                .build();
        tracing = Tracing.newBuilder()
                .localServiceName("benchmark")
                .traceId128Bit(true)
                .sampler(sampler)
                .addSpanHandler(reporter)
                .build();
        tracer = tracing.tracer();
    }

    private static final class Discarding extends BytesMessageSender.Base {
        Discarding() {
            super(Encoding.JSON);
        }

        @Override
        public int messageMaxBytes() {
            return MESSAGE_BYTES;
        }

        @Override
        public void send(List<byte[]> encodedSpans) {}

        @Override
        public void close() {}
    }

    private Span start() {
        return tracer.nextSpan()
                .name("agent.download_blob")
                .kind(Span.Kind.SERVER)
                .start();
    }

    @Override
    public void bare(int work) {
        final Span span = start();
        try (SpanInScope scope = tracer.withSpanInScope(span)) {
            Blackhole.consumeCPU(work);
        } finally {
            span.finish();
        }
    }

    @Override
    public void kraken(Request request, int work) {
        final Request now = request.next();
        final Span span = start();
        try (SpanInScope scope = tracer.withSpanInScope(span)) {
            span.tag("namespace", now.namespace())
                    .tag("digest", now.digest())
                    .tag("http.request.method", Request.METHOD);
            Blackhole.consumeCPU(work);
            span.tag("size", Long.toString(now.size()))
                    .tag("http.response.status_code", Integer.toString(Request.STATUS));
        } finally {
            span.finish();
        }
    }

    @Override
    public void nested(int work) {
        final Span span = start();
        try (SpanInScope scope = tracer.withSpanInScope(span)) {
            inner(4, work);
        } finally {
            span.finish();
        }
    }

    private void inner(int depth, int work) {
        if (depth == 0) {
            Blackhole.consumeCPU(work);
            return;
        }
        final Span span = tracer.nextSpan().name("storage.step").start();
        try (SpanInScope scope = tracer.withSpanInScope(span)) {
            inner(depth - 1, work);
        } finally {
            span.finish();
        }
    }

    /** Only the message is kept: Zipkin's format has no place for a stack trace. */
    @Override
    public void failed(Throwable thrown, int work) {
        final Span span = start();
        try (SpanInScope scope = tracer.withSpanInScope(span)) {
            Blackhole.consumeCPU(work);
            span.error(thrown);
        } finally {
            span.finish();
        }
    }

    /** Flushes first, since spans still queued when the reporter closes would be dropped. */
    @Override
    public Delivery close() {
        tracing.close();
        final long deadline = System.nanoTime() + CLOSE_NS;
        do {
            reporter.flush();
        } while (metrics.queuedSpans() > 0 && System.nanoTime() - deadline < 0);
        if (metrics.spans() > 0) {
            reporter.close(); // without a thread it would wait for one that was never started
        }
        return new Delivery(metrics.spans() - metrics.spansDropped(), metrics.spansDropped());
    }
}
