package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** The JDK's HTTP server and client, configured for many small requests over loopback. */
final class Http {

    static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final byte[] NOTHING = {};
    private static final int BACKLOG = 1024;

    static {
        // The JDK reads these once, before its first server or client. Without the first, every small answer may wait
        // 40 ms for an acknowledgement; the others keep connections open while the load pauses.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxIdleConnections", "2048");
        System.setProperty("jdk.httpclient.keepalive.timeout", "20");
    }

    private Http() {}

    /** Creates a server on a free port of the loopback interface, without starting it. */
    static HttpServer server(ExecutorService workers) throws IOException {
        return server(0, workers);
    }

    /** Creates a server on this port of the loopback interface, without starting it. */
    static HttpServer server(int port, ExecutorService workers) throws IOException {
        final HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        server.setExecutor(workers);
        return server;
    }

    static String address(HttpServer server) {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    static ExecutorService workers(String name, int threads) {
        final AtomicInteger number = new AtomicInteger();
        final ThreadFactory daemons = work -> {
            final Thread thread = new Thread(work, name + '-' + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
        return Executors.newFixedThreadPool(threads, daemons);
    }

    static HttpClient client(Executor workers) {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(TIMEOUT)
                .executor(workers)
                .build();
    }

    /** A handler that reads the whole request first, so that its connection can be reused, and always answers. */
    static HttpHandler answering(HttpHandler handler) {
        return exchange -> {
            try {
                drain(exchange.getRequestBody());
                handler.handle(exchange);
            } catch (IOException | RuntimeException e) {
                if (exchange.getResponseCode() < 0) {
                    answer(exchange, 500, String.valueOf(e.getMessage()));
                } else {
                    exchange.close();
                }
            }
        };
    }

    private static void drain(InputStream body) throws IOException {
        final byte[] bytes = new byte[256];
        while (body.read(bytes) >= 0) {
            continue;
        }
    }

    static void answer(HttpExchange exchange, int status, String body) throws IOException {
        answer(exchange, status, body.isEmpty() ? NOTHING : body.getBytes(StandardCharsets.UTF_8));
    }

    static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
        exchange.close();
    }
}
