package io.kraken.tracer.jmh;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kraken.tracer.jmh.ServiceSpans.Shape;
import io.kraken.tracer.jmh.ServiceSpans.Side;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * The service of {@link ServiceLoad}, in a separate process, with both tracers. Its first answer is its port; the
 * others are the times of spans since the request before, by shape and side; the last one is the numbers of delivered
 * and dropped spans.
 */
final class ServiceRun {

    static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(120);
    static final int DIGITS = 3;

    private static final int THREADS = 16;
    private static final int BACKLOG = 1024;
    /** Number of requests made in the process for the compiler, before the first request arrives. */
    private static final int REQUESTS_TO_COMPILE = 40_000;

    private static final int SPANS_TO_AGE = 200_000;
    private static final int BURST = 16;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final int threads;
    private final KrakenPeer kraken;
    private final OpenTelemetryPeer openTelemetry;
    private final Recorder[][] calls = new Recorder[Shape.values().length][Side.values().length];
    private final ThreadLocal<Worker> workers = ThreadLocal.withInitial(Worker::new);

    /** State of a thread for its requests. */
    private final class Worker {
        private final ServiceWork work = new ServiceWork();
        private final ServiceSpans[] sides = {
            ServiceSpans.NOTHING, new KrakenSpans(kraken), new OpenTelemetrySpans(openTelemetry)
        };

        byte[] handle(ServiceWork.Call call) {
            final ServiceSpans spans = sides[call.side().ordinal()];
            work.lookUp(call);
            long ns = before(spans, call);
            final byte[] answer = work.render(call);
            ns += call.shape() == Shape.AROUND ? spans.close(call) : 0;
            calls[call.shape().ordinal()][call.side().ordinal()].recordValue(Math.min(LONGEST_NS, ns));
            return answer;
        }

        private static long before(ServiceSpans spans, ServiceWork.Call call) {
            switch (call.shape()) {
                case BARE:
                    return spans.bare();
                case KRAKEN:
                    return spans.kraken(call);
                case NESTED:
                    return spans.nested();
                default:
                    return spans.open(call);
            }
        }

        /**
         * Warms up the compiler, and makes each tracer use all of its memory once, as in a service that has run for a
         * time.
         */
        Void warmUp() {
            final Headers headers = new Headers();
            headers.add("X-Request-Id", "0");
            headers.add("Accept", "application/json, */*;q=0.5");
            final Shape[] shapes = Shape.values();
            ServiceWork.Call call = null;
            for (int i = 0; i < REQUESTS_TO_COMPILE / threads; i++) {
                final Shape shape = shapes[i / 6 % shapes.length];
                call = work.parse("GET", URI.create(ServiceWork.target(i & ServiceWork.BLOBS - 1, shape) + i), headers);
                handle(call);
            }
            for (int i = 0; i < SPANS_TO_AGE / threads; i++) {
                for (ServiceSpans spans : sides) {
                    spans.kraken(call);
                }
                if (i % BURST == 0) {
                    LockSupport.parkNanos(PAUSE_NS);
                }
            }
            return null;
        }
    }

    static {
        // Read by the JDK before its first server starts. Without it, every response waits 40 ms for an
        // acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    ServiceRun(Options options) {
        threads = (int) options.number("threads", THREADS);
        kraken = Aging.aged(new KrakenPeer(Tracers.open(Tracers.config(options.text("clock", "auto")))));
        openTelemetry = Aging.aged(OpenTelemetryPeer.discarding());
        for (Recorder[] sides : calls) {
            for (int side = 0; side < sides.length; side++) {
                sides[side] = new Recorder(LONGEST_NS, DIGITS);
            }
        }
    }

    void run() throws IOException, InterruptedException {
        final ExecutorService pool = Executors.newFixedThreadPool(threads);
        final HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        try {
            warmUp(pool);
            server.setExecutor(pool);
            server.createContext("/namespace/", this::answer);
            server.start();
            Role.play(Integer.toString(server.getAddress().getPort()), this::figures);
        } finally {
            server.stop(0);
            pool.shutdown();
        }
        final Delivery ours = kraken.close();
        final Delivery theirs = openTelemetry.close();
        System.out.println(
                Role.encode(new long[] {ours.delivered(), ours.dropped(), theirs.delivered(), theirs.dropped()}));
    }

    private void warmUp(ExecutorService pool) throws InterruptedException {
        final List<Callable<Void>> tasks =
                Collections.nCopies(threads, () -> workers.get().warmUp());
        for (Future<Void> done : pool.invokeAll(tasks)) {
            try {
                done.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("a request has failed", e.getCause());
            }
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            final Worker worker = workers.get();
            final byte[] answer = worker.handle(worker.work.parse(
                    exchange.getRequestMethod(), exchange.getRequestURI(), exchange.getRequestHeaders()));
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            exchange.sendResponseHeaders(Request.STATUS, answer.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(answer);
            }
        } catch (RuntimeException e) {
            e.printStackTrace();
            throw e;
        }
    }

    /** The histograms of one shape, by side, from such an answer. */
    static Histogram[] calls(String answer, Shape shape) throws IOException {
        return Role.decode(answer, Histogram[][].class)[shape.ordinal()];
    }

    private String figures() {
        final Histogram[][] figures = new Histogram[calls.length][];
        for (int shape = 0; shape < calls.length; shape++) {
            figures[shape] = new Histogram[calls[shape].length];
            for (int side = 0; side < calls[shape].length; side++) {
                figures[shape][side] = new Histogram(LONGEST_NS, DIGITS);
                figures[shape][side].add(calls[shape][side].getIntervalHistogram());
            }
        }
        try {
            return Role.encode(figures);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
