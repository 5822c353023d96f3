package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.view.Waterfall;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** The counters of all processes as a table: one line each, with reasons below it, and totals at the end. */
final class StatTable {

    private static final int MOST_SERVICE = 24;
    private static final String ALIVE = "alive";
    private static final String INDENT = "          ";
    private static final String ROW = "%9s %-24s %-6s %12s %10s %10s %8s %9s %12s %10s %9s %9s %6s\n";

    /**
     * The values that are not cumulative.
     *
     * @param decides the state of the tracer, as text; empty when the process is not alive
     */
    record Gauges(double recordsInUse, String decides) {}

    /** The values of one process at one time. */
    record Sample(long pid, String service, String state, Ledger ledger, Gauges gauges, long atNs) {

        static Sample of(SpanFileReader file, long nowNs) {
            final String state = file.isClosed() ? "closed" : file.isAlive() ? ALIVE : "gone";
            final String service = Waterfall.clean(file.resource().getOrDefault("service.name", ""));
            final String decides = state.equals(ALIVE) ? ControlText.line(file) : "";
            return new Sample(
                    file.pid(), service, state, file.ledger(), new Gauges(file.recordsInUse(), decides), nowNs);
        }
    }

    private final StringBuilder rows = new StringBuilder(1024);
    private int processes;
    private long started;
    private long open;
    private long dropped;
    private long shipped;
    private long rejected;
    private long buffered;
    private double startedRate;
    private double endedRate;
    private double shippedRate;
    private boolean rates;

    /** @param before the same process at the update before; null when there is none */
    void add(Sample now, Sample before) {
        final Ledger ledger = now.ledger;
        processes++;
        started += ledger.started();
        open += ledger.open();
        dropped += ledger.dropped();
        shipped += ledger.shipped();
        rejected += ledger.rejected();
        buffered += ledger.buffered();
        String[] perSecond = {"-", "-", "-"};
        if (before != null && now.atNs > before.atNs) {
            final double seconds = (now.atNs - before.atNs) / 1e9;
            final double starts = (ledger.started() - before.ledger.started()) / seconds;
            final double ends = (ledger.ended() - before.ledger.ended()) / seconds;
            final double ships = (ledger.shipped() - before.ledger.shipped()) / seconds;
            perSecond = new String[] {rate(starts), rate(ends), rate(ships)};
            startedRate += starts;
            endedRate += ends;
            shippedRate += ships;
            rates = true;
        }
        row(Long.toString(now.pid), now.service, now.state, ledger, perSecond, percent(now.gauges.recordsInUse));
        if (!now.gauges.decides.isEmpty()) {
            rows.append(INDENT).append(now.gauges.decides).append('\n');
        }
        reasons(ledger.counts());
        costs(ledger);
    }

    private void row(String pid, String service, String state, Ledger ledger, String[] perSecond, String inUse) {
        rows.append(String.format(
                Locale.ROOT,
                ROW,
                pid,
                service.substring(0, Math.min(MOST_SERVICE, service.length())),
                state,
                ledger.started(),
                perSecond[0],
                perSecond[1],
                ledger.open(),
                ledger.dropped(),
                ledger.shipped(),
                perSecond[2],
                ledger.rejected(),
                ledger.buffered(),
                inUse));
    }

    private void reasons(Map<Counter, Long> counts) {
        final StringJoiner reasons = new StringJoiner(", ", INDENT, "\n").setEmptyValue("");
        counts.forEach((counter, count) -> {
            final boolean isReason = counter.label().startsWith("dropped.")
                    || counter.label().startsWith("rejected.")
                    || counter == Counter.NOT_KEPT
                    || counter == Counter.UNRECORDED
                    || counter == Counter.ABANDONED;
            if (count != 0 && isReason) {
                reasons.add(counter.label() + " " + count);
            }
        });
        rows.append(reasons);
    }

    private void costs(Ledger ledger) {
        final StringJoiner costs = new StringJoiner(", ", INDENT, "\n").setEmptyValue("");
        if (ledger.count(Counter.COST_SPANS) > 0) {
            final long ns = ledger.count(Counter.COST_NANOS) / ledger.count(Counter.COST_SPANS);
            costs.add("start and end of a span " + ns + " ns");
        }
        if (ledger.count(Counter.REQUESTS) > 0) {
            final double ms = ledger.count(Counter.EXPORT_NANOS) / 1e6 / ledger.count(Counter.REQUESTS);
            costs.add(String.format(Locale.ROOT, "an export %.1f ms", ms));
        }
        for (Counter counter : List.of(Counter.EXPORT_ERRORS, Counter.RETRIES)) {
            if (ledger.count(counter) > 0) {
                costs.add(counter.label() + " " + ledger.count(counter));
            }
        }
        rows.append(costs);
    }

    private static String rate(double perSecond) {
        return String.format(Locale.ROOT, "%.0f", perSecond);
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.0f%%", 100 * part);
    }

    /** Empty without processes. */
    @Override
    public String toString() {
        if (processes == 0) {
            return "";
        }
        final List<String> heads = List.of(
                "PID",
                "SERVICE",
                "STATE",
                "STARTED",
                "STARTED/S",
                "ENDED/S",
                "OPEN",
                "DROPPED",
                "SHIPPED",
                "SHIPPED/S",
                "REJECTED",
                "BUFFERED",
                "IN USE");
        final String totals = String.format(
                Locale.ROOT,
                ROW,
                "total",
                processes + (processes == 1 ? " process" : " processes"),
                "",
                started,
                rates ? rate(startedRate) : "-",
                rates ? rate(endedRate) : "-",
                open,
                dropped,
                shipped,
                rates ? rate(shippedRate) : "-",
                rejected,
                buffered,
                "");
        return String.format(Locale.ROOT, ROW, heads.toArray()) + rows + totals;
    }
}
