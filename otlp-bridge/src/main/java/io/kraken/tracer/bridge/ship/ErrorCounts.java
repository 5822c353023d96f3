package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.ring.otlp.Outcome;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
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
    private final ThrottledLog log;
    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();
    private final ThrottledLog holdLog;
    private boolean down;
    private volatile boolean held;
    private long downSinceNs;

    ErrorCounts(String name) {
        this(name, LOG::warn, LOG::error);
    }

    ErrorCounts(String name, Consumer<String> sink, Consumer<String> loudSink) {
        this.name = name;
        holdLog = new ThrottledLog(System::nanoTime, (line, thrown) -> loudSink.accept(line));
        log = new ThrottledLog(System::nanoTime, (line, thrown) -> sink.accept(line));
    }

    /** Records a failed request that is retried; logs the first failure of an outage only. */
    void retry(Outcome outcome, long nowNs) {
        count(outcome);
        final boolean wasHeld = held;
        held = outcome.verdict() == Outcome.Verdict.HELD;
        if (held && !wasHeld) {
            holdLog.report(name + ": " + text(outcome) + ": check the address, the credentials and what the server"
                    + " supports; all spans are kept until it accepts them, or until the disk limit is reached");
        }
        if (!down) {
            down = true;
            downSinceNs = nowNs;
            log.report("down", name + ": " + text(outcome) + "; retrying with backoff");
        }
    }

    void discarded(Outcome outcome, int tries) {
        log.report(
                "given up",
                name + ": discarding a request after " + tries
                        + " failed attempts, while as many other requests were answered: " + text(outcome));
    }

    /** Records an answer, positive or negative: the destination is up. */
    void answered(Outcome outcome, long nowNs) {
        held = false;
        if (down) {
            down = false;
            final long seconds = TimeUnit.NANOSECONDS.toSeconds(nowNs - downSinceNs);
            log.report("up", name + ": answering again after " + seconds + " s");
        }
        if (outcome.verdict() == Outcome.Verdict.REFUSED) {
            count(outcome);
            log.report(
                    outcome.reason(), name + ": " + text(outcome) + "; not retried, the spans of the request are lost");
        } else if (!outcome.message().isEmpty()) {
            log.report("", name + ": accepted, with a message: " + outcome.message());
        }
    }

    /** The message states the cause too; the reason stands in for a missing one. */
    private static String text(Outcome outcome) {
        return outcome.message().isEmpty() ? outcome.reason() : outcome.message();
    }

    private void count(Outcome outcome) {
        final boolean fits = failures.size() < MOST_REASONS || failures.containsKey(outcome.reason());
        failures.computeIfAbsent(fits ? outcome.reason() : "other", any -> new LongAdder())
                .increment();
    }

    /** Whether the last answer means a wrong setting. Any thread. */
    boolean isHeld() {
        return held;
    }

    void logDue() {
        log.logDue();
        holdLog.logDue();
    }

    void logAll() {
        log.logAll();
        holdLog.logAll();
    }

    /** The number of failed requests, by cause. */
    Map<String, LongAdder> failures() {
        return failures;
    }
}
