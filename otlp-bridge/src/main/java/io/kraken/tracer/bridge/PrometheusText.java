package io.kraken.tracer.bridge;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Writes metrics in Prometheus' text format, version 0.0.4. The order is that of names and labels, whatever the order
 * in which they were added, so what belongs together stands together. Misuse is a mistake of the program, and throws.
 * One thread.
 */
final class PrometheusText {

    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    /** Those that begin with two underscores are Prometheus' own. */
    private static final Pattern LABEL = Pattern.compile("(?!__)[a-zA-Z_][a-zA-Z0-9_]*");

    private final Map<String, Family> families = new TreeMap<>();

    /** All samples of one name. */
    static final class Family {
        private final String name;
        private final String type;
        private final String help;
        /** By their labels, as they are written. */
        private final Map<String, String> samples = new TreeMap<>();

        private Family(String name, String type, String help) {
            this.name = name;
            this.type = type;
            this.help = help;
        }

        /** @param labels names and values in turn */
        Family sample(long value, String... labels) {
            return add(written(labels), Long.toString(value));
        }

        Family sample(double value, String... labels) {
            final String text = Double.isInfinite(value) ? value > 0 ? "+Inf" : "-Inf" : Double.toString(value);
            return add(written(labels), text);
        }

        /** Of a summary: the sum of what was observed, and how often something was. */
        Family sums(double sum, long count, String... labels) {
            final String written = written(labels);
            add("_sum" + written, Double.toString(sum));
            return add("_count" + written, Long.toString(count));
        }

        private Family add(String key, String value) {
            if (samples.put(key, value) != null) {
                throw new IllegalArgumentException(name + key + " is there already");
            }
            return this;
        }

        private String written(String... labels) {
            final Map<String, String> byName = new TreeMap<>();
            for (int i = 0; i + 1 < labels.length; i += 2) {
                if (!LABEL.matcher(labels[i]).matches() || byName.put(labels[i], labels[i + 1]) != null) {
                    throw new IllegalArgumentException(name + ": " + labels[i] + " is no label, or is there twice");
                }
            }
            if (byName.size() * 2 != labels.length) {
                throw new IllegalArgumentException(name + ": a label without a value");
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

    /** What only grows, but for restarts; the same family again for the same name. */
    Family counter(String name, String help) {
        return family(name, "counter", help);
    }

    /** What goes up and down. */
    Family gauge(String name, String help) {
        return family(name, "gauge", help);
    }

    /** What was observed so often, and what that was in all. */
    Family summary(String name, String help) {
        return family(name, "summary", help);
    }

    private Family family(String name, String type, String help) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(name + " is no name of a metric");
        }
        final Family family = families.computeIfAbsent(name, absent -> new Family(name, type, help));
        if (!family.type.equals(type) || !family.help.equals(help)) {
            throw new IllegalArgumentException(name + " is there already, and is another metric");
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
