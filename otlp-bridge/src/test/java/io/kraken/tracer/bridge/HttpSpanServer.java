package io.kraken.tracer.bridge;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A collector for OTLP over HTTP whose answers and faults the test controls. */
final class HttpSpanServer implements AutoCloseable {

    private static final int TAKEN = 200;
    private static final int UNAVAILABLE = 503;
    private static final int BAD_REQUEST = 400;
    private static final long SLOW_NS = TimeUnit.MILLISECONDS.toNanos(200);

    final SpanBook book = new SpanBook();

    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        final Thread thread = new Thread(work, "http-receiver");
        thread.setDaemon(true);
        return thread;
    });
    private final int port;
    private HttpServer server;
    private ServerSocket deaf;

    private volatile State state = State.WELL;
    private Answer next;
    private int times;
    private long requests;
    private long lastAnswerNs;
    private long shortestPauseNs = Long.MAX_VALUE;

    /** @param retryAfter value of the header; null: no header */
    record Answer(int status, boolean isFinal, String retryAfter) {}

    /** The faults of a collector. */
    enum State {
        WELL,
        /** Nothing listens at its port. */
        DEAD,
        /** Connections are made and nothing is read from them. */
        DEAF,
        /** Requests are read and never answered. */
        SILENT,
        SLOW,
        /** Each request is answered with a retryable status. */
        UNAVAILABLE,
        /** Each request is permanently refused. */
        REFUSING
    }

    HttpSpanServer() {
        server = listen(0);
        port = server.getAddress().getPort();
    }

    private HttpServer listen(int at) {
        try {
            final HttpServer made = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
            made.setExecutor(threads);
            made.createContext("/", this::handle);
            made.start();
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    /** Changes the state; existing connections are closed. */
    void become(State wanted) {
        close(server, deaf);
        server = null;
        deaf = null;
        state = wanted;
        if (wanted == State.DEAF) {
            try {
                deaf = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        } else if (wanted != State.DEAD) {
            server = listen(port);
        }
    }

    private static void close(HttpServer server, ServerSocket socket) {
        try {
            if (server != null) {
                server.stop(0);
            }
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives this answer for a number of requests, then accepts. */
    synchronized void next(Answer given, int count) {
        next = given;
        times = count;
        shortestPauseNs = Long.MAX_VALUE;
    }

    synchronized long requests() {
        return requests;
    }

    /** Times between a failed answer and the next request. */
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
        return switch (state) {
            case UNAVAILABLE -> new Answer(UNAVAILABLE, false, null);
            case REFUSING -> new Answer(BAD_REQUEST, true, null);
            default -> new Answer(TAKEN, true, null);
        };
    }

    private void handle(HttpExchange exchange) throws IOException {
        final ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
        book.arrived(request);
        final Answer answer = begin();
        if (state == State.SILENT) {
            return; // the connection stays open
        }
        if (state == State.SLOW) {
            final long untilNs = System.nanoTime() + SLOW_NS;
            while (System.nanoTime() - untilNs < 0) {
                LockSupport.parkNanos(untilNs - System.nanoTime());
            }
        }
        try (exchange) {
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
        close(server, deaf);
        threads.shutdownNow();
    }
}
