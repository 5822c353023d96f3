package io.kraken.tracer.bridge.demo;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;

/** A histogram of times with buckets at most 3 percent wide. Thread-safe, wait-free and allocation-free. */
final class Histogram {

    private static final int SUB_BITS = 6;
    private static final int SUB = 1 << SUB_BITS;
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 100};

    private final AtomicLongArray counts = new AtomicLongArray((Long.SIZE - SUB_BITS) * SUB);

    void record(long ns) {
        counts.getAndIncrement(bucket(Math.max(0, ns)));
    }

    /** Clears all buckets; values recorded at the same time may be lost. */
    void clear() {
        for (int i = 0; i < counts.length(); i++) {
            counts.set(i, 0);
        }
    }

    private static int bucket(long value) {
        final int shift = Math.max(0, Long.SIZE - SUB_BITS - Long.numberOfLeadingZeros(value | 1));
        return shift == 0 ? (int) value : (shift << SUB_BITS) + (int) (value >>> shift);
    }

    /** The largest value that falls into a bucket. */
    private static long upperEnd(int bucket) {
        final int shift = bucket >> SUB_BITS;
        return shift == 0 ? bucket : ((long) (bucket - (shift << SUB_BITS)) + 1 << shift) - 1;
    }

    long count() {
        long count = 0;
        for (int i = 0; i < counts.length(); i++) {
            count += counts.get(i);
        }
        return count;
    }

    long percentile(double percent) {
        final long count = count();
        final long rank = Math.max(1, (long) Math.ceil(count * percent / 100));
        long seen = 0;
        for (int i = 0; i < counts.length(); i++) {
            seen += counts.get(i);
            if (count > 0 && seen >= rank) {
                return upperEnd(i);
            }
        }
        return 0;
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
