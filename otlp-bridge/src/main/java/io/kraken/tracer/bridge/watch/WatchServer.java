package io.kraken.tracer.bridge.watch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.settings.SettingText;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP server for metrics and health, without authentication. Two threads answer requests and call the suppliers; a
 * third one enforces a time limit, so that slow clients cannot block them. The JDK's server has time limits of its own,
 * but only as properties of the whole JVM; here a thread that takes too long is interrupted, which closes the
 * connection that it reads from or writes to. The number of connections is not limited: clients that can reach the
 * address, by default those on this host, are trusted that far. All threads are daemons.
 */
public final class WatchServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WatchServer.class);

    private static final long LONGEST_MILLIS = 5000;
    private static final int THREADS = 2;

    private static final String NAME = "kraken-bridge-watch-";
    private static final int NO_BODY = -1;

    private final InetSocketAddress address;
    private final Supplier<String> metrics;
    private final Supplier<Verdict> health;
    private final Supplier<Verdict> readiness;
    private final ThrottledLog log = new ThrottledLog(System::nanoTime, LOG::warn);
    private final AtomicInteger threads = new AtomicInteger();
    private final ExecutorService workers = Executors.newFixedThreadPool(THREADS, this::newThread);
    private final ScheduledThreadPoolExecutor guard = new ScheduledThreadPoolExecutor(1, this::newThread);
    private final HttpServer server;

    /** @param reason a line of text, also when healthy */
    public record Verdict(boolean isWell, String reason) {}

    private record Answer(int status, String contentType, String text) {

        static Answer plain(int status, String line) {
            return new Answer(status, "text/plain; charset=utf-8", SettingText.clean(line) + "\n");
        }

        static Answer of(Verdict verdict) {
            return plain(verdict.isWell ? 200 : 503, verdict.reason);
        }
    }

    /**
     * Starts to serve.
     *
     * @throws IOException when it cannot bind the address; the message says what to do
     */
    public WatchServer(
            InetSocketAddress address, Supplier<String> metrics, Supplier<Verdict> health, Supplier<Verdict> readiness)
            throws IOException {
        this(address, metrics, health, readiness, LONGEST_MILLIS);
    }

    WatchServer(
            InetSocketAddress address,
            Supplier<String> metrics,
            Supplier<Verdict> health,
            Supplier<Verdict> readiness,
            long longestMillis)
            throws IOException {
        this.address = address;
        this.metrics = metrics;
        this.health = health;
        this.readiness = readiness;
        guard.setRemoveOnCancelPolicy(true);
        server = bind();
        server.createContext("/", this::handle);
        server.setExecutor(limited(longestMillis));
        // The server's own thread inherits the daemon status of the thread that starts it.
        CompletableFuture.runAsync(server::start, workers).join();
    }

    private HttpServer bind() throws IOException {
        try {
            return HttpServer.create(address, 0);
        } catch (IOException e) {
            final String where = address.getAddress().getHostAddress() + ":" + address.getPort();
            throw new IOException(
                    "cannot serve metrics and health at " + where + " (" + e.getMessage()
                            + "): is another bridge running? Set '" + BridgeConfig.LISTEN
                            + "' to another address or to '" + BridgeConfig.OFF + "'",
                    e);
        }
    }

    private Thread newThread(Runnable work) {
        final Thread thread = new Thread(work, NAME + threads.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }

    private Executor limited(long longestMillis) {
        return task -> workers.execute(() -> {
            final Limit limit = new Limit(Thread.currentThread());
            final ScheduledFuture<?> end = guard.schedule(limit, longestMillis, TimeUnit.MILLISECONDS);
            try {
                task.run();
            } finally {
                end.cancel(false);
                limit.lift();
            }
        });
    }

    /** The time limit of one request: interrupts the thread unless the request has ended. */
    private static final class Limit implements Runnable {
        private Thread thread;

        Limit(Thread thread) {
            this.thread = thread;
        }

        @Override
        public synchronized void run() {
            if (thread != null) {
                thread.interrupt();
            }
        }

        /** Called by the thread itself: removes the limit and clears an interrupt that has already happened. */
        synchronized void lift() {
            thread = null;
            Thread.interrupted();
        }
    }

    /** The bound port; differs from the configured one if that is 0. */
    public int port() {
        return server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            final boolean head = exchange.getRequestMethod().equals("HEAD");
            final Answer answer;
            if (head || exchange.getRequestMethod().equals("GET")) {
                answer = answer(exchange.getRequestURI().getPath());
            } else {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                answer = Answer.plain(405, "only GET and HEAD are supported");
            }
            final byte[] body = answer.text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", answer.contentType);
            if (head) {
                exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
                exchange.sendResponseHeaders(answer.status, NO_BODY);
            } else {
                exchange.sendResponseHeaders(answer.status, body.length);
                exchange.getResponseBody().write(body);
            }
        }
    }

    private Answer answer(String path) {
        try {
            return switch (path) {
                case "/metrics" -> new Answer(200, PrometheusText.CONTENT_TYPE, metrics.get());
                case "/healthz" -> Answer.of(health.get());
                case "/readyz" -> Answer.of(readiness.get());
                default -> Answer.plain(404, "not found; see /metrics, /healthz and /readyz");
            };
        } catch (RuntimeException e) {
            log.report(path, path + " request failed: " + e);
            return Answer.plain(500, "internal error, see the bridge's log");
        }
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
        guard.shutdownNow();
    }
}
