package io.kraken.tracer.ring.otlp;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * The sender of a fixed number of requests to one backend. A submitted request is sent, as soon as the {@link Backoff}
 * allows it, until there is an answer or its owner gives it up; an attempt without outcome ends at the timeout.
 * Single-threaded and non-blocking: {@link #work} checks the state of each request. All times are passed in.
 */
public final class RequestWindow implements AutoCloseable {

    /** A reusable request. Its methods are called by the window. */
    public abstract static class Request {
        private boolean submitted;
        private int attempts;
        private Transport.Exchange exchange;
        private long sentNs;

        /** The bytes between position and limit, unchanged while the request is submitted. */
        protected abstract ByteBuffer body();

        /** Called at the start of each attempt; the first one has number 1. */
        protected abstract void onSend(int attempt, long nowNs);

        /** Called when an attempt has failed. Returns whether the request is sent again; else it is free. */
        protected abstract boolean onFailure(Outcome outcome, int attempt, long nowNs);

        /** Called when the backend has accepted or refused the request, which is free then. */
        protected abstract void onAnswer(Outcome outcome, long nowNs);
    }

    private final Transport transport;
    private final Backoff backoff;
    private final long timeoutNs;
    private final boolean holds;
    private final Request[] requests;
    private int inFlight;

    /** @param holds whether requests are kept while answers mean a wrong setting; else they are refused */
    public RequestWindow(Transport transport, Backoff backoff, long timeoutNs, boolean holds, Request... requests) {
        this.holds = holds;
        this.transport = transport;
        this.backoff = backoff;
        this.timeoutNs = timeoutNs;
        this.requests = requests.clone();
    }

    /** Hands over a request whose body is complete. */
    public void submit(Request request) {
        request.submitted = true;
        request.attempts = 0;
    }

    /** Checks the requests in flight for outcomes and timeouts, then sends what may be sent. */
    public int work(long nowNs) {
        int work = 0;
        for (Request request : requests) {
            if (request.exchange != null) {
                work += poll(request, nowNs);
            }
        }
        return work + send(nowNs);
    }

    /** Sends submitted requests, as many as the backoff allows. */
    public int send(long nowNs) {
        int work = 0;
        for (Request next = ready(); next != null && backoff.allows(inFlight, nowNs); next = ready()) {
            next.attempts++;
            next.sentNs = nowNs;
            next.onSend(next.attempts, nowNs);
            next.exchange = transport.send(next.body());
            inFlight++;
            work++;
        }
        return work;
    }

    /** The number of requests whose outcome is awaited. */
    public int inFlight() {
        return inFlight;
    }

    /** The waiting request with the fewest attempts, so that one that always fails does not delay the others. */
    private Request ready() {
        Request best = null;
        for (Request request : requests) {
            if (request.submitted && request.exchange == null && (best == null || request.attempts < best.attempts)) {
                best = request;
            }
        }
        return best;
    }

    private int poll(Request request, long nowNs) {
        Outcome outcome = request.exchange.outcome();
        if (outcome == null) {
            if (nowNs - request.sentNs < timeoutNs) {
                return 0;
            }
            request.exchange.cancel();
            outcome =
                    Outcome.failed("timeout", "no response within " + TimeUnit.NANOSECONDS.toMillis(timeoutNs) + " ms");
        }
        ended(request, outcome, nowNs);
        return 1;
    }

    private void ended(Request request, Outcome outcome, long nowNs) {
        request.exchange = null;
        inFlight--;
        switch (outcome.verdict()) {
            case RETRY -> {
                backoff.failed(nowNs, outcome.retryAfterNs());
                request.submitted = request.onFailure(outcome, request.attempts, nowNs);
            }
            case HELD -> held(request, outcome, nowNs);
            default -> answered(request, outcome, nowNs);
        }
    }

    private void held(Request request, Outcome outcome, long nowNs) {
        if (holds) {
            backoff.held(nowNs);
            request.submitted = request.onFailure(outcome, request.attempts, nowNs);
        } else {
            answered(request, outcome.refused(), nowNs);
        }
    }

    private void answered(Request request, Outcome outcome, long nowNs) {
        backoff.answered();
        request.submitted = false;
        request.onAnswer(outcome, nowNs);
    }

    /** Takes the outcomes that there are, drops the other requests, and closes the transport. */
    @Override
    public void close() {
        for (Request request : requests) {
            if (request.exchange != null) {
                final Outcome outcome = request.exchange.outcome();
                if (outcome == null) {
                    request.exchange.cancel();
                    request.exchange = null;
                    inFlight--;
                } else {
                    ended(request, outcome, request.sentNs);
                }
            }
            request.submitted = false;
        }
        transport.close();
    }
}
