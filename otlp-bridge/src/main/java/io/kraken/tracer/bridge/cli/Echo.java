package io.kraken.tracer.bridge.cli;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.http.HttpTracing;
import io.kraken.tracer.http.Route;
import io.kraken.tracer.http.TracedHttpClient;
import io.kraken.tracer.http.TracingFilter;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A test service that sends the HTTP requests which it is asked to send. It listens on the loopback interface only,
 * because it calls any URL for any client. A small pool of threads serves requests; the calls of one request run in
 * sequence on its thread.
 */
final class Echo implements AutoCloseable {

    private static final int THREADS = 8;
    private static final int BACKLOG = 64;
    private static final int MOST_BYTES = 1 << 20;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Route TEST = Route.of("/test");

    private final HttpServer server;
    private final ExecutorService workers;
    private final HttpClient client;

    private Echo(HttpServer server, ExecutorService workers, HttpClient client) {
        this.server = server;
        this.workers = workers;
        this.client = client;
    }

    static Echo start(Tracer tracer, int port) throws IOException {
        final HttpTracing tracing = HttpTracing.of(tracer);
        final HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), BACKLOG);
        final ExecutorService workers = Executors.newFixedThreadPool(THREADS, work -> {
            final Thread thread = new Thread(work, "kraken-echo");
            thread.setDaemon(true);
            return thread;
        });
        final HttpClient plain = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(TIMEOUT)
                .executor(Runnable::run)
                .build();
        final Echo echo = new Echo(server, workers, new TracedHttpClient(tracing, plain));
        final HttpContext context = server.createContext("/test", echo::handle);
        context.getFilters().add(new TracingFilter(tracing, exchange -> TEST));
        server.setExecutor(workers);
        server.start();
        return echo;
    }

    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        final byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
        if (!exchange.getRequestMethod().equals("POST")) {
            answer(exchange, 405, "only POST is supported");
        } else if (body.length > MOST_BYTES) {
            answer(exchange, 413, "the request has more than " + MOST_BYTES + " bytes");
        } else {
            try {
                final List<Integer> codes = new ArrayList<>();
                for (EchoRequest.Call call : EchoRequest.parse(body)) {
                    codes.add(send(call));
                }
                answer(exchange, codes.contains(0) ? 502 : 200, codes.toString());
            } catch (CharacterCodingException | IllegalArgumentException e) {
                answer(exchange, 400, "invalid list of calls: " + e.getMessage());
            }
        }
    }

    /** The status of the response; 0 when there was none. */
    private int send(EchoRequest.Call call) throws IOException {
        final HttpRequest request = HttpRequest.newBuilder(URI.create(call.url()))
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(call.arguments()))
                .build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** A list of status codes is JSON already; other text is quoted, with characters replaced that need escaping. */
    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        final String json = text.startsWith("[") ? text : '"' + text.replaceAll("[\\\\\"\\p{Cntrl}]", "?") + '"';
        final byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }
}
