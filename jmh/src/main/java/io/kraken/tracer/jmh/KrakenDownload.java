package io.kraken.tracer.jmh;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.BooleanKey;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;

/** The download trace, recorded by this tracer. */
final class KrakenDownload implements Load {

    private static final SpanName DOWNLOAD = SpanName.of("agent.download_blob");
    private static final SpanName CACHE_LOOKUP = SpanName.of("agent.cache_lookup");
    private static final SpanName SCHEDULER = SpanName.of("scheduler.download");
    private static final SpanName CREATE_TORRENT = SpanName.of("storage.create_torrent");
    private static final SpanName ANNOUNCE = SpanName.of("announce.request");
    private static final SpanName COMMIT = SpanName.of("storage.commit");
    private static final SpanName STREAM = SpanName.of("agent.stream_response");

    private static final StringKey NAMESPACE = Key.ofString("namespace");
    private static final StringKey DIGEST = Key.ofString("digest");
    private static final LongKey SIZE = Key.ofLong("size");
    private static final BooleanKey CACHE_HIT = Key.ofBoolean("cache_hit");
    private static final StringKey TORRENT_HASH = Key.ofString("torrent.infohash");
    private static final LongKey TORRENT_SIZE = Key.ofLong("torrent.size");
    private static final StringKey PEER = Key.ofString("peer.id");
    private static final LongKey PIECES = Key.ofLong("pieces");
    private static final LongKey PIECE_BYTES = Key.ofLong("piece_length");
    private static final StringKey TRACKER_ADDRESS = Key.ofString("tracker.addr");
    private static final StringKey HASH = Key.ofString("infohash");
    private static final BooleanKey COMPLETE = Key.ofBoolean("complete");
    private static final BooleanKey VERIFIED = Key.ofBoolean("verified");
    private static final LongKey SIZE_BYTES = Key.ofLong("size_bytes");
    private static final LongKey DURATION = Key.ofLong("duration_ms");

    private final Tracer tracer;
    private final Request request = new Request();
    private Span root = Span.NOOP;
    private Span scheduler = Span.NOOP;

    KrakenDownload(Tracer tracer) {
        this.tracer = tracer;
    }

    @Override
    public void step(int step) {
        switch (step) {
            case 0:
                request.next();
                root = tracer.start(DOWNLOAD, SpanKind.SERVER)
                        .set(NAMESPACE, request.namespace())
                        .set(DIGEST, request.digest())
                        .set(SIZE, request.size());
                break;
            case 1:
                tracer.start(CACHE_LOOKUP).set(CACHE_HIT, false).end();
                break;
            case 2:
                scheduler = tracer.start(SCHEDULER)
                        .set(TORRENT_HASH, request.digest())
                        .set(TORRENT_SIZE, request.size())
                        .set(PEER, PEER_ID);
                break;
            case 3:
                tracer.start(CREATE_TORRENT)
                        .set(PIECES, request.size() / PIECE_LENGTH)
                        .set(PIECE_BYTES, PIECE_LENGTH)
                        .end();
                break;
            case 4:
                tracer.start(ANNOUNCE, SpanKind.CLIENT)
                        .set(TRACKER_ADDRESS, TRACKER)
                        .set(HASH, request.digest())
                        .set(COMPLETE, false)
                        .end();
                break;
            case 5:
                tracer.start(COMMIT).set(VERIFIED, true).set(CACHE_HIT, false).end();
                scheduler
                        .set(SIZE_BYTES, request.size())
                        .set(DURATION, DURATION_MS)
                        .end();
                break;
            default:
                tracer.start(STREAM).end();
                root.end();
                break;
        }
    }
}
