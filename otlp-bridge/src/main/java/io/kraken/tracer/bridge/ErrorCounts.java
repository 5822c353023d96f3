package io.kraken.tracer.bridge;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a destination does not take: counted by the cause, and said without a flood. One thread; any may read counts.
 */
final class ErrorCounts {

    private static final Logger LOG = LoggerFactory.getLogger(ErrorCounts.class);

    /** Distinct causes that are counted. */
    private static final int MOST_REASONS = 64;

    private final String name;
    private final ThrottledLog log = new ThrottledLog(System::nanoTime, LOG::warn);
    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();
    private boolean down;
    private long downSinceNs;

    ErrorCounts(String name) {
        this.name = name;
    }

    /** A request is to be tried again. */
    void retry(Destination.Outcome outcome, long nowNs) {
        count(outcome);
        if (!down) {
            down = true;
            downSinceNs = nowNs;
            log.say("down", name + ": " + outcome.reason() + " " + outcome.message() + "; it is tried again");
        }
    }

    void givenUp(Destination.Outcome outcome, int tries) {
        log.say(
                "given up",
                name + ": giving up a request after " + tries
                        + " failed attempts, while as many others were answered: " + outcome.reason() + " "
                        + outcome.message());
    }

    /** There was an answer, be it yes or no. */
    void answered(Destination.Outcome outcome, long nowNs) {
        if (down) {
            down = false;
            final long seconds = TimeUnit.NANOSECONDS.toSeconds(nowNs - downSinceNs);
            log.say("up", name + ": answering again after " + seconds + " s");
        }
        if (outcome.verdict() == Destination.Verdict.REFUSED) {
            count(outcome);
        }
        if (!outcome.message().isEmpty()) {
            log.say(outcome.reason(), name + ": " + outcome.reason() + " " + outcome.message());
        }
    }

    private void count(Destination.Outcome outcome) {
        final boolean fits = failures.size() < MOST_REASONS || failures.containsKey(outcome.reason());
        failures.computeIfAbsent(fits ? outcome.reason() : "other", any -> new LongAdder())
                .increment();
    }

    void sayWhatIsDue() {
        log.sayWhatIsDue();
    }

    void sayTheRest() {
        log.sayTheRest();
    }

    /** How often requests were not taken, by the cause. */
    Map<String, LongAdder> failures() {
        return failures;
    }
}
