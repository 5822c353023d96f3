package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpExchange;
import io.kraken.tracer.Span;
import io.kraken.tracer.http.Route;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;

/** The service that tells agents which peers have a blob. */
final class Tracker extends KrakenService {

    private static final Route ANNOUNCE = Route.of("/announce/{infohash}").named(Kraken.TRACKER_ANNOUNCE);
    private static final int THREADS = 16;
    private static final int RPC_THREADS = 4;
    private static final int MOST_PEERS = 50;
    private static final int ORIGINS = 3;
    private static final String POLICY = "completeness";

    private final ExecutorService rpcWorkers = Http.workers("kraken-tracker-rpc", RPC_THREADS);
    private final AnnounceRpc.Answers rpc;

    Tracker(Export export) throws IOException {
        super("kraken-tracker", THREADS, export);
        traceRequests(ANNOUNCE);
        rpc = new AnnounceRpc.Answers(tracer, rpcWorkers, this::announce);
    }

    /** Its address for announces by gRPC. */
    String rpcAddress() {
        return rpc.address();
    }

    /** POST /announce/{infohash} */
    @Override
    void handle(HttpExchange exchange, String[] path) throws IOException {
        Http.answer(exchange, 200, announce(path[2]));
    }

    /** Called for HTTP and gRPC alike: the span of the request is the current one. */
    private String announce(String infohash) {
        final long[] peers = peers(infohash);
        sort(peers);
        tracer.current()
                .set(Kraken.PEER_COUNT, peers.length)
                .set(Kraken.ORIGIN_COUNT, ORIGINS)
                .set(Kraken.HANDOUT_POLICY, POLICY);
        return Long.toHexString(peers[0]);
    }

    private long[] peers(String infohash) {
        final Span span = tracer.start(Kraken.GET_PEERS);
        try {
            final long[] peers = new long[1 + (infohash.hashCode() >>> 1) % MOST_PEERS];
            for (int i = 0; i < peers.length; i++) {
                peers[i] = infohash.hashCode() * (i + 0x9E37_79B9_7F4A_7C15L);
            }
            pauseMicros(200);
            return peers;
        } finally {
            span.end();
        }
    }

    private void sort(long[] peers) {
        final Span span = tracer.start(Kraken.SORT_PEERS);
        Arrays.sort(peers);
        span.end();
    }

    @Override
    void quiesce() {
        super.quiesce();
        rpc.close();
        await(rpcWorkers);
    }
}
