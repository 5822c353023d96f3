package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpExchange;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.http.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The service that stores the blobs of a cluster on its disk, in front of a storage backend. */
final class Origin extends KrakenService {

    private static final Route STORE =
            Route.of("/namespace/{namespace}/blobs/{digest}/store").named(Kraken.STORE_BLOB);
    private static final int THREADS = 24;
    private static final String BUCKET = "kraken-blobs";

    private final Path tasks;

    /** @param tasks a file with the deferred write-backs, which outlives the process */
    Origin(Export export, Path tasks) throws IOException {
        super("kraken-origin", THREADS, export);
        this.tasks = tasks;
        traceRequests(STORE, "/namespace/*/blobs/*/metainfo", "/namespace/*/blobs/*/stat");
    }

    /**
     * GET /namespace/{namespace}/blobs/{digest}/metainfo, POST /namespace/{namespace}/blobs/{digest}/store, and from
     * other clusters GET /namespace/{namespace}/blobs/{digest}/stat
     */
    @Override
    void handle(HttpExchange exchange, String[] path) throws IOException {
        final Blob blob = new Blob(path[2], path[4]);
        switch (path[5]) {
            case "metainfo":
                if (blob.isMissingInOrigin()) {
                    refresh(blob, caller(exchange));
                }
                Http.answer(exchange, 200, Long.toString(blob.pieces()));
                break;
            case "store":
                store(blob);
                Http.answer(exchange, 201, "");
                break;
            default:
                Http.answer(exchange, 200, blob.isInOtherCluster() ? "here" : "not here");
        }
    }

    private void refresh(Blob blob, RemoteContext caller) throws IOException {
        final Span span = tracer.start(Kraken.BLOB_REFRESH, SpanKind.INTERNAL, caller);
        try {
            fetch(blob);
        } catch (IOException e) {
            span.error(e.getMessage());
            throw e;
        } finally {
            span.end();
        }
    }

    private void fetch(Blob blob) throws IOException {
        final long startNs = System.nanoTime();
        final Span span = tracer.start(Kraken.BACKEND_DOWNLOAD, SpanKind.CLIENT);
        try {
            span.set(Kraken.BACKEND_TYPE, blob.backendType()).set(Kraken.BUCKET, BUCKET);
            pauseMicros(8_000);
            if (blob.isMissingInBackend()) {
                throw new IOException("no such blob in " + BUCKET);
            }
            write(blob);
            span.set(Kraken.DURATION_MS, millisSince(startNs));
        } catch (IOException e) {
            throw thrown(span, e);
        } finally {
            span.end();
        }
    }

    private void write(Blob blob) {
        try (Span span = tracer.start(Kraken.CACHE_WRITE)) {
            pauseMicros(500);
            span.set(Kraken.PATH, "/var/cache/kraken/" + blob.digest().substring(0, 2))
                    .set(Kraken.SIZE, blob.size());
        }
    }

    private void store(Blob blob) throws IOException {
        final Span span = tracer.current();
        try {
            span.set(Kraken.NAMESPACE, blob.namespace())
                    .set(Kraken.DIGEST, blob.digest())
                    .set(Kraken.REPLICATE, true);
            final Span write = tracer.start(Kraken.ORIGIN_CACHE_WRITE);
            pauseMicros(500);
            write.end();
            if (blob.isWrittenBackLater()) {
                defer(blob, span);
            } else {
                upload(blob);
            }
        } catch (IOException e) {
            span.error(e.getMessage());
            throw e;
        }
    }

    private void upload(Blob blob) throws IOException {
        final long startNs = System.nanoTime();
        final Span span = tracer.start(Kraken.BACKEND_UPLOAD, SpanKind.CLIENT);
        try {
            span.set(Kraken.BACKEND_TYPE, blob.backendType()).set(Kraken.BUCKET, BUCKET);
            pauseMicros(6_000);
            if (blob.isRefusedByBackend()) {
                throw new IOException(BUCKET + " is full");
            }
            span.set(Kraken.DURATION_MS, millisSince(startNs));
        } catch (IOException e) {
            throw thrown(span, e);
        } finally {
            span.end();
        }
    }

    private synchronized void defer(Blob blob, TraceContext context) throws IOException {
        final String task = blob.namespace() + ' ' + blob.digest() + ' ' + context + '\n';
        Files.writeString(tasks, task, StandardCharsets.US_ASCII, StandardOpenOption.APPEND);
    }

    /** Does the write-backs that the process before has deferred; returns their number. */
    int recover() throws IOException {
        int done = 0;
        for (String task : Files.readAllLines(tasks, StandardCharsets.US_ASCII)) {
            final String[] parts = task.split(" ");
            try (Span span = tracer.start(Kraken.WRITE_BACK, SpanKind.CONSUMER, null)) {
                span.link(new RemoteContext().parse(parts[2]));
                upload(new Blob(parts[0], parts[1]));
                done++;
            }
        }
        return done;
    }
}
