package io.kraken.tracer.jmh;

import io.kraken.tracer.jmh.ServiceSpans.Side;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Number of requests that a service with more threads than cores handles in a surge, by side, and the delivered and
 * dropped spans. The ledger balances; otherwise there is no result.
 *
 * @param rounds each with one surge of each side
 * @param delivered spans by side, warm-up and steady load included
 * @param dropped likewise
 */
record SurgeResult(int threads, int spans, List<Surge[]> rounds, long[] delivered, long[] dropped)
        implements Serializable {

    private static final long serialVersionUID = 1;

    private static final double NS_PER_MS = 1e6;

    /** One surge of one side: requests a second, and the longest request. */
    record Surge(double perSecond, long worstNs) implements Serializable {
        private static final long serialVersionUID = 1;
    }

    /** Requests a second, the median of the rounds. */
    double perSecond(Side side) {
        final double[] values = new double[rounds.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = rounds.get(i)[side.ordinal()].perSecond;
        }
        Arrays.sort(values);
        return Measured.quantile(values, 0.5);
    }

    /** The longest request of all rounds. */
    double worstMs(Side side) {
        long worst = 0;
        for (Surge[] round : rounds) {
            worst = Math.max(worst, round[side.ordinal()].worstNs);
        }
        return worst / NS_PER_MS;
    }

    /** Requests in percent of those without a tracer: the median of the rounds, then the least and the greatest. */
    double[] kept(Side side) {
        final double[] percents = new double[rounds.size()];
        for (int i = 0; i < percents.length; i++) {
            final Surge[] round = rounds.get(i);
            percents[i] = 100 * round[side.ordinal()].perSecond / round[Side.NOTHING.ordinal()].perSecond;
        }
        Arrays.sort(percents);
        return new double[] {Measured.quantile(percents, 0.5), percents[0], percents[percents.length - 1]};
    }

    /** As text, with the range. */
    String keptText(Side side) {
        final double[] kept = kept(side);
        return String.format(Locale.ROOT, "%.0f %% (%.0f to %.0f)", kept[0], kept[1], kept[2]);
    }

    /** The names of the columns of {@link #rows}. */
    static List<String> header() {
        return List.of("side", "requests/s", "of those without a tracer", "worst request, ms", "delivered", "dropped");
    }

    List<List<String>> rows() {
        final List<List<String>> rows = new ArrayList<>();
        for (Side side : Side.values()) {
            rows.add(List.of(
                    side.toString(),
                    String.format(Locale.ROOT, "%,.0f", perSecond(side)),
                    keptText(side),
                    String.format(Locale.ROOT, "%.1f", worstMs(side)),
                    String.format(Locale.ROOT, "%,d", delivered[side.ordinal()]),
                    String.format(Locale.ROOT, "%,d", dropped[side.ordinal()])));
        }
        return rows;
    }

    /** For the console. */
    String text() {
        final StringBuilder text = new StringBuilder();
        line(text, header());
        rows().forEach(row -> line(text, row));
        return text.append(summary()).append(System.lineSeparator()).toString();
    }

    private static void line(StringBuilder text, List<String> cells) {
        text.append(String.format("%-16s", cells.get(0)));
        for (String cell : cells.subList(1, cells.size())) {
            text.append(String.format("%27s", cell));
        }
        text.append(System.lineSeparator());
    }

    String summary() {
        return threads + " threads, " + spans + " spans a request, " + rounds.size() + " rounds; the ledger closes";
    }
}
