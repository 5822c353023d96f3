package io.kraken.tracer.jmh;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;

/**
 * An OTLP/HTTP backend on this machine that counts spans and acknowledges them. It parses only what it needs for that,
 * to leave the processors to the systems under test.
 */
final class Receiver implements AutoCloseable {

    private final SpanCounter counter = new SpanCounter();
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        final Thread thread = new Thread(work, "receiver");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;

    Receiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/v1/traces", this::handle);
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Spans acknowledged so far. */
    long spans() {
        return counter.count().spans();
    }

    SpanCounter counter() {
        return counter;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            counter.begun();
            final byte[] sent = exchange.getRequestBody().readAllBytes();
            final boolean packed = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
            final byte[] request = packed ? new GZIPInputStream(new ByteArrayInputStream(sent)).readAllBytes() : sent;
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
            counter.add(request, request.length, sent.length);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
