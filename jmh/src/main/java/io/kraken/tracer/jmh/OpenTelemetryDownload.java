package io.kraken.tracer.jmh;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;

/** The download trace on the OpenTelemetry SDK; a span without children is not made current. */
final class OpenTelemetryDownload implements Load {

    private static final AttributeKey<String> NAMESPACE = AttributeKey.stringKey("namespace");
    private static final AttributeKey<String> DIGEST = AttributeKey.stringKey("digest");
    private static final AttributeKey<Long> SIZE = AttributeKey.longKey("size");
    private static final AttributeKey<Boolean> CACHE_HIT = AttributeKey.booleanKey("cache_hit");
    private static final AttributeKey<String> TORRENT_HASH = AttributeKey.stringKey("torrent.infohash");
    private static final AttributeKey<Long> TORRENT_SIZE = AttributeKey.longKey("torrent.size");
    private static final AttributeKey<String> PEER = AttributeKey.stringKey("peer.id");
    private static final AttributeKey<Long> PIECES = AttributeKey.longKey("pieces");
    private static final AttributeKey<Long> PIECE_BYTES = AttributeKey.longKey("piece_length");
    private static final AttributeKey<String> TRACKER_ADDRESS = AttributeKey.stringKey("tracker.addr");
    private static final AttributeKey<String> HASH = AttributeKey.stringKey("infohash");
    private static final AttributeKey<Boolean> COMPLETE = AttributeKey.booleanKey("complete");
    private static final AttributeKey<Boolean> VERIFIED = AttributeKey.booleanKey("verified");
    private static final AttributeKey<Long> SIZE_BYTES = AttributeKey.longKey("size_bytes");
    private static final AttributeKey<Long> DURATION = AttributeKey.longKey("duration_ms");

    private final Tracer tracer;
    private final Request request = new Request();
    private Span root;
    private Scope rootScope;
    private Span scheduler;
    private Scope schedulerScope;

    OpenTelemetryDownload(Tracer tracer) {
        this.tracer = tracer;
    }

    private Span start(String name) {
        return tracer.spanBuilder(name).startSpan();
    }

    @Override
    public void step(int step) {
        switch (step) {
            case 0:
                request.next();
                root = tracer.spanBuilder("agent.download_blob")
                        .setSpanKind(SpanKind.SERVER)
                        .startSpan();
                rootScope = root.makeCurrent();
                root.setAttribute(NAMESPACE, request.namespace())
                        .setAttribute(DIGEST, request.digest())
                        .setAttribute(SIZE, request.size());
                break;
            case 1:
                start("agent.cache_lookup").setAttribute(CACHE_HIT, false).end();
                break;
            case 2:
                scheduler = start("scheduler.download");
                schedulerScope = scheduler.makeCurrent();
                scheduler
                        .setAttribute(TORRENT_HASH, request.digest())
                        .setAttribute(TORRENT_SIZE, request.size())
                        .setAttribute(PEER, PEER_ID);
                break;
            case 3:
                start("storage.create_torrent")
                        .setAttribute(PIECES, request.size() / PIECE_LENGTH)
                        .setAttribute(PIECE_BYTES, PIECE_LENGTH)
                        .end();
                break;
            case 4:
                tracer.spanBuilder("announce.request")
                        .setSpanKind(SpanKind.CLIENT)
                        .startSpan()
                        .setAttribute(TRACKER_ADDRESS, TRACKER)
                        .setAttribute(HASH, request.digest())
                        .setAttribute(COMPLETE, false)
                        .end();
                break;
            case 5:
                start("storage.commit")
                        .setAttribute(VERIFIED, true)
                        .setAttribute(CACHE_HIT, false)
                        .end();
                scheduler.setAttribute(SIZE_BYTES, request.size()).setAttribute(DURATION, DURATION_MS);
                schedulerScope.close();
                scheduler.end();
                break;
            default:
                start("agent.stream_response").end();
                rootScope.close();
                root.end();
                break;
        }
    }
}
