package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.bridge.destination.Destination;
import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.Backoff;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.RequestWindow;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * The requests of a destination: a fixed number, each free, being filled, or submitted to the {@link RequestWindow}. A
 * failed request is retried without limit; only one that fails repeatedly while others are answered is discarded.
 * Single-threaded; the counts can be read by any thread.
 */
final class PendingRequests implements AutoCloseable {

    /** Attempts after which a request is discarded, if as many others were answered: it would never succeed. */
    static final int MOST_TRIES = 32;

    private final Destination destination;
    private final EnumCounters<ShipCount> counts;
    private final ErrorCounts errors;
    private final PendingRequest[] requests;
    private final RequestWindow window;
    /** The total number of answered requests. */
    private long answers;

    private volatile long waiting;

    /** A reusable request: its buffer is filled, then sent until there is an answer. */
    final class PendingRequest extends RequestWindow.Request {
        private ByteBuffer buffer;
        private int length;
        private int spans;
        /** The number of requests that had been answered before its first attempt. */
        private long answersBefore;

        private QueueProgress progress;
        /** Null while it is free. */
        private QueueProgress.Receipt receipt;

        /** Begins the filling, with documents of this queue. */
        void begin(QueueProgress from) {
            destination.encoder().begin(buffer);
            progress = from;
            receipt = from.begin();
            spans = 0;
        }

        void add(int more) {
            spans += more;
        }

        /** Ends the filling: the request is complete. */
        void close() {
            destination.encoder().finish();
            length = destination.encoder().length();
            if (spans == 0) {
                settle(0);
            } else {
                window.submit(this);
            }
        }

        @Override
        protected ByteBuffer body() {
            return buffer;
        }

        @Override
        protected void onSend(int attempt, long nowNs) {
            counts.add(ShipCount.REQUESTS, 1);
            counts.add(ShipCount.RETRIES, attempt == 1 ? 0 : 1);
            counts.add(ShipCount.BYTES, length);
            answersBefore = attempt == 1 ? answers : answersBefore;
        }

        @Override
        protected boolean onFailure(Outcome outcome, int attempt, long nowNs) {
            errors.retry(outcome, nowNs);
            receipt.failed();
            if (outcome.verdict() == Outcome.Verdict.HELD) {
                return true;
            }
            if (attempt < MOST_TRIES || answers - answersBefore < MOST_TRIES) {
                return true;
            }
            errors.discarded(outcome, attempt);
            counts.add(ShipCount.REFUSED, spans);
            settle(0);
            return false;
        }

        @Override
        protected void onAnswer(Outcome outcome, long nowNs) {
            answers++;
            errors.answered(outcome, nowNs);
            if (outcome.verdict() == Outcome.Verdict.REFUSED) {
                counts.add(ShipCount.REFUSED, spans);
                settle(0);
            } else {
                final int rejected = (int) Math.min(spans, Math.max(0, outcome.rejected()));
                counts.add(ShipCount.REJECTED, rejected);
                counts.add(ShipCount.SENT, spans - rejected);
                settle(spans - rejected);
            }
        }

        /** Completes the request. {@code sent} is the number of acknowledged spans. */
        private void settle(int sent) {
            addWaiting(-spans);
            progress.settle(receipt, sent);
            progress.save();
            progress = null;
            receipt = null;
        }
    }

    PendingRequests(Destination destination, EnumCounters<ShipCount> counts) {
        this.destination = destination;
        this.counts = counts;
        final DestinationConfig config = destination.config();
        errors = new ErrorCounts(config.name());
        requests = new PendingRequest[config.requests()];
        Arrays.setAll(requests, i -> new PendingRequest());
        window = new RequestWindow(
                destination.transport(),
                new Backoff(config.retry().firstNs(), config.retry().longestNs(), requests.length),
                config.timeoutNs(),
                true,
                requests);
    }

    int count() {
        return requests.length;
    }

    /** A free request, to be filled next; null while there is none. */
    PendingRequest free() {
        for (PendingRequest request : requests) {
            if (request.receipt == null) {
                if (request.buffer == null) {
                    request.buffer =
                            destination.encoder().newBuffer(destination.config().requestBytes());
                }
                return request;
            }
        }
        return null;
    }

    int work(long nowNs) {
        return window.work(nowNs);
    }

    int send(long nowNs) {
        return window.send(nowNs);
    }

    /** Whether the last answer means a wrong setting. Any thread. */
    boolean isHeld() {
        return errors.isHeld();
    }

    /** Whether an answer is expected. */
    boolean areInFlight() {
        return window.inFlight() > 0;
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

    /** Takes the answers that have arrived and cancels the other requests in flight. */
    @Override
    public void close() {
        window.close();
        errors.logAll();
    }
}
