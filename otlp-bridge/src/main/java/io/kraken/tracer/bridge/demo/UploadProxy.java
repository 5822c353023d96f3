package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpExchange;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The service that accepts uploads. An upload consists of several requests, so its span is detached: the thread that
 * serves the last request ends it.
 */
final class UploadProxy extends KrakenService {

    private static final int THREADS = 16;

    private final String origin;
    private final String buildIndex;
    private final AtomicLong uploadIds = new AtomicLong();
    private final Map<String, Upload> uploads = new ConcurrentHashMap<>();

    private record Upload(String namespace, String repo, Span span) {}

    UploadProxy(Export export, String origin, String buildIndex) throws IOException {
        super("kraken-proxy", THREADS, export);
        this.origin = origin;
        this.buildIndex = buildIndex;
    }

    /**
     * POST /uploads/{namespace}/{repo}, PATCH /uploads/{id}/chunk/{from}/{to}, PUT
     * /uploads/{id}/commit/{digest}/{size}; the last with ?replicate to replicate the tag
     */
    @Override
    void handle(HttpExchange exchange, String[] path) throws IOException {
        if (exchange.getRequestMethod().equals("POST")) {
            Http.answer(exchange, 202, begin(exchange, path[2], path[3]));
            return;
        }
        final Upload upload = uploads.get(path[2]);
        if (upload == null) {
            Http.answer(exchange, 404, "no such upload");
        } else if (path[3].equals("chunk")) {
            takeChunk(upload, Long.parseLong(path[4]), Long.parseLong(path[5]));
            Http.answer(exchange, 202, "");
        } else {
            uploads.remove(path[2]);
            finish(upload, new Blob(upload.namespace, path[4]), Long.parseLong(path[5]), query(exchange));
            Http.answer(exchange, 201, "");
        }
    }

    private static String query(HttpExchange exchange) {
        final String query = exchange.getRequestURI().getRawQuery();
        return query == null ? "" : "?" + query;
    }

    private String begin(HttpExchange exchange, String namespace, String repo) {
        final String id = Long.toString(uploadIds.incrementAndGet(), 36);
        final Span span = tracer.startDetached(Kraken.UPLOAD, SpanKind.INTERNAL, caller(exchange));
        span.set(Kraken.NAMESPACE, namespace).set(Kraken.REPO, repo).set(Kraken.UPLOAD_ID, id);
        uploads.put(id, new Upload(namespace, repo, span));
        final Span start = tracer.start(Kraken.START_UPLOAD, SpanKind.INTERNAL, span);
        pauseMicros(100);
        start.end();
        return id;
    }

    private void takeChunk(Upload upload, long from, long to) {
        try (Span span = tracer.start(Kraken.UPLOAD_CHUNK, SpanKind.INTERNAL, upload.span)) {
            pauseMicros(500);
            span.set(Kraken.RANGE_START, from).set(Kraken.RANGE_END, to).set(Kraken.CHUNK_SIZE, to - from);
        }
    }

    private void finish(Upload upload, Blob blob, long size, String query) throws IOException {
        try {
            commit(upload, blob, size);
            call("PUT", buildIndex, "/tags/" + upload.repo + "/" + blob.digest() + query, upload.span);
        } catch (IOException e) {
            upload.span.error(e.getMessage());
            throw e;
        } finally {
            upload.span.end();
        }
    }

    private void commit(Upload upload, Blob blob, long size) throws IOException {
        final Span span = tracer.start(Kraken.COMMIT_UPLOAD, SpanKind.INTERNAL, upload.span);
        try {
            span.set(Kraken.DIGEST, blob.digest()).set(Kraken.TOTAL_SIZE, size);
            call("POST", origin, "/namespace/" + blob.namespace() + "/blobs/" + blob.digest() + "/store", span);
        } catch (IOException e) {
            throw thrown(span, e);
        } finally {
            span.end();
        }
    }

    @Override
    void quiesce() {
        super.quiesce();
        for (Upload abandoned : uploads.values()) {
            abandoned.span.error("abandoned").end();
        }
        uploads.clear();
    }
}
