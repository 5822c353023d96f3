package io.kraken.tracer.jmh;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.BooleanKey;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;

/** The spans of a request, recorded by this tracer. */
final class KrakenSpans implements ServiceSpans {

    private static final SpanName CACHE_LOOKUP = SpanName.of("agent.cache_lookup");
    private static final BooleanKey CACHE_HIT = Key.ofBoolean("cache_hit");

    private final KrakenPeer peer;
    private final Tracer tracer;
    private Span open = Span.NOOP;

    KrakenSpans(KrakenPeer peer) {
        this.peer = peer;
        this.tracer = peer.tracer();
    }

    @Override
    public long bare() {
        final long start = System.nanoTime();
        try (Span span = tracer.start(CACHE_LOOKUP)) {
            span.set(CACHE_HIT, false);
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
        open = tracer.start(KrakenPeer.DOWNLOAD, SpanKind.SERVER)
                .set(KrakenPeer.NAMESPACE, call.namespace())
                .set(KrakenPeer.DIGEST, call.digest())
                .set(KrakenPeer.METHOD, call.method());
    }

    private void end(ServiceWork.Call call) {
        open.set(KrakenPeer.SIZE, call.size())
                .set(KrakenPeer.STATUS, Request.STATUS)
                .end();
    }
}
