package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.bridge.destination.Destination;
import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The window of a destination's requests: a fixed number, each free, being filled, in flight, or waiting for a retry. A
 * failed request is retried without limit; only one that fails repeatedly while others are answered is discarded.
 * Single-threaded; the counts can be read by any thread.
 */
final class RequestWindow implements AutoCloseable {

    /** Time beyond the timeout in which the transport itself reports the timeout. */
    private static final long GRACE_NS = TimeUnit.SECONDS.toNanos(1);
    /** Attempts after which a request is discarded, if as many others were answered: it would never succeed. */
    static final int MOST_TRIES = 32;

    private final Destination destination;
    private final EnumCounters<ShipCount> counts;
    private final ErrorCounts errors;
    private final Backoff backoff;
    private final PendingRequest[] requests;
    /** The total number of answered requests. */
    private long answers;

    private volatile long waiting;

    RequestWindow(Destination destination, EnumCounters<ShipCount> counts, long seed) {
        this.destination = destination;
        this.counts = counts;
        final DestinationConfig config = destination.config();
        errors = new ErrorCounts(config.name());
        backoff = new Backoff(config.retry(), config.requests(), seed);
        requests = new PendingRequest[config.requests()];
        Arrays.setAll(requests, i -> new PendingRequest());
    }

    int requests() {
        return requests.length;
    }

    /** A free request with a buffer to fill; null while there is none. */
    PendingRequest free(RequestEncoder encoder) {
        for (PendingRequest request : requests) {
            if (request.isFree()) {
                if (request.buffer == null) {
                    request.buffer = encoder.newBuffer(destination.config().requestBytes());
                }
                return request;
            }
        }
        return null;
    }

    /** Checks the requests in flight for answers and timeouts, then sends what may be sent. */
    int work(long nowNs) {
        int work = 0;
        for (PendingRequest request : requests) {
            if (request.exchange != null) {
                work += poll(request, nowNs);
            }
        }
        return work + send(nowNs);
    }

    /** Sends ready requests, as many as the backoff allows. */
    int send(long nowNs) {
        int work = 0;
        for (PendingRequest next = ready(); next != null && backoff.allows(inFlight(), nowNs); next = ready()) {
            send(next, nowNs);
            work++;
        }
        return work;
    }

    /** The ready request with the fewest attempts, so that one that always fails does not delay the others. */
    private PendingRequest ready() {
        PendingRequest best = null;
        for (PendingRequest request : requests) {
            if (request.isReady() && (best == null || request.tries < best.tries)) {
                best = request;
            }
        }
        return best;
    }

    private void send(PendingRequest request, long nowNs) {
        counts.add(ShipCount.REQUESTS, 1);
        counts.add(ShipCount.RETRIES, request.tries == 0 ? 0 : 1);
        counts.add(ShipCount.BYTES, request.buffer.remaining());
        request.answersBefore = request.tries == 0 ? answers : request.answersBefore;
        request.tries++;
        request.sentNs = nowNs;
        request.exchange = destination.send(request.buffer);
    }

    private int inFlight() {
        int inFlight = 0;
        for (PendingRequest request : requests) {
            inFlight += request.exchange == null ? 0 : 1;
        }
        return inFlight;
    }

    private int poll(PendingRequest request, long nowNs) {
        Destination.Outcome outcome = request.exchange.outcome();
        if (outcome == null) {
            if (nowNs - request.sentNs < destination.config().timeoutNs() + GRACE_NS) {
                return 0;
            }
            request.exchange.cancel();
            outcome = new Destination.Outcome(Destination.Verdict.RETRY, 0, 0, "timeout", "no answer");
        }
        request.returned();
        if (outcome.verdict() == Destination.Verdict.RETRY) {
            failed(request, outcome, nowNs);
        } else {
            answered(request, outcome, nowNs);
        }
        return 1;
    }

    private void failed(PendingRequest request, Destination.Outcome outcome, long nowNs) {
        errors.retry(outcome, nowNs);
        backoff.failed(nowNs, outcome.retryAfterNs());
        request.failed();
        if (request.tries >= MOST_TRIES && answers - request.answersBefore >= MOST_TRIES) {
            errors.discarded(outcome, request.tries);
            counts.add(ShipCount.REFUSED, request.spans);
            settle(request, 0);
        }
    }

    private void answered(PendingRequest request, Destination.Outcome outcome, long nowNs) {
        answers++;
        backoff.answered();
        errors.answered(outcome, nowNs);
        final int spans = request.spans;
        if (outcome.verdict() == Destination.Verdict.REFUSED) {
            counts.add(ShipCount.REFUSED, spans);
            settle(request, 0);
        } else {
            final int rejected = (int) Math.min(spans, Math.max(0, outcome.rejected()));
            counts.add(ShipCount.REJECTED, rejected);
            counts.add(ShipCount.SENT, spans - rejected);
            settle(request, spans - rejected);
        }
    }

    private void settle(PendingRequest request, int sent) {
        addWaiting(-request.spans);
        request.settle(sent);
    }

    /** Adds to the number of spans that wait for a request or for its answer. */
    void addWaiting(int more) {
        waiting += more;
    }

    /** The number of spans that were read and are not settled. Any thread. */
    long waiting() {
        return waiting;
    }

    void logDue() {
        errors.logDue();
    }

    /** The number of failed requests, by cause. Any thread. */
    Map<String, LongAdder> failures() {
        return errors.failures();
    }

    /** Cancels the requests in flight. */
    @Override
    public void close() {
        for (PendingRequest request : requests) {
            if (request.exchange != null) {
                request.exchange.cancel();
            }
        }
        errors.logAll();
        destination.close();
    }
}
