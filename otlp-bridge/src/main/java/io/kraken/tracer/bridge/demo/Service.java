package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kraken.tracer.Span;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One of Kraken's services: an HTTP server, a client for calling the others, and a tracer of its own. */
abstract class Service {

    private static final int STAGING_RECORDS = 1024;
    private static final int LANE_RECORDS = 16 * 1024;
    private static final long QUIET_SECONDS = 10;

    final Tracer tracer;

    private final String name;
    private final ExecutorService workers;
    private final HttpServer server;
    private final HttpClient client = Http.client(Runnable::run);

    Service(String name, int threads, Export export) throws IOException {
        this.name = name;
        tracer = Tracer.create(export.configure(new TracerConfig()
                .serviceName(name)
                .with(TracerConfig.STAGING_RECORDS, STAGING_RECORDS)
                .with(TracerConfig.LANE_RECORDS, LANE_RECORDS)));
        workers = Http.workers(name, threads);
        server = Http.server(workers);
        server.createContext("/", Http.answering(exchange -> {
            final String[] path = exchange.getRequestURI().getRawPath().split("/");
            handle(exchange, path);
        }));
    }

    /** @param path parts of the path; the first one is empty */
    abstract void handle(HttpExchange exchange, String[] path) throws IOException;

    final void start() {
        server.start();
    }

    final String name() {
        return name;
    }

    /** How its tracer is set up, a line each. */
    final List<String> description() {
        return tracer.describe().lines().map(String::strip).toList();
    }

    final String address() {
        return Http.address(server);
    }

    /**
     * Calls another service and waits for its answer.
     *
     * @param context what the request is to be part of
     * @throws IOException when there is no answer, or one that is an error
     */
    final String call(String method, String address, String path, TraceContext context) throws IOException {
        final HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + address + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(Http.TIMEOUT);
        Header.write(request, context);
        try {
            final HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() >= 400) {
                throw new IOException(response.statusCode() + " from " + address + ": " + response.body());
            }
            return response.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Stands for a disk or for somebody else's network. */
    static void pauseMicros(long micros) {
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(micros));
    }

    static long millisSince(long startNs) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    /** For the span in which something went wrong; those above it get the status only. */
    static IOException thrown(Span span, IOException e) {
        span.exception(e);
        span.error(e.getMessage());
        return e;
    }

    /** Ends what works in the background; called when no requests come in any more. */
    void quiesce() {
        await(workers);
    }

    static void await(ExecutorService executor) {
        executor.shutdown();
        try {
            executor.awaitTermination(QUIET_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops, and says where its spans went. */
    final Ledger close(Duration timeout) {
        quiesce();
        server.stop(0);
        return tracer.close(timeout);
    }
}
