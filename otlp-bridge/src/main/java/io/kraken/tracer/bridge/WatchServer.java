package io.kraken.tracer.bridge;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
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
 * Serves metrics and health over HTTP, to whoever can reach the address. Two threads answer, the suppliers are called
 * on them; a third one sees to it that no client keeps them for long. The JDK's server has limits of its own for that,
 * but only as properties of the whole JVM: here a thread that takes too long is interrupted, which closes the
 * connection that it reads from or writes to. How many may connect is not limited here: who can reach the address is
 * trusted that far, and by default that is this host. All threads are daemons.
 */
final class WatchServer implements AutoCloseable {

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

    /** @param reason in a line, also when all is well */
    record Verdict(boolean isWell, String reason) {}

    private record Answer(int status, String contentType, String text) {

        static Answer plain(int status, String line) {
            return new Answer(status, "text/plain; charset=utf-8", SettingKind.clean(line) + "\n");
        }

        static Answer of(Verdict verdict) {
            return plain(verdict.isWell ? 200 : 503, verdict.reason);
        }
    }

    /**
     * Begins to serve.
     *
     * @throws IOException when the address can't be had; the message says what to do
     */
    WatchServer(
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
        // The server's own thread is a daemon when the one that starts it is.
        CompletableFuture.runAsync(server::start, workers).join();
    }

    private HttpServer bind() throws IOException {
        try {
            return HttpServer.create(address, 0);
        } catch (IOException e) {
            final String where = address.getAddress().getHostAddress() + ":" + address.getPort();
            throw new IOException(
                    "can't serve metrics and health at " + where + " (" + e.getMessage()
                            + "): is another bridge running? '" + SettingsTable.LISTEN.name()
                            + "' sets another address, or '" + SettingKind.OFF + "'",
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

    /** Interrupts a thread, unless it is through already with what it was not to do for longer. */
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

        /** By the thread itself, which from here on is not interrupted, nor has been. */
        synchronized void lift() {
            thread = null;
            Thread.interrupted();
        }
    }

    /** Which differs from the one asked for when that was 0. */
    int port() {
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
                answer = Answer.plain(405, "only GET and HEAD");
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
                default -> Answer.plain(404, "there are /metrics, /healthz and /readyz");
            };
        } catch (RuntimeException e) {
            log.say(path, path + " request failed: " + SettingKind.clean(e.toString()));
            return Answer.plain(500, "this failed; the bridge's log says why");
        }
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
        guard.shutdownNow();
    }
}
