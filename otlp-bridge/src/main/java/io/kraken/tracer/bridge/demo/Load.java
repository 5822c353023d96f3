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
 * The clients of a cluster. Requests go out when they are due, whether or not earlier ones have been answered, and
 * their time counts from when they were due: a cluster that falls behind shows it.
 */
final class Load {

    private static final int MOST_UNDER_WAY = 1024;
    private static final int DOWNLOADS_PER_UPLOAD = 40;
    private static final int UPLOADS_PER_REPLICATION = 4;
    private static final int WARM_UP_CLIENTS = 8;
    private static final int MOST_WARM_UP = 2000;
    private static final int CHUNKS = 3;
    private static final long CHUNK_SIZE = 64L << 20;
    /** How long after the end requests that were due before may still be begun. */
    private static final long CATCH_UP_NS = TimeUnit.SECONDS.toNanos(1);

    private static final long LAST_ANSWERS_SECONDS = 30;

    private final Cluster cluster;
    private final PrintStream out;
    private final LongSupplier received;
    private final LongConsumer responses;
    private final HttpClient client = Http.client(Runnable::run);
    private final Semaphore underWay = new Semaphore(MOST_UNDER_WAY);
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
     * @param received spans at the receiver so far, negative when that is not known
     * @param responses takes every response time in ns
     */
    Load(Cluster cluster, PrintStream out, LongSupplier received, LongConsumer responses) {
        this.cluster = cluster;
        this.out = out;
        this.received = received;
        this.responses = responses;
    }

    /** Has the services compiled: some downloads one after another, from a few clients. Returns how many. */
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

    /**
     * So many downloads a second for so many seconds, and in proportion uploads and replications. Several runs add up.
     */
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

    /** Request after request, each when the one before it is answered; some tags are to be replicated. */
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
        if (!underWay.tryAcquire()) {
            heldBack++;
            underWay.acquireUninterruptibly();
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
            underWay.release();
        });
    }

    private void awaitAnswers() {
        try {
            if (underWay.tryAcquire(MOST_UNDER_WAY, LAST_ANSWERS_SECONDS, TimeUnit.SECONDS)) {
                underWay.release(MOST_UNDER_WAY);
            } else {
                out.println("no answer to " + (MOST_UNDER_WAY - underWay.availablePermits()) + " requests");
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
                "%4d s  %,8d downloads begun, %,4d requests under way, response p50 %s p99 %s, %,9d spans%s%n",
                second,
                started,
                MOST_UNDER_WAY - underWay.availablePermits(),
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
        return broken.get() + MOST_UNDER_WAY - underWay.availablePermits();
    }

    long heldBack() {
        return heldBack;
    }

    double achievedRate() {
        return downloads * 1e9 / Math.max(1, durationNs);
    }

    /** While the load lasted. */
    double spansPerSecond() {
        return spans * 1e9 / Math.max(1, durationNs);
    }

    /** What was asked for and what came of it. */
    String summary(int rate) {
        final String kept =
                achievedRate() < 0.99 * rate ? ", LESS than the rate asked for: the machine is too slow" : "";
        return String.format(
                Locale.ROOT,
                "%,d downloads (%.0f a second, asked for %d%s), %,d uploads, %,d replications%n"
                        + "answered %,d, of them %,d with an error, as planned; no answer %,d;"
                        + " begun late because %,d were under way: %,d%n"
                        + "response time, from when the request was due: %s at p50, %s at p99, %s at most",
                downloads,
                achievedRate(),
                rate,
                kept,
                uploads,
                replications,
                answered.get(),
                errors.get(),
                broken.get(),
                MOST_UNDER_WAY,
                heldBack,
                millis(responseTimes.percentile(50)),
                millis(responseTimes.percentile(99)),
                millis(responseTimes.percentile(100)));
    }
}
