package io.kraken.tracer.jmh;

import io.kraken.tracer.jmh.ServiceSpans.Shape;
import io.kraken.tracer.jmh.ServiceSpans.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Cost of spans in a service, by rate, shape and side, and the numbers of delivered and dropped spans, warm-up
 * included. The ledger balances; otherwise there is no result.
 *
 * @param missing requests that were not sent because the machine was too slow
 */
record ServiceResult(List<Point> points, Delivery kraken, Delivery openTelemetry, long missing) {

    static final double[] PERCENTILES = {50, 90, 99, 99.9};
    static final String[] LABELS = {"p50", "p90", "p99", "p99.9"};
    static final int P50 = 0;
    static final int P99 = 2;

    /** The rate whose figures are charted, if it was measured. */
    private static final double MAIN_RATE = 1500;

    /**
     * One round at one rate with one shape, by side, in ns.
     *
     * @param calls of the span's calls, two clock reads included
     * @param responses of the whole requests, from when they were due
     */
    record Round(Histogram[] calls, Histogram[] responses) {}

    /** The time of this tracer divided by OpenTelemetry's: the median of the rounds, the least and the greatest. */
    record Ratio(double value, double least, double most) {

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", value, least, most);
        }
    }

    /** All rounds at one rate with one shape. */
    record Point(double rate, Shape shape, List<Round> rounds) {

        /** Percentile of the calls in ns, of all rounds together. */
        long call(Side side, int which) {
            return sum(side, true).getValueAtPercentile(PERCENTILES[which]);
        }

        /** Percentile of the responses in ns from when a request was due, of all rounds together. */
        long response(Side side, int which) {
            return sum(side, false).getValueAtPercentile(PERCENTILES[which]);
        }

        long requests(Side side) {
            return sum(side, true).getTotalCount();
        }

        private Histogram sum(Side side, boolean calls) {
            final Histogram sum = new Histogram(ServiceRun.LONGEST_NS, ServiceRun.DIGITS);
            for (Round round : rounds) {
                sum.add((calls ? round.calls : round.responses)[side.ordinal()]);
            }
            return sum;
        }

        /** The ratio by round, so that a disturbance of one round does not affect the median. */
        Ratio ratio(int which) {
            final double[] ratios = new double[rounds.size()];
            for (int i = 0; i < ratios.length; i++) {
                final Round round = rounds.get(i);
                ratios[i] = (double) value(round, Side.KRAKEN, which) / value(round, Side.OPENTELEMETRY, which);
            }
            Arrays.sort(ratios);
            return new Ratio(Measured.quantile(ratios, 0.5), ratios[0], ratios[ratios.length - 1]);
        }

        private static long value(Round round, Side side, int which) {
            return Math.max(1, round.calls[side.ordinal()].getValueAtPercentile(PERCENTILES[which]));
        }
    }

    /** The points that are charted: at the usual rate, or at the first one. */
    List<Point> mainPoints() {
        final List<Point> main = new ArrayList<>(points);
        main.removeIf(point -> point.rate != MAIN_RATE);
        if (main.isEmpty() && !points.isEmpty()) {
            main.addAll(points);
            main.removeIf(point -> point.rate != points.get(0).rate);
        }
        return main;
    }

    /** The names of the columns of {@link #rows}. */
    static List<String> header() {
        final List<String> header = new ArrayList<>(List.of("requests/s", "span", "side"));
        for (String label : LABELS) {
            header.add(label + ", ns");
        }
        header.addAll(List.of("response p50, µs", "response p99, µs", "spans measured"));
        return header;
    }

    /** A row for each side of each point, and one for the ratio. */
    List<List<String>> rows() {
        final List<List<String>> rows = new ArrayList<>();
        for (Point point : points) {
            for (Side side : Side.values()) {
                final List<String> row = begin(point, side.toString());
                for (int i = 0; i < PERCENTILES.length; i++) {
                    row.add(rounded(point.call(side, i)));
                }
                row.add(rounded(point.response(side, P50) / 1000));
                row.add(rounded(point.response(side, P99) / 1000));
                row.add(rounded(point.requests(side)));
                rows.add(row);
            }
            final List<String> row = begin(point, "ratio");
            for (int i = 0; i < PERCENTILES.length; i++) {
                row.add(String.format(Locale.ROOT, "%.2f", point.ratio(i).value));
            }
            row.addAll(List.of("", "", ""));
            rows.add(row);
        }
        return rows;
    }

    private static List<String> begin(Point point, String side) {
        return new ArrayList<>(List.of(rounded((long) point.rate), point.shape.toString(), side));
    }

    private static String rounded(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** For the console. */
    String text() {
        final StringBuilder text = new StringBuilder();
        line(text, header());
        rows().forEach(row -> line(text, row));
        for (Point point : points) {
            text.append(String.format(
                    Locale.ROOT,
                    "%,.0f/s, %s: kraken / opentelemetry p50 %s, p99 %s%n",
                    point.rate,
                    point.shape.title(),
                    point.ratio(P50),
                    point.ratio(P99)));
        }
        return text.append(summary()).append(System.lineSeparator()).toString();
    }

    private static void line(StringBuilder text, List<String> cells) {
        for (int i = 0; i < cells.size(); i++) {
            text.append(String.format(i == 1 || i == 2 ? "  %-14s" : i == 0 ? "%10s" : "%17s", cells.get(i)));
        }
        text.append(System.lineSeparator());
    }

    /** Numbers of delivered and dropped spans. */
    String summary() {
        return "kraken: " + kraken + ", the ledger closes; opentelemetry: " + openTelemetry
                + (missing == 0
                        ? ""
                        : String.format(Locale.ROOT, "; %,d requests NOT sent: machine too slow", missing));
    }
}
