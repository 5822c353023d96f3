package io.kraken.tracer.ring;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.SunUnsafe;
import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.ring.otlp.Gzip;
import io.kraken.tracer.ring.otlp.OtlpEncoder;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.kraken.tracer.ring.otlp.OtlpReply;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A sink that sends spans to an OTLP backend over HTTP. A fixed number of requests, each with a buffer of its own, are
 * in flight or wait for a retry; while none is free, spans stay in their records. No method blocks: {@link #doWork}
 * checks the state of each request. All times are passed in by the caller.
 *
 * <p>A request is settled once, with all its spans: shipped, rejected by the backend, or given up after the configured
 * number of attempts. A backend that accepts a request but responds after the timeout receives its spans again: OTLP
 * can only guarantee at-least-once delivery.
 */
public final class OtlpHttpSink implements BatchSink {

    private static final long FIRST_RETRY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_RETRY_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long BODY_RETRY_NS = TimeUnit.SECONDS.toNanos(30);
    private static final double RETRY_FACTOR = 1.5;
    private static final double JITTER = 0.2;

    private final Counters counters;
    private final OtlpEncoder encoder;
    private final OtlpHttp http;
    private final ThrottledLog problems;
    private final Gzip gzip;
    private final ByteBuffer encoded;
    private final Request[] requests;
    private final int requestBytes;
    private final int attempts;
    private final int timeoutMillis;

    private volatile long waiting;
    /** Earliest time of the next attempt to allocate a buffer; 0 if none has failed. */
    private long allocateAtNs;

    private boolean paused;
    private long pausedUntilNs;
    private boolean closed;

    /**
     * A request buffer and the state of its spans: free without spans, in flight while {@code post} is set, else
     * waiting to be sent.
     */
    private static final class Request {
        private ByteBuffer body;
        private int spans;
        private int tries;
        private OtlpHttp.Post post;
        private long sentNs;
        private long sendAtNs;
    }

    public OtlpHttpSink(RingExport.Environment environment) {
        final TracerConfig config = environment.config();
        counters = environment.file().counters();
        encoder = new OtlpEncoder(environment.file(), environment.config().resource());
        http = OtlpHttpSettings.open(config);
        problems = ThrottledLog.about(http.uri().toString());
        requestBytes = config.get(ExportSettings.OTLP_REQUEST_BYTES);
        attempts = config.get(ExportSettings.OTLP_ATTEMPTS);
        timeoutMillis = config.get(ExportSettings.OTLP_TIMEOUT_MILLIS);
        requests = new Request[config.get(ExportSettings.OTLP_REQUESTS)];
        Arrays.setAll(requests, i -> new Request());
        final boolean compressed = config.get(ExportSettings.OTLP_COMPRESSION).equals(OtlpHttp.GZIP);
        gzip = compressed ? new Gzip() : null;
        encoded = compressed ? encoder.newBuffer(requestBytes) : null;
    }

    @Override
    public void offer(Batch batch, long nowNs) {
        Request request;
        while (!batch.isEmpty() && (request = free(nowNs)) != null) {
            final int spans = fill(request, batch);
            if (spans > 0) {
                request.spans = spans;
                waiting += spans;
                paused &= nowNs - pausedUntilNs < 0;
                if (paused) {
                    request.sendAtNs = pausedUntilNs;
                } else {
                    send(request, nowNs);
                }
            }
        }
    }

    private Request free(long nowNs) {
        for (int i = 0; i < requests.length && !closed; i++) {
            if (requests[i].spans == 0 && hasBody(requests[i], nowNs)) {
                return requests[i];
            }
        }
        return null;
    }

    /**
     * Allocates the request's buffer when needed. Without memory for another buffer the sink continues with those it
     * has, and spans stay in their records.
     */
    private boolean hasBody(Request request, long nowNs) {
        if (request.body == null && (allocateAtNs == 0 || nowNs - allocateAtNs >= 0)) {
            try {
                request.body = gzip == null ? encoder.newBuffer(requestBytes) : Gzip.newBuffer(encoded.capacity());
                // not retried in every cycle, since a failed allocation triggers a garbage collection
            } catch (OutOfMemoryError e) {
                allocateAtNs = nowNs + BODY_RETRY_NS;
                counters.increment(Counter.EXPORT_ERRORS);
                problems.report("allocating a request buffer failed, retrying in 30 s: " + e);
            }
        }
        return request.body != null;
    }

    private int fill(Request request, Batch batch) {
        if (gzip == null) {
            return encoder.encode(batch, request.body);
        }
        final int spans = encoder.encode(batch, encoded);
        if (spans > 0) {
            gzip.compress(encoded, request.body);
        }
        return spans;
    }

    private void send(Request request, long nowNs) {
        counters.increment(Counter.REQUESTS);
        counters.add(Counter.RETRIES, request.tries == 0 ? 0 : 1);
        counters.add(Counter.BYTES_SENT, request.body.remaining());
        request.tries++;
        request.sentNs = nowNs;
        try {
            request.post = http.post(request.body);
        } catch (RuntimeException | OutOfMemoryError e) { // for example, when no thread can be started
            failed(request, nowNs, e.toString(), 0);
        }
    }

    @Override
    public int doWork(long nowNs) {
        int work = 0;
        for (Request request : requests) {
            if (request.spans > 0) {
                work += request.post == null ? sendWhenDue(request, nowNs) : checkPost(request, nowNs);
            }
        }
        return work;
    }

    private int sendWhenDue(Request request, long nowNs) {
        if (nowNs - request.sendAtNs < 0) {
            return 0;
        }
        send(request, nowNs);
        return 1;
    }

    private int checkPost(Request request, long nowNs) {
        final OtlpHttp.Post post = request.post;
        if (post.isDone()) {
            attemptEnded(request, nowNs);
            onReply(request, post, nowNs);
            return 1;
        }
        if (nowNs - request.sentNs < TimeUnit.MILLISECONDS.toNanos(timeoutMillis)) {
            return 0;
        }
        post.cancel();
        attemptEnded(request, nowNs);
        failed(request, nowNs, "no response within " + timeoutMillis + " ms", 0);
        return 1;
    }

    /** Ends one attempt, whatever its outcome. */
    private void attemptEnded(Request request, long nowNs) {
        request.post = null;
        counters.add(Counter.EXPORT_NANOS, Math.max(0, nowNs - request.sentNs));
    }

    private void onReply(Request request, OtlpHttp.Post post, long nowNs) {
        final OtlpReply reply;
        try {
            reply = post.reply();
        } catch (CompletionException | CancellationException e) {
            failed(request, nowNs, String.valueOf(e.getCause() == null ? e : e.getCause()), 0);
            return;
        }
        if (reply.taken()) {
            accepted(request, reply);
        } else if (reply.retryable()) {
            pause(nowNs, reply.retryAfterNs());
            failed(request, nowNs, reply.message(), reply.retryAfterNs());
        } else {
            refused(request, reply.message());
        }
    }

    private void accepted(Request request, OtlpReply reply) {
        final long rejected = Math.min(request.spans, reply.rejected());
        counters.add(Counter.PARTIAL, rejected);
        counters.add(Counter.SHIPPED, request.spans - rejected);
        if (rejected > 0) {
            problems.report("the backend rejected spans: " + reply.message());
        } else if (!reply.message().isEmpty()) {
            problems.report("warning from the backend: " + reply.message());
        }
        release(request);
    }

    /** A permanent rejection: sending the same request again would get the same response. */
    private void refused(Request request, String problem) {
        counters.increment(Counter.EXPORT_ERRORS);
        problems.report(problem + "; the spans of this request are lost, it is not retried");
        settle(request, Counter.REFUSED);
    }

    /** A failed attempt, after which the request is retried while attempts are left. */
    private void failed(Request request, long nowNs, String problem, long retryAfterNs) {
        counters.increment(Counter.EXPORT_ERRORS);
        if (request.tries >= attempts) {
            problems.report(problem + "; the spans of this request are lost after " + attempts + " attempts");
            settle(request, Counter.RETRIES_EXHAUSTED);
        } else {
            problems.note(problem);
            request.sendAtNs = nowNs + jittered(Math.max(retryAfterNs, backOffNs(request.tries)));
        }
    }

    private static long backOffNs(int tries) {
        return (long) Math.min(LONGEST_RETRY_NS, FIRST_RETRY_NS * Math.pow(RETRY_FACTOR, tries - 1));
    }

    /** Adds up to a fifth, and never subtracts, so that many senders that failed together do not retry together. */
    private static long jittered(long ns) {
        return ns + (long) (ns * JITTER * ThreadLocalRandom.current().nextDouble());
    }

    /** Pauses all requests: a retry delay requested by the backend applies to the whole sender. */
    private void pause(long nowNs, long retryAfterNs) {
        if (retryAfterNs > 0 && (!paused || nowNs + retryAfterNs - pausedUntilNs > 0)) {
            paused = true;
            pausedUntilNs = nowNs + retryAfterNs;
        }
    }

    private void settle(Request request, Counter reason) {
        counters.add(reason, request.spans);
        release(request);
    }

    private void release(Request request) {
        waiting -= request.spans;
        request.spans = 0;
        request.tries = 0;
    }

    @Override
    public long waiting() {
        return waiting;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (Request request : requests) {
            if (request.post != null && request.post.isDone()) {
                final OtlpHttp.Post post = request.post;
                attemptEnded(request, request.sentNs);
                onReply(request, post, request.sentNs);
            }
            if (request.post != null) {
                request.post.cancel();
                request.post = null;
            }
            if (request.spans > 0) {
                settle(request, Counter.CLOSE_DEADLINE);
            }
            if (request.body != null) {
                SunUnsafe.free(request.body);
                request.body = null;
            }
        }
        http.close();
        problems.logAll();
        if (gzip != null) {
            gzip.close();
            SunUnsafe.free(encoded);
        }
    }

    @Override
    public String describe() {
        return "otlp " + http.uri() + (gzip == null ? "" : ", compressed") + problems.suffix();
    }
}
