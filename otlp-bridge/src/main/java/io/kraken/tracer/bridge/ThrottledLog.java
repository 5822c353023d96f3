package io.kraken.tracer.bridge;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Keeps a log readable while something goes wrong over and over: the first of a kind is said at once, the others are
 * counted and said together, once a minute at the most. A kind that was not heard of for a minute is new again. Of
 * kinds there may be so many; all beyond are taken for one. Any thread; the sink is called without a lock.
 */
final class ThrottledLog {

    static final int MOST_KINDS = 64;
    static final long WHILE_NS = TimeUnit.MINUTES.toNanos(1);

    private static final String OTHERS = "others";

    private final LongSupplier clockNs;
    private final Consumer<String> sink;
    private final Map<String, Kind> kinds = new LinkedHashMap<>();

    private static final class Kind {
        long saidNs;
        long unsaid;
        String last;
    }

    ThrottledLog(LongSupplier clockNs, Consumer<String> sink) {
        this.clockNs = clockNs;
        this.sink = sink;
    }

    /** @param kind the same for what would be the same line but for numbers and names */
    void say(String kind, String message) {
        final String line;
        synchronized (this) {
            final long nowNs = clockNs.getAsLong();
            final String key = kinds.size() < MOST_KINDS || kinds.containsKey(kind) ? kind : OTHERS;
            final Kind known = kinds.get(key);
            if (known == null) {
                final Kind first = new Kind();
                first.saidNs = nowNs;
                kinds.put(key, first);
                line = message;
            } else {
                known.unsaid++;
                known.last = message;
                line = isDue(known, nowNs) ? told(known, nowNs) : null;
            }
        }
        if (line != null) {
            sink.accept(line);
        }
    }

    private static boolean isDue(Kind kind, long nowNs) {
        return nowNs - kind.saidNs >= WHILE_NS;
    }

    private static String told(Kind kind, long nowNs) {
        final String line = kind.last + " (" + kind.unsaid + (kind.unsaid == 1 ? " time in " : " times in ")
                + TimeUnit.NANOSECONDS.toSeconds(nowNs - kind.saidNs) + " s)";
        kind.saidNs = nowNs;
        kind.unsaid = 0;
        kind.last = null;
        return line;
    }

    /** Says what has been counted and is due, though nothing more may happen: to be called every now and then. */
    void sayWhatIsDue() {
        final List<String> lines = new ArrayList<>();
        synchronized (this) {
            final long nowNs = clockNs.getAsLong();
            for (Iterator<Kind> all = kinds.values().iterator(); all.hasNext(); ) {
                final Kind kind = all.next();
                if (isDue(kind, nowNs)) {
                    if (kind.unsaid == 0) {
                        all.remove();
                    } else {
                        lines.add(told(kind, nowNs));
                    }
                }
            }
        }
        lines.forEach(sink);
    }

    /** Says all that has been counted: at the end. */
    void sayTheRest() {
        final List<String> lines = new ArrayList<>();
        synchronized (this) {
            final long nowNs = clockNs.getAsLong();
            for (Kind kind : kinds.values()) {
                if (kind.unsaid > 0) {
                    lines.add(told(kind, nowNs));
                }
            }
        }
        lines.forEach(sink);
    }
}
