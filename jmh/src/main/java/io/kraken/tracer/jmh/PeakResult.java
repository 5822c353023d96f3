package io.kraken.tracer.jmh;

import java.io.Serializable;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Result of one load on one system: the times of the calls of a span, alone and from when they were due, in ns, and
 * other costs.
 *
 * @param rate requested spans a second
 * @param achieved spans a second that were reached
 * @param exporterCpuNs for each span, as the next three are
 * @param otherCpuNs of the whole process without the callers, which spin
 */
record PeakResult(
        String system,
        int threads,
        double rate,
        double achieved,
        Latency call,
        Latency response,
        long delivered,
        long dropped,
        double callerBytes,
        double exporterCpuNs,
        double exporterBytes,
        double otherCpuNs,
        long collections,
        long collectionMs)
        implements Serializable {

    static final String FLOOR = "floor";

    private static final long serialVersionUID = 1;

    /** Latencies by percentile: the fractions of {@link #FRACTIONS}, then the maximum. */
    record Latency(double mean, long[] percentiles) implements Serializable {

        static final double[] FRACTIONS = {50, 90, 99, 99.9, 99.99, 100};
        static final String[] LABELS = {"p50", "p90", "p99", "p99.9", "p99.99", "max"};

        private static final long serialVersionUID = 1;

        static Latency of(Histogram histogram) {
            final long[] values = new long[FRACTIONS.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = histogram.getValueAtPercentile(FRACTIONS[i]);
            }
            return new Latency(histogram.getMean(), values);
        }

        String row() {
            final StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%8.1f", mean));
            for (long value : percentiles) {
                row.append(String.format(Locale.ROOT, " %,11d", value));
            }
            return row.toString();
        }
    }

    /**
     * CPU of the caller for each span, taken as the time in the calls, since the caller spins in between. It is an
     * upper bound: it includes the time for which the machine stopped the thread during a call.
     */
    double callerCpuNs() {
        return call.mean();
    }

    /** Two rows of the table that {@link #header} begins. */
    String rows() {
        return String.format(
                Locale.ROOT,
                "%-14s %,11.0f call     %s%n%-14s %,11.0f response %s",
                system,
                rate,
                call.row(),
                "",
                achieved,
                response.row());
    }

    /** The costs other than latency. */
    String costs() {
        return String.format(
                Locale.ROOT,
                "# %s at %,.0f/s: %s; per span: caller %.0f ns CPU and %.1f B, exporter %.0f ns CPU and %.1f B, "
                        + "process but callers %.0f ns CPU; %d collections, %d ms",
                system,
                rate,
                new Delivery(delivered, dropped),
                callerCpuNs(),
                callerBytes,
                exporterCpuNs,
                exporterBytes,
                otherCpuNs,
                collections,
                collectionMs);
    }

    static String header() {
        final StringBuilder row = new StringBuilder(String.format("%-14s %11s %-8s %8s", "ns", "spans/s", "", "mean"));
        for (String label : Latency.LABELS) {
            row.append(String.format(" %11s", label));
        }
        return row.toString();
    }
}
