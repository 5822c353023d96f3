package io.kraken.tracer.jmh;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import org.openjdk.jmh.infra.Blackhole;

/** This tracer. */
final class KrakenPeer implements LoadPeer {

    static final SpanName DOWNLOAD = SpanName.of("agent.download_blob");
    private static final SpanName INNER = SpanName.of("storage.step");
    static final StringKey NAMESPACE = Key.ofString("namespace");
    static final StringKey DIGEST = Key.ofString("digest");
    static final StringKey METHOD = Key.ofString("http.request.method");
    static final LongKey SIZE = Key.ofLong("size");
    static final LongKey STATUS = Key.ofLong("http.response.status_code");

    private final Tracer tracer;

    KrakenPeer(Tracer tracer) {
        this.tracer = tracer;
    }

    Tracer tracer() {
        return tracer;
    }

    @Override
    public void bare(int work) {
        final Span span = tracer.start(DOWNLOAD, SpanKind.SERVER);
        Blackhole.consumeCPU(work);
        span.end();
    }

    @Override
    public void kraken(Request request, int work) {
        kraken(tracer, request, work);
    }

    static void kraken(Tracer tracer, Request request, int work) {
        final Request now = request.next();
        try (Span span = tracer.start(DOWNLOAD, SpanKind.SERVER)) {
            span.set(NAMESPACE, now.namespace()).set(DIGEST, now.digest()).set(METHOD, Request.METHOD);
            Blackhole.consumeCPU(work);
            span.set(SIZE, now.size()).set(STATUS, Request.STATUS);
        }
    }

    @Override
    public void nested(int work) {
        try (Span one = tracer.start(DOWNLOAD, SpanKind.SERVER);
                Span two = tracer.start(INNER);
                Span three = tracer.start(INNER);
                Span four = tracer.start(INNER);
                Span five = tracer.start(INNER)) {
            Blackhole.consumeCPU(work);
        }
    }

    @Override
    public void failed(Throwable thrown, int work) {
        try (Span span = tracer.start(DOWNLOAD, SpanKind.SERVER)) {
            Blackhole.consumeCPU(work);
            span.exception(thrown);
            span.error(thrown.getMessage());
        }
    }

    @Override
    public Load download() {
        return new KrakenDownload(tracer);
    }

    @Override
    public String exporterThreads() {
        return "kraken-tracer-exporter";
    }

    @Override
    public long dropped() {
        return tracer.ledger().dropped();
    }

    @Override
    public Delivery close() {
        return Tracers.close(tracer);
    }
}
