package io.kraken.tracer.bridge.report;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A rate limit for log lines of repeated failures. The first line of a kind is logged at once; the following ones are
 * counted and logged as one line, at most once a minute. After a minute without lines a kind starts anew. The number of
 * kinds is bounded; further kinds share one. Thread-safe; the sink is called without holding the lock.
 */
public final class ThrottledLog {

    static final int MOST_KINDS = 64;
    static final long INTERVAL_NS = TimeUnit.MINUTES.toNanos(1);

    private static final String OTHERS = "others";

    private final LongSupplier clockNs;
    private final Consumer<String> sink;
    private final Map<String, Kind> kinds = new LinkedHashMap<>();

    private static final class Kind {
        long loggedNs;
        long unlogged;
        String last;
    }

    public ThrottledLog(LongSupplier clockNs, Consumer<String> sink) {
        this.clockNs = clockNs;
        this.sink = sink;
    }

    /** @param kind the same for all lines that differ only in numbers and names */
    public void report(String kind, String message) {
        final String line;
        synchronized (this) {
            final long nowNs = clockNs.getAsLong();
            final String key = kinds.size() < MOST_KINDS || kinds.containsKey(kind) ? kind : OTHERS;
            final Kind known = kinds.get(key);
            if (known == null) {
                final Kind first = new Kind();
                first.loggedNs = nowNs;
                kinds.put(key, first);
                line = message;
            } else {
                known.unlogged++;
                known.last = message;
                line = isDue(known, nowNs) ? summary(known, nowNs) : null;
            }
        }
        if (line != null) {
            sink.accept(line);
        }
    }

    private static boolean isDue(Kind kind, long nowNs) {
        return nowNs - kind.loggedNs >= INTERVAL_NS;
    }

    private static String summary(Kind kind, long nowNs) {
        final String line = kind.last + " (" + kind.unlogged + (kind.unlogged == 1 ? " time in " : " times in ")
                + TimeUnit.NANOSECONDS.toSeconds(nowNs - kind.loggedNs) + " s)";
        kind.loggedNs = nowNs;
        kind.unlogged = 0;
        kind.last = null;
        return line;
    }

    /** Logs the counted lines that are due. To be called periodically, because there may be no further line. */
    public void logDue() {
        final List<String> lines = new ArrayList<>();
        synchronized (this) {
            final long nowNs = clockNs.getAsLong();
            for (Iterator<Kind> all = kinds.values().iterator(); all.hasNext(); ) {
                final Kind kind = all.next();
                if (isDue(kind, nowNs)) {
                    if (kind.unlogged == 0) {
                        all.remove();
                    } else {
                        lines.add(summary(kind, nowNs));
                    }
                }
            }
        }
        lines.forEach(sink);
    }

    /** Logs all counted lines, due or not: for the end. */
    public void logAll() {
        final List<String> lines = new ArrayList<>();
        synchronized (this) {
            final long nowNs = clockNs.getAsLong();
            for (Kind kind : kinds.values()) {
                if (kind.unlogged > 0) {
                    lines.add(summary(kind, nowNs));
                }
            }
        }
        lines.forEach(sink);
    }
}
