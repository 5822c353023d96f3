package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpExchange;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.http.Route;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;

/**
 * The service that maps tags to digests and replicates them to other clusters. In the demo, this service and its origin
 * also play the other cluster.
 */
final class BuildIndex extends KrakenService {

    private static final Route PUT = Route.of("/tags/{tag}/{digest}").named(Kraken.PUT_TAG);
    private static final int THREADS = 16;
    private static final int MOST_TAGS = 4096;
    private static final String SOURCE = "east";
    private static final String DESTINATION = "west";

    private final String origin;
    private final ExecutorService replication = Http.workers("kraken-build-index-replication", 2);
    private final Map<String, String> tags = Collections.synchronizedMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > MOST_TAGS;
        }
    });

    BuildIndex(Export export, String origin) throws IOException {
        super("kraken-build-index", THREADS, export);
        this.origin = origin;
        traceRequests(PUT);
    }

    /** PUT /tags/{tag}/{digest}; with ?replicate the tag is replicated */
    @Override
    void handle(HttpExchange exchange, String[] path) throws IOException {
        final String tag = path[2];
        pauseMicros(100);
        tags.put(tag, path[3]);
        if (exchange.getRequestURI().getRawQuery() != null) {
            send(new Message(tag));
        }
        Http.answer(exchange, 200, "");
    }

    /** Sends the message with the trace context in its headers. */
    private void send(Message message) {
        tracer.propagation().inject(tracer.currentContext(), message, Message.SETTER);
        replication.execute(() -> replicate(message));
    }

    /** Runs in the background, hence with a trace of its own and a link to the sender's span. */
    private void replicate(Message message) {
        final RemoteContext sender = tracer.propagation().extract(message, Message.GETTER, new RemoteContext());
        final String tag = message.text();
        final Span span = tracer.start(Kraken.REPLICATION, SpanKind.CONSUMER, null);
        try {
            if (sender.isValid()) {
                span.link(sender);
            }
            span.set(Kraken.TAG, tag).set(Kraken.SRC_CLUSTER, SOURCE).set(Kraken.DST_CLUSTER, DESTINATION);
            final String digest = resolve(tag);
            if (!exists(digest)) {
                transfer(new Blob(DESTINATION, digest));
            }
            call("PUT", address(), "/tags/" + tag + "/" + digest, span);
        } catch (IOException e) {
            span.error(e.getMessage());
        } finally {
            span.end();
        }
    }

    private String resolve(String tag) throws IOException {
        final Span span = tracer.start(Kraken.RESOLVE_TAG);
        try {
            final String digest = tags.get(tag);
            if (digest == null) {
                throw new IOException("no such tag: " + tag);
            }
            span.set(Kraken.DIGEST, digest);
            return digest;
        } catch (IOException e) {
            throw thrown(span, e);
        } finally {
            span.end();
        }
    }

    private boolean exists(String digest) throws IOException {
        try (Span span = tracer.start(Kraken.STAT_BLOB, SpanKind.CLIENT)) {
            final String path = "/namespace/" + DESTINATION + "/blobs/" + digest + "/stat";
            final boolean exists = callIn(span, "GET", origin, path).equals("here");
            span.set(Kraken.EXISTS, exists);
            return exists;
        }
    }

    private void transfer(Blob blob) {
        final long startNs = System.nanoTime();
        try (Span span = tracer.start(Kraken.TRANSFER)) {
            pauseMicros(10_000);
            span.set(Kraken.SIZE, blob.size()).set(Kraken.DURATION_MS, millisSince(startNs));
        }
    }

    @Override
    void quiesce() {
        await(replication);
        super.quiesce();
    }
}
