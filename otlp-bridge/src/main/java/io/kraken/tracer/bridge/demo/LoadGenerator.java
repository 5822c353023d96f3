package io.kraken.tracer.bridge.demo;

import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * The load generator of a cluster: an open loop. Requests are sent when they are due, whether or not earlier ones have
 * been answered, and response times are measured from the due time, so that a cluster that falls behind shows it.
 */
final class LoadGenerator {

    private static final int MOST_IN_FLIGHT = 1024;
    private static final int DOWNLOADS_PER_UPLOAD = 40;
    private static final int UPLOADS_PER_REPLICATION = 4;
    private static final int WARM_UP_CLIENTS = 8;
    private static final int MOST_WARM_UP = 2000;
    private static final int CHUNKS = 3;
    private static final long CHUNK_SIZE = 64L << 20;
    /** How long after the end overdue requests may still be sent. */
    private static final long CATCH_UP_NS = TimeUnit.SECONDS.toNanos(1);

    private static final long LAST_ANSWERS_SECONDS = 30;

    private final Cluster cluster;
    private final PrintStream out;
    private final LongSupplier received;
    private final LongConsumer responses;
    private final HttpClient client = Http.client(Runnable::run);
    private final Semaphore inFlight = new Semaphore(MOST_IN_FLIGHT);
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();
    private final AtomicLong broken = new AtomicLong();
    private final Histogram responseTimes = new Histogram();
    private volatile Histogram thisSecond = new Histogram();
    private long downloads;
    private long uploads;
    private long replications;
    private long heldBack;
    private long durationNs;
    private long spans;

    /**
     * @param received spans at the receiver so far, negative when unknown
     * @param responses receives every response time in ns
     */
    LoadGenerator(Cluster cluster, PrintStream out, LongSupplier received, LongConsumer responses) {
        this.cluster = cluster;
        this.out = out;
        this.received = received;
        this.responses = responses;
    }

    /** Warms up the JIT compiler with some downloads in sequence from a few clients. Returns how many. */
    int warmUp(int downloads) {
        final int total = Math.min(MOST_WARM_UP, downloads);
        final Semaphore clients = new Semaphore(WARM_UP_CLIENTS);
        for (int number = 0; number < total; number++) {
            clients.acquireUninterruptibly();
            final Blob blob = Blob.numbered(-1 - number);
            send("GET", cluster.agent(), "/namespace/" + blob.namespace() + "/blobs/" + blob.digest())
                    .whenComplete((answer, error) -> clients.release());
        }
        clients.acquireUninterruptibly(WARM_UP_CLIENTS);
        return total;
    }

    /** Sends downloads at a rate, with uploads and replications in proportion. The counts of several runs add up. */
    void run(int rate, int seconds) {
        final long spansBefore = cluster.spansStarted();
        final long startNs = System.nanoTime();
        final long total = (long) rate * seconds;
        final long endNs = startNs + TimeUnit.SECONDS.toNanos(seconds);
        long secondDone = 0;
        for (long number = 0; number < total && System.nanoTime() - endNs < CATCH_UP_NS; number++) {
            final long dueNs = startNs + number * TimeUnit.SECONDS.toNanos(1) / rate;
            waitUntil(dueNs);
            while (secondDone < elapsedSeconds(startNs)) {
                progress(++secondDone, number);
            }
            issue(number, dueNs);
        }
        waitUntil(endNs);
        while (secondDone < seconds) {
            progress(++secondDone, downloads);
        }
        durationNs += System.nanoTime() - startNs;
        spans += cluster.spansStarted() - spansBefore;
        awaitAnswers();
    }

    private static long elapsedSeconds(long startNs) {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNs);
    }

    private static void waitUntil(long dueNs) {
        for (long left = dueNs - System.nanoTime(); left > 0; left = dueNs - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void issue(long number, long dueNs) {
        download(number, dueNs);
        if (number % DOWNLOADS_PER_UPLOAD == DOWNLOADS_PER_UPLOAD / 2) {
            upload(number / DOWNLOADS_PER_UPLOAD, dueNs);
        }
    }

    private void download(long number, long dueNs) {
        final Blob blob = Blob.numbered(number);
        downloads++;
        begin();
        end(send("GET", cluster.agent(), "/namespace/" + blob.namespace() + "/blobs/" + blob.digest()), dueNs);
    }

    /** Sends the requests of an upload in sequence; some tags are replicated. */
    private void upload(long number, long dueNs) {
        final Blob blob = Blob.numbered(number);
        final boolean isReplicated = number % UPLOADS_PER_REPLICATION == 0;
        uploads++;
        replications += isReplicated ? 1 : 0;
        begin();
        final CompletableFuture<HttpResponse<String>> done = send(
                        "POST", cluster.proxy(), "/uploads/" + blob.namespace() + "/" + tag(number))
                .thenCompose(begun -> chunk(begun.body(), 0))
                .thenCompose(id -> send(
                        "PUT",
                        cluster.proxy(),
                        "/uploads/" + id + "/commit/" + blob.digest() + "/" + CHUNKS * CHUNK_SIZE
                                + (isReplicated ? "?replicate" : "")));
        end(done, dueNs);
    }

    private CompletableFuture<String> chunk(String id, int chunk) {
        if (chunk == CHUNKS) {
            return CompletableFuture.completedFuture(id);
        }
        final long from = chunk * CHUNK_SIZE;
        return send("PATCH", cluster.proxy(), "/uploads/" + id + "/chunk/" + from + "/" + (from + CHUNK_SIZE))
                .thenCompose(taken -> chunk(id, chunk + 1));
    }

    private static String tag(long upload) {
        return "app-" + upload % 1000;
    }

    private CompletableFuture<HttpResponse<String>> send(String method, String address, String path) {
        final HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    private void begin() {
        if (!inFlight.tryAcquire()) {
            heldBack++;
            inFlight.acquireUninterruptibly();
        }
    }

    private void end(CompletableFuture<HttpResponse<String>> response, long dueNs) {
        response.whenComplete((answer, error) -> {
            final long tookNs = System.nanoTime() - dueNs;
            responseTimes.record(tookNs);
            thisSecond.record(tookNs);
            responses.accept(tookNs);
            if (error != null) {
                broken.incrementAndGet();
            } else if (answer.statusCode() >= 400) {
                errors.incrementAndGet();
            }
            answered.incrementAndGet();
            inFlight.release();
        });
    }

    private void awaitAnswers() {
        try {
            if (inFlight.tryAcquire(MOST_IN_FLIGHT, LAST_ANSWERS_SECONDS, TimeUnit.SECONDS)) {
                inFlight.release(MOST_IN_FLIGHT);
            } else {
                out.println("timeout: " + (MOST_IN_FLIGHT - inFlight.availablePermits())
                        + " requests are still unanswered");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void progress(long second, long started) {
        final Histogram times = thisSecond;
        thisSecond = new Histogram();
        final long spans = received.getAsLong();
        out.printf(
                Locale.ROOT,
                "%4d s  %,8d downloads started, %,4d requests in flight, response p50 %s p99 %s, %,9d spans%s%n",
                second,
                started,
                MOST_IN_FLIGHT - inFlight.availablePermits(),
                millis(times.percentile(50)),
                millis(times.percentile(99)),
                cluster.spansStarted(),
                spans < 0 ? "" : String.format(Locale.ROOT, ", %,9d received", spans));
    }

    static String millis(long ns) {
        return String.format(Locale.ROOT, "%.1f ms", ns / 1e6);
    }

    long downloads() {
        return downloads;
    }

    long unanswered() {
        return broken.get() + MOST_IN_FLIGHT - inFlight.availablePermits();
    }

    long heldBack() {
        return heldBack;
    }

    double achievedRate() {
        return downloads * 1e9 / Math.max(1, durationNs);
    }

    /** The rate of spans during the load. */
    double spansPerSecond() {
        return spans * 1e9 / Math.max(1, durationNs);
    }

    /** The requested load and its results. */
    String summary(int rate) {
        final String shortfall = achievedRate() < 0.99 * rate ? ", LESS than requested: the machine is too slow" : "";
        return String.format(
                Locale.ROOT,
                "%,d downloads (%.0f a second, requested %d%s), %,d uploads, %,d replications%n"
                        + "answered %,d, of them %,d with an error, as planned; unanswered %,d;"
                        + " sent late because %,d were in flight: %,d%n"
                        + "response time, measured from the due time: p50 %s, p99 %s, max %s",
                downloads,
                achievedRate(),
                rate,
                shortfall,
                uploads,
                replications,
                answered.get(),
                errors.get(),
                broken.get(),
                MOST_IN_FLIGHT,
                heldBack,
                millis(responseTimes.percentile(50)),
                millis(responseTimes.percentile(99)),
                millis(responseTimes.percentile(100)));
    }
}
