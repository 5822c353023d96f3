package io.kraken.tracer.jmh;

import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.openjdk.jmh.util.ListStatistics;

/**
 * Results of the demo's workload on all sides, and their differences.
 *
 * @param rate downloads a second
 */
record DemoResult(double rate, List<DemoSide> sides) {

    static final String UNTRACED = "untraced";
    static final String TRACED = "traced";
    /** Its difference from {@link #UNTRACED} is noise. */
    static final String AGAIN = "untraced again";

    static final List<String> SIDES = List.of(UNTRACED, TRACED, AGAIN);

    static final double[] PERCENTILES = {50, 90, 99, 99.9, 100};
    static final String[] LABELS = {"p50", "p90", "p99", "p99.9", "max"};
    static final int P99 = 2;

    private static final double CONFIDENCE = 0.95;
    private static final double NS_PER_MS = 1e6;
    private static final double NS_PER_MICRO = 1e3;

    /**
     * Difference in percent of {@link #UNTRACED}; the error is half the 95 % interval of the rounds, NaN with too few
     * of them.
     */
    record Difference(double percent, double error) {

        @Override
        public String toString() {
            final String value = String.format(Locale.ROOT, "%+.1f %%", percent);
            return Double.isFinite(error) ? value + String.format(Locale.ROOT, " ± %.1f", error) : value;
        }
    }

    DemoSide side(String name) {
        for (DemoSide side : sides) {
            if (side.name().equals(name)) {
                return side;
            }
        }
        throw new IllegalArgumentException(name);
    }

    /** Percentile in ms, of all rounds together. */
    double percentile(String side, int which) {
        return side(side).responses().getValueAtPercentile(PERCENTILES[which]) / NS_PER_MS;
    }

    /**
     * Difference of all rounds together; a round of one side and the same round of the other are one sample of the
     * error.
     */
    Difference difference(String side, int which) {
        final double[] rounds = new double[side(UNTRACED).rounds().size()];
        for (int i = 0; i < rounds.length; i++) {
            rounds[i] = percent(
                    valueOf(side(side).rounds().get(i), which),
                    valueOf(side(UNTRACED).rounds().get(i), which));
        }
        return new Difference(percent(percentile(side, which), percentile(UNTRACED, which)), error(rounds));
    }

    private static double valueOf(DemoRound round, int which) {
        return round.responses().getValueAtPercentile(PERCENTILES[which]);
    }

    Difference cpuDifference(String side) {
        final double[] rounds = new double[side(UNTRACED).rounds().size()];
        for (int i = 0; i < rounds.length; i++) {
            rounds[i] = percent(
                    side(side).rounds().get(i).cpuNsPerRequest(),
                    side(UNTRACED).rounds().get(i).cpuNsPerRequest());
        }
        return new Difference(
                percent(side(side).cpuNsPerRequest(), side(UNTRACED).cpuNsPerRequest()), error(rounds));
    }

    private static double percent(double value, double base) {
        return 100 * (value / base - 1);
    }

    private static double error(double[] samples) {
        return samples.length < 3 ? Double.NaN : new ListStatistics(samples).getMeanErrorAt(CONFIDENCE);
    }

    double cpuMicros(String side) {
        return side(side).cpuNsPerRequest() / NS_PER_MICRO;
    }

    /** A row for each side, then one for each difference: name and cells, the last of which is the processor time. */
    String[][] rows() {
        final String[][] rows = new String[2 * SIDES.size() - 1][];
        for (int i = 0; i < SIDES.size(); i++) {
            rows[i] = values(SIDES.get(i));
            if (i > 0) {
                rows[SIDES.size() - 1 + i] = differences(SIDES.get(i));
            }
        }
        return rows;
    }

    private String[] values(String side) {
        final String[] row = new String[LABELS.length + 2];
        row[0] = side;
        final Histogram all = side(side).responses();
        for (int i = 0; i < LABELS.length; i++) {
            row[i + 1] = String.format(Locale.ROOT, "%.2f ms", all.getValueAtPercentile(PERCENTILES[i]) / NS_PER_MS);
        }
        row[LABELS.length + 1] = String.format(Locale.ROOT, "%.1f µs", cpuMicros(side));
        return row;
    }

    private String[] differences(String side) {
        final String[] row = new String[LABELS.length + 2];
        row[0] = side + " above untraced";
        for (int i = 0; i < LABELS.length; i++) {
            row[i + 1] = difference(side, i).toString();
        }
        row[LABELS.length + 1] = cpuDifference(side).toString();
        return row;
    }

    /** For the console. */
    String text() {
        final StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%-30s", ""));
        for (String label : LABELS) {
            text.append(String.format(Locale.ROOT, " %18s", label));
        }
        text.append(String.format(Locale.ROOT, " %18s%n", "CPU a request"));
        for (String[] row : rows()) {
            text.append(String.format(Locale.ROOT, "%-30s", row[0]));
            for (int i = 1; i < row.length; i++) {
                text.append(String.format(Locale.ROOT, " %18s", row[i]));
            }
            text.append(System.lineSeparator());
        }
        return text.append(summary()).append(System.lineSeparator()).toString();
    }

    /** The workload, and the delivered and dropped spans. */
    String summary() {
        final DemoSide traced = side(TRACED);
        final StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%,.0f downloads a second with their uploads and replications, %d rounds a side, %,d requests measured"
                        + " on each; spans delivered %,d, dropped %,d, the ledgers close",
                rate,
                traced.rounds().size(),
                traced.responses().getTotalCount(),
                traced.delivered(),
                traced.dropped()));
        for (DemoSide side : sides) {
            if (side.missing() > 0 || side.unanswered() > 0) {
                text.append(String.format(
                        Locale.ROOT,
                        "; %s: %,d downloads NOT begun, the machine was too slow, %,d requests without an answer",
                        side.name(),
                        side.missing(),
                        side.unanswered()));
            }
        }
        return text.toString();
    }
}
