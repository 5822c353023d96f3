package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.bridge.destination.Destination;
import io.kraken.tracer.process.ThrottledLog;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The failed requests of one destination: counted by cause, and logged at a limited rate. Single-threaded; the counts
 * can be read by any thread.
 */
final class ErrorCounts {

    private static final Logger LOG = LoggerFactory.getLogger(ErrorCounts.class);

    /** Maximum number of causes counted separately. */
    private static final int MOST_REASONS = 64;

    private final String name;
    private final ThrottledLog log = new ThrottledLog(System::nanoTime, LOG::warn);
    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();
    private boolean down;
    private long downSinceNs;

    ErrorCounts(String name) {
        this.name = name;
    }

    /** Records a failed request that is retried; logs the first failure of an outage only. */
    void retry(Destination.Outcome outcome, long nowNs) {
        count(outcome);
        if (!down) {
            down = true;
            downSinceNs = nowNs;
            log.report("down", name + ": " + outcome.reason() + " " + outcome.message() + "; retrying with backoff");
        }
    }

    void discarded(Destination.Outcome outcome, int tries) {
        log.report(
                "given up",
                name + ": discarding a request after " + tries
                        + " failed attempts, while as many other requests were answered: " + outcome.reason() + " "
                        + outcome.message());
    }

    /** Records an answer, positive or negative: the destination is up. */
    void answered(Destination.Outcome outcome, long nowNs) {
        if (down) {
            down = false;
            final long seconds = TimeUnit.NANOSECONDS.toSeconds(nowNs - downSinceNs);
            log.report("up", name + ": answering again after " + seconds + " s");
        }
        final boolean refused = outcome.verdict() == Destination.Verdict.REFUSED;
        if (refused) {
            count(outcome);
        }
        if (!outcome.message().isEmpty()) {
            log.report(
                    outcome.reason(),
                    name + ": " + (refused ? outcome.reason() + " " : "accepted, with a message: ") + outcome.message()
                            + (refused ? "; not retried, the spans of the request are lost" : ""));
        }
    }

    private void count(Destination.Outcome outcome) {
        final boolean fits = failures.size() < MOST_REASONS || failures.containsKey(outcome.reason());
        failures.computeIfAbsent(fits ? outcome.reason() : "other", any -> new LongAdder())
                .increment();
    }

    void logDue() {
        log.logDue();
    }

    void logAll() {
        log.logAll();
    }

    /** The number of failed requests, by cause. */
    Map<String, LongAdder> failures() {
        return failures;
    }
}
