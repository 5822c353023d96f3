package io.kraken.tracer.ring;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.SunUnsafe;
import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.ring.otlp.Backoff;
import io.kraken.tracer.ring.otlp.Gzip;
import io.kraken.tracer.ring.otlp.OtlpEncoder;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.RequestWindow;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * A sink that sends spans to an OTLP backend over HTTP. A fixed number of requests, each with a buffer of its own, are
 * in flight or wait for a retry; while none is free, spans stay in their records. No method blocks. All times are
 * passed in by the caller.
 *
 * <p>A request is settled once, with all its spans: shipped, rejected by the backend, or given up after the configured
 * number of attempts. A backend that accepts a request but responds after the timeout receives its spans again: OTLP
 * can only guarantee at-least-once delivery.
 */
public final class OtlpHttpSink implements BatchSink {

    private static final long FIRST_RETRY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_RETRY_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long BODY_RETRY_NS = TimeUnit.SECONDS.toNanos(30);

    private final Counters counters;
    private final OtlpEncoder encoder;
    private final URI uri;
    private final RequestWindow window;
    private final ThrottledLog problems;
    private final Gzip gzip;
    private final ByteBuffer encoded;
    private final Request[] requests;
    private final int requestBytes;
    private final int attempts;

    private volatile long waiting;
    /** Earliest time of the next attempt to allocate a buffer; 0 if none has failed. */
    private long allocateAtNs;

    private boolean closed;

    /** A request buffer and its number of spans, 0 while it is free. */
    private final class Request extends RequestWindow.Request {
        private ByteBuffer body;
        private int spans;
        private long sentNs;

        @Override
        protected ByteBuffer body() {
            return body;
        }

        @Override
        protected void onSend(int attempt, long nowNs) {
            counters.increment(Counter.REQUESTS);
            counters.add(Counter.RETRIES, attempt == 1 ? 0 : 1);
            counters.add(Counter.BYTES_SENT, body.remaining());
            sentNs = nowNs;
        }

        @Override
        protected boolean onFailure(Outcome outcome, int attempt, long nowNs) {
            ended(nowNs);
            counters.increment(Counter.EXPORT_ERRORS);
            if (attempt < attempts) {
                problems.note(outcome.message());
                return true;
            }
            problems.report(outcome.message() + "; the spans of this request are lost after " + attempts + " attempts");
            settle(Counter.RETRIES_EXHAUSTED);
            return false;
        }

        @Override
        protected void onAnswer(Outcome outcome, long nowNs) {
            ended(nowNs);
            if (outcome.verdict() == Outcome.Verdict.REFUSED) { // sending it again would get the same response
                counters.increment(Counter.EXPORT_ERRORS);
                problems.report(outcome.message() + "; the spans of this request are lost, it is not retried");
                settle(Counter.REFUSED);
                return;
            }
            final long rejected = Math.min(spans, outcome.rejected());
            counters.add(Counter.PARTIAL, rejected);
            spans -= (int) rejected;
            waiting -= rejected;
            if (rejected > 0) {
                problems.report("the backend rejected spans: " + outcome.message());
            } else if (!outcome.message().isEmpty()) {
                problems.report("warning from the backend: " + outcome.message());
            }
            settle(Counter.SHIPPED);
        }

        /** Ends one attempt, whatever its outcome. */
        private void ended(long nowNs) {
            counters.add(Counter.EXPORT_NANOS, Math.max(0, nowNs - sentNs));
        }

        private void settle(Counter counter) {
            counters.add(counter, spans);
            waiting -= spans;
            spans = 0;
        }
    }

    public OtlpHttpSink(RingExport.Environment environment) {
        final TracerConfig config = environment.config();
        counters = environment.file().counters();
        encoder = new OtlpEncoder(environment.file(), environment.config().resource());
        final OtlpHttp http = OtlpHttpSettings.open(config);
        uri = http.uri();
        problems = ThrottledLog.about(uri.toString());
        requestBytes = config.get(ExportSettings.OTLP_REQUEST_BYTES);
        attempts = config.get(ExportSettings.OTLP_ATTEMPTS);
        requests = new Request[config.get(ExportSettings.OTLP_REQUESTS)];
        Arrays.setAll(requests, i -> new Request());
        window = new RequestWindow(
                http,
                new Backoff(FIRST_RETRY_NS, LONGEST_RETRY_NS, requests.length),
                TimeUnit.MILLISECONDS.toNanos(config.get(ExportSettings.OTLP_TIMEOUT_MILLIS)),
                false,
                requests);
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
                window.submit(request);
                window.send(nowNs);
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

    @Override
    public int doWork(long nowNs) {
        return window.work(nowNs);
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
        window.close();
        problems.logAll();
        for (Request request : requests) {
            request.settle(Counter.CLOSE_DEADLINE);
            if (request.body != null) {
                SunUnsafe.free(request.body);
                request.body = null;
            }
        }
        if (gzip != null) {
            gzip.close();
            SunUnsafe.free(encoded);
        }
    }

    @Override
    public String describe() {
        return "otlp " + uri + (gzip == null ? "" : ", compressed") + problems.suffix();
    }
}
