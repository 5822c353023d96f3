package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpExchange;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TracedTasks;
import io.kraken.tracer.http.Route;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.ExecutorService;

/** The service that downloads blobs for the containers of its host. */
final class Agent extends KrakenService {

    private static final Route DOWNLOAD =
            Route.of("/namespace/{namespace}/blobs/{digest}").named(Kraken.DOWNLOAD_BLOB);
    private static final int THREADS = 64;
    private static final int STREAMS = 8;
    private static final String PEER_ID = "7a1f03c2b9d84e6690aa5c1de2f7b3484c06e91d";
    private static final byte[] HALF_A_BODY = new byte[64];

    private final String tracker;
    private final String origin;
    private final AnnounceRpc.Caller trackerRpc;
    private final ExecutorService streams = TracedTasks.executor(tracer, Http.workers("kraken-agent-stream", STREAMS));
    private final LookUpCost lookUpCost = new LookUpCost(tracer);
    private volatile String lastTrace = "";

    /** @param trackerRpc the tracker's address for gRPC calls */
    Agent(Export export, String tracker, String trackerRpc, String origin) throws IOException {
        super("kraken-agent", THREADS, export);
        this.tracker = tracker;
        this.origin = origin;
        this.trackerRpc = new AnnounceRpc.Caller(tracer, trackerRpc);
        traceRequests(DOWNLOAD);
    }

    /** The measured cost of a span with one attribute during requests. */
    LookUpCost lookUpCost() {
        return lookUpCost;
    }

    /** The id of a recent trace, for the report when the spans go to an external collector. */
    String lastTrace() {
        return lastTrace;
    }

    /** GET /namespace/{namespace}/blobs/{digest} */
    @Override
    void handle(HttpExchange exchange, String[] path) throws IOException {
        final long startNs = System.nanoTime();
        final Blob blob = new Blob(path[2], path[4]);
        final Span span = tracer.current();
        try {
            span.set(Kraken.NAMESPACE, blob.namespace())
                    .set(Kraken.DIGEST, blob.digest())
                    .set(Kraken.SIZE, blob.size());
            if (!lookUp(blob)) {
                download(blob);
                lastTrace = blob.isStreamedLater() && span.isRecording() ? span.traceId() : lastTrace;
            }
            stream(exchange, blob, startNs);
        } catch (IOException e) {
            span.error(e.getMessage());
            throw e;
        }
    }

    private boolean lookUp(Blob blob) {
        final boolean hit = blob.isInAgent();
        lookUpCost.record(hit);
        return hit;
    }

    private void download(Blob blob) throws IOException {
        final long startNs = System.nanoTime();
        final Span span = tracer.start(Kraken.SCHEDULER_DOWNLOAD);
        try {
            span.set(Kraken.TORRENT_INFOHASH, blob.infohash())
                    .set(Kraken.TORRENT_SIZE, blob.size())
                    .set(Kraken.PEER_ID, PEER_ID);
            createTorrent(blob);
            announce(blob);
            exchangePieces();
            commit(blob);
            span.set(Kraken.SIZE_BYTES, blob.size()).set(Kraken.DURATION_MS, millisSince(startNs));
        } catch (IOException e) {
            span.error(e.getMessage());
            throw e;
        } finally {
            span.end();
        }
    }

    /** Requests the blob's list of pieces from an origin; an origin without the blob fetches it first. */
    private void createTorrent(Blob blob) throws IOException {
        final Span span = tracer.start(Kraken.CREATE_TORRENT);
        try {
            call("GET", origin, "/namespace/" + blob.namespace() + "/blobs/" + blob.digest() + "/metainfo", span);
            span.set(Kraken.PIECES, blob.pieces()).set(Kraken.PIECE_LENGTH, blob.pieceLength());
        } catch (IOException e) {
            throw thrown(span, e);
        } finally {
            span.end();
        }
    }

    private void announce(Blob blob) throws IOException {
        if (blob.isAnnouncedByRpc()) {
            trackerRpc.announce(blob.infohash());
            return;
        }
        try (Span span = tracer.start(Kraken.ANNOUNCE_REQUEST, SpanKind.CLIENT)) {
            span.set(Kraken.TRACKER_ADDR, tracker)
                    .set(Kraken.INFOHASH, blob.infohash())
                    .set(Kraken.COMPLETE, false);
            callIn(span, "POST", tracker, "/announce/" + blob.infohash());
        }
    }

    /** The exchange of pieces between peers, which is never traced. */
    private static void exchangePieces() {
        pauseMicros(3_000);
    }

    private void commit(Blob blob) throws IOException {
        final Span span = tracer.start(Kraken.STORAGE_COMMIT);
        try {
            pauseMicros(300);
            span.set(Kraken.VERIFIED, !blob.isDamaged()).set(Kraken.CACHE_HIT, false);
            if (blob.isDamaged()) {
                throw new IOException("the hash of the pieces differs from the digest");
            }
        } catch (IOException e) {
            throw thrown(span, e);
        } finally {
            span.end();
        }
    }

    /** Streams the blob; for some blobs another thread sends the second half after the handler has returned. */
    private void stream(HttpExchange exchange, Blob blob, long startNs) throws IOException {
        final boolean later = blob.isStreamedLater();
        final Span span = tracer.start(Kraken.STREAM_RESPONSE);
        try {
            exchange.sendResponseHeaders(200, 2 * HALF_A_BODY.length);
            final OutputStream out = exchange.getResponseBody();
            out.write(HALF_A_BODY);
            if (!later) {
                out.write(HALF_A_BODY);
                exchange.close();
            }
        } finally {
            span.end();
        }
        if (later) {
            streams.execute(() -> complete(exchange, blob, startNs));
        }
    }

    private void complete(HttpExchange exchange, Blob blob, long startNs) {
        final Span span = tracer.start(Kraken.DOWNLOAD_COMPLETE);
        try {
            pauseMicros(1_000);
            exchange.getResponseBody().write(HALF_A_BODY);
            span.set(Kraken.SIZE, blob.size()).set(Kraken.DURATION, millisSince(startNs));
        } catch (IOException e) {
            thrown(span, e);
        } finally {
            span.end();
            exchange.close();
        }
    }

    @Override
    void quiesce() {
        super.quiesce();
        await(streams);
        trackerRpc.close();
        lookUpCost.close();
    }
}
