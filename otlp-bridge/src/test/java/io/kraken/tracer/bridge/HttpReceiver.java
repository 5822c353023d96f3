package io.kraken.tracer.bridge;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A collector that is spoken to over HTTP and answers as a test says. */
final class HttpReceiver implements AutoCloseable {

    private static final int TAKEN = 200;

    final SpanBook book = new SpanBook();

    private final ExecutorService threads = Executors.newFixedThreadPool(2, work -> {
        final Thread thread = new Thread(work, "http-receiver");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;

    private Answer next;
    private int times;
    private long requests;
    private long lastAnswerNs;
    private long shortestPauseNs = Long.MAX_VALUE;

    /** @param retryAfter of the header, which is left out without */
    record Answer(int status, boolean isFinal, String retryAfter) {}

    HttpReceiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Answers this so often, and takes what comes then. */
    synchronized void next(Answer given, int count) {
        next = given;
        times = count;
        shortestPauseNs = Long.MAX_VALUE;
    }

    synchronized long requests() {
        return requests;
    }

    /** Between an answer that was not "taken" and the request after it. */
    synchronized long shortestPauseNs() {
        return shortestPauseNs;
    }

    private synchronized Answer begin() {
        requests++;
        if (lastAnswerNs != 0) {
            shortestPauseNs = Math.min(shortestPauseNs, System.nanoTime() - lastAnswerNs);
            lastAnswerNs = 0;
        }
        if (times > 0) {
            times--;
            lastAnswerNs = System.nanoTime();
            return next;
        }
        return new Answer(TAKEN, true, null);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            final ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
            book.arrived(request);
            final Answer answer = begin();
            if (answer.status() == TAKEN) {
                book.taken(request);
            } else if (answer.isFinal()) {
                book.refused(request);
            }
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            if (answer.retryAfter() != null) {
                exchange.getResponseHeaders().set("Retry-After", answer.retryAfter());
            }
            exchange.sendResponseHeaders(answer.status(), -1);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
