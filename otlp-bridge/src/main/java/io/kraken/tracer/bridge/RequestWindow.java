package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.otlp.RequestEncoder;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The parcels of a destination on their way: a fixed number, each under way or waiting to be sent, again if need be.
 * One that should be tried again is, for as long as it takes; only one that fails again and again while others get
 * through is given up. One thread; any reads counts.
 */
final class RequestWindow implements AutoCloseable {

    /** Beyond the time-out, for the answer of the transport itself. */
    private static final long GRACE_NS = TimeUnit.SECONDS.toNanos(1);
    /** A request that fails more often, while as many others are answered, would for ever. */
    static final int MOST_TRIES = 32;

    private final Destination destination;
    private final EnumCounters<ShipCount> counts;
    private final ErrorCounts trouble;
    private final Backoff pace;
    private final PendingRequest[] parcels;
    /** Requests that were answered, ever. */
    private long answers;

    private volatile long waiting;

    RequestWindow(Destination destination, EnumCounters<ShipCount> counts, long seed) {
        this.destination = destination;
        this.counts = counts;
        final DestinationConfig config = destination.config();
        trouble = new ErrorCounts(config.name());
        pace = new Backoff(config.retry(), config.requests(), seed);
        parcels = new PendingRequest[config.requests()];
        Arrays.setAll(parcels, i -> new PendingRequest());
    }

    int parcels() {
        return parcels.length;
    }

    /** One that can be filled, with a buffer to write into; null while there is none. */
    PendingRequest free(RequestEncoder encoder) {
        for (PendingRequest parcel : parcels) {
            if (parcel.isFree()) {
                if (parcel.buffer == null) {
                    parcel.buffer = encoder.newBuffer(destination.config().requestBytes());
                }
                return parcel;
            }
        }
        return null;
    }

    int work(long nowNs) {
        int work = 0;
        for (PendingRequest parcel : parcels) {
            if (parcel.exchange != null) {
                work += follow(parcel, nowNs);
            }
        }
        return work + send(nowNs);
    }

    int send(long nowNs) {
        int work = 0;
        for (PendingRequest next = ready(); next != null && pace.allows(underWay(), nowNs); next = ready()) {
            send(next, nowNs);
            work++;
        }
        return work;
    }

    /** The one that has failed least, so that one which always fails holds up nobody else. */
    private PendingRequest ready() {
        PendingRequest best = null;
        for (PendingRequest parcel : parcels) {
            if (parcel.isReady() && (best == null || parcel.tries < best.tries)) {
                best = parcel;
            }
        }
        return best;
    }

    private void send(PendingRequest parcel, long nowNs) {
        counts.add(ShipCount.REQUESTS, 1);
        counts.add(ShipCount.RETRIES, parcel.tries == 0 ? 0 : 1);
        counts.add(ShipCount.BYTES, parcel.buffer.remaining());
        parcel.answersBefore = parcel.tries == 0 ? answers : parcel.answersBefore;
        parcel.tries++;
        parcel.sentNs = nowNs;
        parcel.exchange = destination.send(parcel.buffer);
    }

    private int underWay() {
        int underWay = 0;
        for (PendingRequest parcel : parcels) {
            underWay += parcel.exchange == null ? 0 : 1;
        }
        return underWay;
    }

    private int follow(PendingRequest parcel, long nowNs) {
        Destination.Outcome outcome = parcel.exchange.outcome();
        if (outcome == null) {
            if (nowNs - parcel.sentNs < destination.config().timeoutNs() + GRACE_NS) {
                return 0;
            }
            parcel.exchange.cancel();
            outcome = new Destination.Outcome(Destination.Verdict.RETRY, 0, 0, "timeout", "no answer");
        }
        parcel.returned();
        if (outcome.verdict() == Destination.Verdict.RETRY) {
            failed(parcel, outcome, nowNs);
        } else {
            answered(parcel, outcome, nowNs);
        }
        return 1;
    }

    private void failed(PendingRequest parcel, Destination.Outcome outcome, long nowNs) {
        trouble.retry(outcome, nowNs);
        pace.failed(nowNs, outcome.retryAfterNs());
        parcel.failed();
        if (parcel.tries >= MOST_TRIES && answers - parcel.answersBefore >= MOST_TRIES) {
            trouble.givenUp(outcome, parcel.tries);
            counts.add(ShipCount.REFUSED, parcel.spans);
            settle(parcel, 0);
        }
    }

    private void answered(PendingRequest parcel, Destination.Outcome outcome, long nowNs) {
        answers++;
        pace.answered();
        trouble.answered(outcome, nowNs);
        final int spans = parcel.spans;
        if (outcome.verdict() == Destination.Verdict.REFUSED) {
            counts.add(ShipCount.REFUSED, spans);
            settle(parcel, 0);
        } else {
            final int rejected = (int) Math.min(spans, Math.max(0, outcome.rejected()));
            counts.add(ShipCount.REJECTED, rejected);
            counts.add(ShipCount.SENT, spans - rejected);
            settle(parcel, spans - rejected);
        }
    }

    private void settle(PendingRequest parcel, int sent) {
        waits(-parcel.spans);
        parcel.settle(sent);
    }

    /** So many more spans wait for their answer, or for a parcel. */
    void waits(int more) {
        waiting += more;
    }

    /** Spans that were read and are not settled. Any thread. */
    long waiting() {
        return waiting;
    }

    void sayWhatIsDue() {
        trouble.sayWhatIsDue();
    }

    /** How often requests failed, by the cause. Any thread. */
    Map<String, LongAdder> failures() {
        return trouble.failures();
    }

    /** Gives up what is under way. */
    @Override
    public void close() {
        for (PendingRequest parcel : parcels) {
            if (parcel.exchange != null) {
                parcel.exchange.cancel();
            }
        }
        trouble.sayTheRest();
        destination.close();
    }
}
