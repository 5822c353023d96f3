package io.kraken.tracer.process;

import io.kraken.tracer.settings.SettingText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * A rate limit for log lines of repeated failures. The first line of a kind is logged at once; the following ones are
 * counted and logged as one line, at most once a minute. After a minute without lines a kind starts anew. The number of
 * kinds is bounded; further kinds share one. A message becomes one line of bounded length, so that a peer's text can
 * neither flood the log nor forge entries. Thread-safe; the sink is called without holding the lock.
 */
public final class ThrottledLog {

    static final int MOST_KINDS = 64;
    static final long INTERVAL_NS = TimeUnit.MINUTES.toNanos(1);

    private static final int MOST_CHARS = 500;
    private static final String OTHERS = "others";

    private final LongSupplier clockNs;
    private final BiConsumer<String, Throwable> sink;
    private final Map<String, Kind> kinds = new LinkedHashMap<>();
    private volatile String last;

    private static final class Kind {
        private long loggedNs;
        private long unlogged;
        private String last;

        Kind(long nowNs) {
            loggedNs = nowNs;
        }

        boolean isDue(long nowNs) {
            return nowNs - loggedNs >= INTERVAL_NS;
        }

        boolean isQuiet(long nowNs) {
            return unlogged == 0 && isDue(nowNs);
        }

        String summary(long nowNs) {
            final String line = last + " (" + unlogged + (unlogged == 1 ? " time in " : " times in ")
                    + TimeUnit.NANOSECONDS.toSeconds(nowNs - loggedNs) + " s)";
            loggedNs = nowNs;
            unlogged = 0;
            last = null;
            return line;
        }
    }

    /** @param sink takes a line, and the exception of {@link #report(String, String, Throwable)} or null */
    public ThrottledLog(LongSupplier clockNs, BiConsumer<String, Throwable> sink) {
        this.clockNs = clockNs;
        this.sink = sink;
    }

    /** Logs warnings about a subject to the tracer's logger. */
    public static ThrottledLog about(String subject) {
        final System.Logger log = System.getLogger("io.kraken.tracer");
        return new ThrottledLog(
                System::nanoTime,
                (line, thrown) -> log.log(System.Logger.Level.WARNING, subject + ": " + line, thrown));
    }

    /** Every distinct message is a kind of its own. */
    public void report(String message) {
        report(SettingText.clean(message, MOST_CHARS), message, null);
    }

    /** @param kind the same for all lines that differ only in numbers and names */
    public void report(String kind, String message) {
        report(kind, message, null);
    }

    /** @param thrown logged with its stack trace, unless this line is only counted; not kept */
    public void report(String kind, String message, Throwable thrown) {
        final String line = due(kind, note(message));
        if (line != null) {
            sink.accept(line, thrown);
        }
    }

    /** Keeps a message for {@link #suffix} without logging it, since a retry may succeed. Returns it as one line. */
    public String note(String message) {
        final String line = SettingText.clean(message, MOST_CHARS);
        last = line;
        return line;
    }

    /** The last message, as the end of a description; empty without one. */
    public String suffix() {
        final String message = last;
        return message == null ? "" : ", last problem: " + message;
    }

    private synchronized String due(String kind, String message) {
        final long nowNs = clockNs.getAsLong();
        if (kinds.size() >= MOST_KINDS && !kinds.containsKey(kind)) {
            kinds.values().removeIf(any -> any.isQuiet(nowNs));
        }
        final String key = kinds.size() < MOST_KINDS || kinds.containsKey(kind) ? kind : OTHERS;
        final Kind known = kinds.get(key);
        if (known == null || known.isQuiet(nowNs)) {
            kinds.put(key, new Kind(nowNs));
            return message;
        }
        known.unlogged++;
        known.last = message;
        return known.isDue(nowNs) ? known.summary(nowNs) : null;
    }

    /** Logs the counted lines that are due. To be called periodically, if there may be no further line. */
    public void logDue() {
        log(false);
    }

    /** Logs all counted lines, due or not: for the end. */
    public void logAll() {
        log(true);
    }

    private void log(boolean all) {
        final List<String> lines = new ArrayList<>();
        synchronized (this) {
            final long nowNs = clockNs.getAsLong();
            kinds.values().removeIf(kind -> kind.isQuiet(nowNs));
            for (Kind kind : kinds.values()) {
                if (kind.unlogged > 0 && (all || kind.isDue(nowNs))) {
                    lines.add(kind.summary(nowNs));
                }
            }
        }
        lines.forEach(line -> sink.accept(line, null));
    }
}
