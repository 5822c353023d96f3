package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.file.BreakerState;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.ControlWords.Author;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.file.TracerStatus;
import io.kraken.tracer.ring.view.Waterfall;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** The control settings and the status of a tracer, as text. */
final class ControlText {

    private static final Map<Author, String> NAMES = Map.of(Author.OPERATOR, "operator", Author.BRIDGE, "bridge");

    private ControlText() {}

    /** The status of one process's tracer, and the generations of the settings that it has applied. */
    static String line(SpanFileReader file) {
        final TracerStatus status = file.status();
        final StringJoiner line = new StringJoiner(", ");
        line.add("recording " + (status.recording() ? "on" : "off" + (file.isSwitchedOn() ? "" : " by the program")));
        if (!Double.isNaN(status.samplingRate())) {
            line.add("sampling " + number(100 * status.samplingRate()) + "%");
        }
        line.add("breaker " + breaker(status));
        if (!Double.isNaN(status.load())) {
            line.add(String.format(Locale.ROOT, "load %.0f%%", 100 * status.load()));
        }
        for (Author author : Author.values()) {
            final long written = file.controlGeneration(author);
            final long applied = file.appliedGeneration(author);
            if (written != 0 || applied != 0) {
                line.add(NAMES.get(author) + " " + applied + (written == applied ? "" : " (" + written + " pending)"));
            }
        }
        return line.toString();
    }

    private static String breaker(TracerStatus status) {
        final BreakerState state = status.breaker();
        final String name = state == null ? "unknown" : state.label();
        return name + (status.breakerOpened() == 0 ? "" : " (opened " + status.breakerOpened() + " times)");
    }

    /** The settings made for a process, one line each, with their author. */
    static String words(SpanFileReader file) {
        final Map<Author, Map<String, String>> written = new LinkedHashMap<>();
        for (Author author : Author.values()) {
            written.put(author, parts(file.control(author)));
        }
        final Map<String, String> both =
                parts(ControlWords.merge(file.control(Author.OPERATOR), file.control(Author.BRIDGE)));
        final StringBuilder text = new StringBuilder(256);
        both.forEach((part, value) -> {
            final Author author = written.get(Author.OPERATOR).containsKey(part) ? Author.OPERATOR : Author.BRIDGE;
            text.append(String.format(Locale.ROOT, "  %-20s %-24s %s\n", part, value, NAMES.get(author)));
        });
        return text.toString();
    }

    /** The settings by the names of their options. */
    private static Map<String, String> parts(ControlWords words) {
        final Map<String, String> parts = new LinkedHashMap<>();
        put(parts, "recording", onOrOff(words.recording()));
        put(parts, "rate", number(words.rate()));
        put(parts, "lower-bound", number(words.lowerBound()));
        put(parts, "limit", number(words.limit()));
        put(parts, "breaker", onOrOff(words.breaker().on()));
        put(parts, "breaker-threshold", number(words.breaker().threshold()));
        words.operations()
                .forEach((name, rate) -> parts.put(
                        "operation " + Waterfall.clean(name),
                        number(rate.share()) + (rate.lowerBound() == 0 ? "" : "/" + number(rate.lowerBound()))));
        return parts;
    }

    private static void put(Map<String, String> parts, String part, String value) {
        if (value != null) {
            parts.put(part, value);
        }
    }

    private static String onOrOff(Boolean on) {
        return on == null ? null : on ? "on" : "off";
    }

    /** Whole numbers are written without a fraction. */
    private static String number(Double number) {
        return number == null
                ? null
                : number == Math.rint(number) && number < 1e15 ? Long.toString(number.longValue()) : number.toString();
    }
}
