package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.http.ClientHeaders;
import io.kraken.tracer.http.ExchangeHeaders;
import io.kraken.tracer.http.HttpTracing;
import io.kraken.tracer.http.Route;
import io.kraken.tracer.http.TracedHttpClient;
import io.kraken.tracer.http.TracingFilter;
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

/** A service of Kraken: an HTTP server, a client to call other services, and a tracer of its own. */
abstract class KrakenService {

    private static final ThreadLocal<RemoteContext> CALLERS = ThreadLocal.withInitial(RemoteContext::new);
    private static final int RECORDS = 16 * 1024;
    private static final long QUIET_SECONDS = 10;

    final Tracer tracer;

    private final String name;
    private final ExecutorService workers;
    private final HttpServer server;
    private final HttpContext context;
    private final HttpTracing tracing;
    private final HttpClient client = Http.client(Runnable::run);
    private final TracedHttpClient tracedClient;

    KrakenService(String name, int threads, Export export) throws IOException {
        this.name = name;
        // no breaker: all services share a machine, and every span must be accounted for even under overload
        tracer = Tracer.create(export.configure(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName(name)
                .with(TracerConfig.RECORDS, RECORDS)));
        tracing = HttpTracing.of(tracer).queries(false).brief(); // at most nine attributes a span
        tracedClient = new TracedHttpClient(tracing, client);
        workers = Http.workers(name, threads);
        server = Http.server(workers);
        context = server.createContext("/", Http.answering(exchange -> {
            final String[] path = exchange.getRequestURI().getRawPath().split("/");
            handle(exchange, path);
        }));
    }

    /** @param path parts of the path; the first one is empty */
    abstract void handle(HttpExchange exchange, String[] path) throws IOException;

    /** Enables server spans for its requests, except for those with the given paths. */
    final void traceRequests(Route route, String... without) {
        context.getFilters().add(new TracingFilter(tracing.without(without), exchange -> route));
    }

    final void start() {
        server.start();
    }

    final String name() {
        return name;
    }

    /** The settings of its tracer, one per line. */
    final List<String> description() {
        return tracer.describe().lines().map(String::strip).toList();
    }

    final String address() {
        return Http.address(server);
    }

    /**
     * The caller's trace context from the request; invalid if there is none, so that a trace begins. Valid until the
     * thread's next call.
     */
    final RemoteContext caller(HttpExchange exchange) {
        return tracer.propagation().extract(exchange, ExchangeHeaders.REQUEST, CALLERS.get());
    }

    /**
     * Calls another service and waits for its answer.
     *
     * @param context the trace context of the request
     * @throws IOException when there is no answer, or an error status
     */
    final String call(String method, String address, String path, TraceContext context) throws IOException {
        final HttpRequest.Builder request = request(method, address, path);
        tracer.propagation().inject(context, request, ClientHeaders.SETTER);
        try {
            return body(client.send(request.build(), HttpResponse.BodyHandlers.ofString()));
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** The same in a span for this call only, which gets the result of the call; the caller ends it. */
    final String callIn(Span span, String method, String address, String path) throws IOException {
        final HttpRequest request = request(method, address, path).build();
        try {
            return body(tracedClient.send(span, request, HttpResponse.BodyHandlers.ofString()));
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static HttpRequest.Builder request(String method, String address, String path) {
        return HttpRequest.newBuilder(URI.create("http://" + address + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(Http.TIMEOUT);
    }

    private static String body(HttpResponse<String> response) throws IOException {
        if (response.statusCode() >= 400) {
            throw new IOException(
                    response.statusCode() + " from " + response.uri().getAuthority() + ": " + response.body());
        }
        return response.body();
    }

    static IOException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IOException("interrupted", e);
    }

    /** Simulates the time of a disk or a network. */
    static void pauseMicros(long micros) {
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(micros));
    }

    static long millisSince(long startNs) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    /** Records the exception in the span in which it was thrown; its ancestors get the status only. */
    static IOException thrown(Span span, IOException e) {
        span.exception(e);
        span.error(e.getMessage());
        return e;
    }

    /** Waits for background work; called when no requests arrive any more. */
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

    /** Stops the service; returns its tracer's ledger. */
    final Ledger close(Duration timeout) {
        quiesce();
        server.stop(0);
        return tracer.close(timeout);
    }
}
