package io.kraken.tracer.bridge.queues;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The log lines about one kind of event of queues: the first one names its queue, further ones are summed up in one
 * line every few seconds. Single-threaded.
 */
final class QueueSummaryLog {

    static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);

    private final String event;
    private final Consumer<String> sink;
    private boolean begun;
    private long loggedNs;
    private int unlogged;
    private HostQueue last;

    /** @param event what happened to the queue, as in {@code agent (...): found} */
    QueueSummaryLog(String event, Consumer<String> sink) {
        this.event = event;
        this.sink = sink;
    }

    void add(HostQueue queue, long nowNs) {
        unlogged++;
        last = queue;
        logDue(nowNs);
    }

    /** Logs what was not logged yet, unless the last line is recent. */
    void logDue(long nowNs) {
        if (!begun || nowNs - loggedNs >= INTERVAL_NS) {
            log(nowNs);
        }
    }

    /** Logs what was not logged yet. */
    void log(long nowNs) {
        if (unlogged > 0) {
            begun = true;
            loggedNs = nowNs;
            sink.accept(
                    unlogged == 1 ? last + ": " + event : unlogged + " queues, the last one " + last + ": " + event);
            unlogged = 0;
            last = null;
        }
    }
}
