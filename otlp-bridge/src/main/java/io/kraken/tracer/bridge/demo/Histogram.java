package io.kraken.tracer.bridge.demo;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.AtomicHistogram;

/** A histogram of times, with one percent of error, and its texts. Thread-safe and allocation-free. */
final class Histogram {

    private static final long LONGEST_NS = TimeUnit.HOURS.toNanos(1);
    private static final int DIGITS = 2;
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 100};

    private final AtomicHistogram times = new AtomicHistogram(LONGEST_NS, DIGITS);

    void record(long ns) {
        times.recordValue(Math.max(0, Math.min(LONGEST_NS, ns)));
    }

    /** Clears all values; those recorded at the same time may be lost. */
    void clear() {
        times.reset();
    }

    long count() {
        return times.getTotalCount();
    }

    long percentile(double percent) {
        return times.getValueAtPercentile(percent);
    }

    /** The percentiles from p50 to p99.99 and the maximum, in one line. */
    String percentiles() {
        final StringBuilder line = new StringBuilder(120);
        for (double percent : PERCENTILES) {
            line.append(line.length() == 0 ? "" : "  ")
                    .append(name(percent))
                    .append(' ')
                    .append(grouped(percentile(percent)));
        }
        return line.toString();
    }

    /** A line for each percentile, with a bar of logarithmic length: one more character is 25 percent more time. */
    String chart(String indent) {
        final StringBuilder text = new StringBuilder(512);
        for (double percent : PERCENTILES) {
            final long ns = percentile(percent);
            final int bar = ns <= 10 ? 1 : (int) Math.round(Math.log(ns / 10.0) / Math.log(1.25)) + 1;
            text.append(String.format(
                    Locale.ROOT, "%s%-7s %,12d ns |%s%n", indent, name(percent), ns, "#".repeat(Math.min(bar, 78))));
        }
        return text.toString();
    }

    private static String name(double percent) {
        return percent == 100 ? "max" : "p" + (percent == (long) percent ? "" + (long) percent : "" + percent);
    }

    static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
