package io.kraken.tracer.jmh;

import io.kraken.tracer.jmh.ServiceSpans.Shape;
import io.kraken.tracer.jmh.ServiceSpans.Side;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Surges on a service that has more threads than the machine has cores, in a separate process. Its requests have 20
 * spans and little work, and are called in the process: over HTTP, server and clients would take most of the time.
 */
final class SurgeRun {

    private static final int THREADS = 200;
    private static final int ROUNDS = 3;
    private static final double SECONDS = 3;
    private static final double STEADY_SECONDS = 1;
    /** Pause of each thread between two requests, in steady load. */
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    /** Time after each surge for the exporters to catch up. */
    private static final long SETTLE_NS = TimeUnit.SECONDS.toNanos(1);

    /** Number of spans inside the one around them. */
    private static final int INNER_SPANS = 19;

    private static final double NS_PER_SECOND = 1e9;
    /** Silences the log of its batch processor about dropped spans, which are in the result. */
    private static final Logger OPENTELEMETRY_LOG = Logger.getLogger("io.opentelemetry");

    private final int threads;
    private final int rounds;
    private final double seconds;
    private final KrakenPeer kraken;
    private final OpenTelemetryPeer openTelemetry;

    SurgeRun(Options options) {
        OPENTELEMETRY_LOG.setLevel(Level.SEVERE);
        threads = (int) options.number("threads", THREADS);
        rounds = (int) options.number("rounds", ROUNDS);
        seconds = options.number("seconds", SECONDS);
        kraken = Aging.aged(new KrakenPeer(Tracers.open(Tracers.config(options.text("clock", "auto")))));
        openTelemetry = Aging.aged(OpenTelemetryPeer.discarding());
    }

    void run() throws IOException, InterruptedException {
        final ExecutorService pool = Executors.newFixedThreadPool(threads);
        final List<SurgeResult.Surge[]> results = new ArrayList<>();
        try {
            for (Side side : Side.values()) {
                surge(pool, side); // warm-up
            }
            for (int round = 0; round < rounds; round++) {
                results.add(round(pool, round));
            }
        } finally {
            pool.shutdown();
        }
        final Delivery ours = kraken.close();
        final Delivery theirs = openTelemetry.close();
        final long[] delivered = {0, ours.delivered(), theirs.delivered()};
        final long[] dropped = {0, ours.dropped(), theirs.dropped()};
        System.out.println(
                Role.encode(new SurgeResult(threads, INNER_SPANS + 1, new ArrayList<>(results), delivered, dropped)));
    }

    /** One surge of each side; the first side changes. */
    private SurgeResult.Surge[] round(ExecutorService pool, int round) throws InterruptedException {
        final Side[] sides = Side.values();
        final SurgeResult.Surge[] surges = new SurgeResult.Surge[sides.length];
        for (int turn = 0; turn < sides.length; turn++) {
            final Side side = sides[(round + turn) % sides.length];
            surges[side.ordinal()] = surge(pool, side);
            System.out.printf(
                    Locale.ROOT,
                    "# round %d of %d, %s: %,.0f requests/s%n",
                    round + 1,
                    rounds,
                    side,
                    surges[side.ordinal()].perSecond());
        }
        return surges;
    }

    private SurgeResult.Surge surge(ExecutorService pool, Side side) throws InterruptedException {
        final long beginNs = System.nanoTime() + (long) (STEADY_SECONDS * NS_PER_SECOND);
        final long endNs = beginNs + (long) (seconds * NS_PER_SECOND);
        final List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            callers.add(new Caller(spans(side), beginNs, endNs));
        }
        long requests = 0;
        long worstNs = 0;
        long lastNs = beginNs;
        for (Future<Caller> future : pool.invokeAll(callers)) {
            final Caller caller = get(future);
            requests += caller.requests;
            worstNs = Math.max(worstNs, caller.worstNs);
            lastNs = Math.max(lastNs, caller.lastNs);
        }
        LockSupport.parkNanos(SETTLE_NS);
        return new SurgeResult.Surge(requests * NS_PER_SECOND / (lastNs - beginNs), worstNs);
    }

    private static Caller get(Future<Caller> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a request has failed", e.getCause());
        }
    }

    private ServiceSpans spans(Side side) {
        switch (side) {
            case KRAKEN:
                return new KrakenSpans(kraken);
            case OPENTELEMETRY:
                return new OpenTelemetrySpans(openTelemetry);
            default:
                return ServiceSpans.NOTHING;
        }
    }

    /** The requests of a thread: with pauses before the surge, without pauses in it. */
    private static final class Caller implements Callable<Caller> {
        private final ServiceSpans spans;
        private final long beginNs;
        private final long endNs;
        private final ServiceWork work = new ServiceWork();
        private final ServiceWork.Call call = new ServiceWork.Call(
                "library/service-1", ServiceWork.digest(1), Request.METHOD, 100_000_000L, Shape.AROUND, Side.NOTHING);
        private long requests;
        private long worstNs;
        private long lastNs;

        Caller(ServiceSpans spans, long beginNs, long endNs) {
            this.spans = spans;
            this.beginNs = beginNs;
            this.endNs = endNs;
        }

        @Override
        public Caller call() {
            while (System.nanoTime() - beginNs < 0) {
                request();
                LockSupport.parkNanos(PAUSE_NS);
            }
            long now = System.nanoTime();
            while (now - endNs < 0) {
                request();
                final long end = System.nanoTime();
                worstNs = Math.max(worstNs, end - now);
                now = end;
                requests++;
            }
            lastNs = now;
            return this;
        }

        private void request() {
            spans.open(call);
            for (int i = 0; i < INNER_SPANS; i++) {
                spans.bare();
                work.slice();
            }
            spans.close(call);
        }
    }
}
