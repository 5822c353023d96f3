package io.kraken.tracer.bridge.watch;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A writer of metrics in Prometheus' text format, version 0.0.4. It sorts by name and labels, because the format
 * requires the samples of a metric to be together, in whatever order they were added. Misuse is a programming error
 * and throws. Single-threaded.
 */
final class PrometheusText {

    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    /** Names that begin with two underscores are reserved by Prometheus. */
    private static final Pattern LABEL = Pattern.compile("(?!__)[a-zA-Z_][a-zA-Z0-9_]*");

    private final Map<String, Family> families = new TreeMap<>();

    /** All samples of one metric. */
    static final class Family {
        private final String name;
        private final String type;
        private final String help;
        /** The values by their formatted labels. */
        private final Map<String, String> samples = new TreeMap<>();

        private Family(String name, String type, String help) {
            this.name = name;
            this.type = type;
            this.help = help;
        }

        /** @param labels names and values in turn */
        Family sample(Number value, String... labels) {
            return add(written(labels), written(value));
        }

        private static String written(Number value) {
            return Double.isInfinite(value.doubleValue())
                    ? value.doubleValue() > 0 ? "+Inf" : "-Inf"
                    : value.toString();
        }

        /** A sample of a summary: the sum and the number of observations. */
        Family sums(double sum, long count, String... labels) {
            final String written = written(labels);
            add("_sum" + written, Double.toString(sum));
            return add("_count" + written, Long.toString(count));
        }

        private Family add(String key, String value) {
            if (samples.put(key, value) != null) {
                throw new IllegalArgumentException(name + key + " has a sample already");
            }
            return this;
        }

        private String written(String... labels) {
            final Map<String, String> byName = new TreeMap<>();
            for (int i = 0; i + 1 < labels.length; i += 2) {
                if (!LABEL.matcher(labels[i]).matches() || byName.put(labels[i], labels[i + 1]) != null) {
                    throw new IllegalArgumentException(
                            name + ": " + labels[i] + " is not a valid label name, or is repeated");
                }
            }
            if (byName.size() * 2 != labels.length) {
                throw new IllegalArgumentException(name + ": label without a value");
            }
            final StringBuilder text = new StringBuilder(64);
            byName.forEach((label, value) -> text.append(text.length() == 0 ? '{' : ',')
                    .append(label)
                    .append("=\"")
                    .append(escaped(value).replace("\"", "\\\""))
                    .append('"'));
            return text.length() == 0 ? "" : text.append('}').toString();
        }

        private void write(StringBuilder text) {
            text.append("# HELP ")
                    .append(name)
                    .append(' ')
                    .append(escaped(help))
                    .append('\n');
            text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
            samples.forEach((labels, value) ->
                    text.append(name).append(labels).append(' ').append(value).append('\n'));
        }

        private static String escaped(String text) {
            return text.replace("\\", "\\\\").replace("\n", "\\n");
        }
    }

    /** A value that only grows, except for restarts; returns the same family for the same name. */
    Family counter(String name, String help) {
        return family(name, "counter", help);
    }

    /** A value that goes up and down. */
    Family gauge(String name, String help) {
        return family(name, "gauge", help);
    }

    /** A number of observations and their sum. */
    Family summary(String name, String help) {
        return family(name, "summary", help);
    }

    private Family family(String name, String type, String help) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(name + " is not a valid metric name");
        }
        final Family family = families.computeIfAbsent(name, absent -> new Family(name, type, help));
        if (!family.type.equals(type) || !family.help.equals(help)) {
            throw new IllegalArgumentException(name + " exists already with another type or help text");
        }
        return family;
    }

    /** Families without samples are left out. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder(4096);
        for (Family family : families.values()) {
            if (!family.samples.isEmpty()) {
                family.write(text);
            }
        }
        return text.toString();
    }
}
