package io.kraken.tracer.jmh;

import io.kraken.tracer.jmh.ServiceSpans.Side;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** The results of a run as a page: a summary, the charts, then every figure. */
final class Page {

    private final StringBuilder out = new StringBuilder(8192);
    private final ServiceResult service;
    private final SurgeResult surge;
    private final Figures figures;
    private final List<PeakResult> peaks;
    private final DemoResult demo;
    private final List<BridgeResult> bridge;

    private Page(Results results) {
        service = results.service();
        surge = results.surge();
        figures = results.figures();
        peaks = results.peaks();
        demo = results.demo();
        bridge = results.bridge();
    }

    static String of(Results results, List<String> pictures) {
        final Page page = new Page(results);
        page.head(results.machine(), results.form());
        page.glance();
        for (String picture : pictures) {
            page.out.append("![").append(picture).append("](").append(picture).append(")\n\n");
        }
        page.service();
        page.surge();
        page.demo();
        page.peaks();
        page.bridge();
        page.table();
        return page.out.toString();
    }

    private void head(Machine machine, String form) {
        out.append("# Results on ").append(machine.jdk()).append("\n\n");
        out.append(machine.processor())
                .append(", ")
                .append(machine.processors())
                .append(" processors, ");
        out.append(machine.system())
                .append("; commit ")
                .append(machine.commit())
                .append(", ");
        out.append(machine.date()).append(", ").append(form).append(" form");
        out.append(form.equals("full") ? ".\n" : ": good for a first look, not for quoting.\n");
        out.append("Compare figures of this page with each other only. ");
        out.append("Floor, this tracer and its peers were measured in the same run.\n\n");
    }

    private void glance() {
        out.append("| at a glance | this run | goal |\n|---|---|---|\n");
        if (service != null) {
            for (ServiceResult.Point point : service.mainPoints()) {
                final String what = "in a service, of OpenTelemetry's time: "
                        + point.shape().title();
                glance(what + ", p50", point.ratio(ServiceResult.P50).toString(), "0.25");
                glance(what + ", p99", point.ratio(ServiceResult.P99).toString(), "0.25");
            }
        }
        if (surge != null) {
            glance("requests in a surge, of those without a tracer", surge.keptText(Side.KRAKEN), "60 %");
        }
        final double clocks = figures.score("FloorBenchmark.clocks", "work", Plan.PACED, "clock", "auto");
        final double bare = figures.score("SpanBenchmark.bare", "work", Plan.PACED, "clock", "auto");
        glance("a bare span, paced, above two clock reads", bare - clocks, " ns", "25 ns (TSC), 15 ns (nanoTime)");
        final double kraken = figures.net("SpanBenchmark.kraken", "work", Plan.PACED, "clock", "auto");
        final double other = figures.net("OpenTelemetryBenchmark.kraken", "work", Plan.PACED);
        glance("the Kraken span, paced", kraken, " ns", "");
        glance("OpenTelemetry's time divided by Kraken's", other / kraken, "", "6 (JDK 25), 3 (JDK 17)");
        final double unsampled = figures.net("SpanBenchmark.unsampled", "work", Plan.SATURATED, "clock", "auto");
        final double unsampledOther = figures.net("OpenTelemetryBenchmark.unsampled", "work", Plan.SATURATED);
        glance("the same for an unsampled span", unsampledOther / unsampled, "", "8");
        glance("OTLP encoding, a span", figures.score("EncodingBenchmark.kraken"), " ns", "150 ns");
        if (demo != null) {
            final String noise = " (untraced again " + demo.difference(DemoResult.AGAIN, DemoResult.P99) + ")";
            glance("P99 of the demo's requests", demo.difference(DemoResult.TRACED, DemoResult.P99) + noise, "0.5 %");
            final String cpuNoise = " (untraced again " + demo.cpuDifference(DemoResult.AGAIN) + ")";
            glance("CPU of the demo's process", demo.cpuDifference(DemoResult.TRACED) + cpuNoise, "0.3 %");
        }
        for (BridgeResult result : bridge) {
            if (result.name().equals(BridgeCase.NAMES.get(0))) {
                glance("the bridge to gRPC, spans a CPU second", result.steadyPerCpuSecond(), "", "500,000");
                glance("memory of its process, all that is resident", result.residentMb(), " MB", "150 MB");
            }
        }
        out.append('\n');
    }

    private void glance(String what, double value, String unit, String goal) {
        if (Double.isFinite(value)) {
            glance(what, BarChart.number(value) + unit, goal);
        }
    }

    private void glance(String what, String value, String goal) {
        out.append("| ").append(what).append(" | ").append(value);
        out.append(" | ").append(goal).append(" |\n");
    }

    private void service() {
        if (service == null) {
            return;
        }
        out.append("## A span in a service\n\n");
        out.append("An HTTP service with everyday work in each request; its clients, in a separate process, send in ");
        out.append("an open loop. The spans are recorded by this tracer, the OpenTelemetry SDK and none, in turns, ");
        out.append("request by request, in one process. p50 to p99.9 are of the calls of the request's spans, two ");
        out.append(
                "reads of the clock included (four for *around*), which *nothing* has too, of all rounds together. ");
        out.append("*ratio* is the time of this tracer divided by OpenTelemetry's, the median of the rounds; in ");
        out.append("brackets, above, the least and the greatest of them.\n\n");
        table(ServiceResult.header(), service.rows(), 3);
        out.append("Spans, warm-up included: ").append(service.summary()).append(".\n\n");
    }

    private void surge() {
        if (surge == null) {
            return;
        }
        out.append("## A surge\n\n");
        out.append("More threads than processors call a small request as fast as they can; the sides take turns.\n\n");
        table(SurgeResult.header(), surge.rows(), 1);
        out.append(surge.summary()).append(".\n\n");
    }

    /** Appends a table whose first columns are texts and whose others are numbers. */
    private void table(List<String> header, List<List<String>> rows, int texts) {
        out.append("| ").append(String.join(" | ", header)).append(" |\n|");
        out.append("---|".repeat(texts))
                .append("--:|".repeat(header.size() - texts))
                .append('\n');
        for (List<String> row : rows) {
            out.append("| ").append(String.join(" | ", row)).append(" |\n");
        }
        out.append('\n');
    }

    private void demo() {
        if (demo == null) {
            return;
        }
        out.append("## The demo's workload\n\n");
        out.append("The whole workload, traced and untraced. Response times count from the due time; CPU is that ");
        out.append(
                "of the whole process, clients included. *Untraced again* is another process without a tracer: its ");
        out.append("difference is noise, and smaller differences are not significant. ± is half the 95 % ");
        out.append("interval of the rounds.\n\n");
        out.append("| | ").append(String.join(" | ", DemoResult.LABELS)).append(" | CPU a request |\n");
        out.append("|---|").append("--:|".repeat(DemoResult.LABELS.length + 1)).append('\n');
        for (String[] row : demo.rows()) {
            out.append("| ").append(String.join(" | ", row)).append(" |\n");
        }
        out.append('\n').append(demo.summary()).append(".\n\n");
    }

    static double mainRate(List<PeakResult> peaks) {
        final TreeSet<Double> rates = new TreeSet<>();
        for (PeakResult peak : peaks) {
            rates.add(peak.rate());
        }
        return rates.size() > 1 ? rates.lower(rates.last()) : rates.first();
    }

    private void peaks() {
        if (peaks.isEmpty()) {
            return;
        }
        out.append("## Peak load\n\n");
        out.append("Kraken's download trace in an open loop. *Call* is the time of a span's calls, *response* counts ");
        out.append("from when the span was due, so a stall counts for all spans it delays. The floor above a system ");
        out.append("is the empty loop just before it, in the same process. Times in ns; bytes and CPU for each span. ");
        out.append("The caller spins between calls, so its CPU is the mean of their time; *other CPU* is the process ");
        out.append("without the callers, with the exporter.\n\n");
        out.append("| system | spans/s | | mean | ");
        out.append(String.join(" | ", PeakResult.Latency.LABELS));
        out.append(" | dropped | caller CPU ns, B | exporter CPU ns, B | other CPU ns |\n");
        out.append("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        for (PeakResult peak : peaks) {
            out.append(String.format(Locale.ROOT, "| %s | %,.0f | call |", peak.system(), peak.rate()));
            latency(peak.call());
            if (peak.system().equals(PeakResult.FLOOR)) {
                out.append(" | | | |\n");
            } else {
                out.append(String.format(
                        Locale.ROOT,
                        " %,d | %.0f, %.1f | %.0f, %.1f | %.0f |%n",
                        peak.dropped(),
                        peak.callerCpuNs(),
                        peak.callerBytes(),
                        peak.exporterCpuNs(),
                        peak.exporterBytes(),
                        peak.otherCpuNs()));
            }
            out.append(String.format(Locale.ROOT, "| | %,.0f done | response |", peak.achieved()));
            latency(peak.response());
            out.append(" | | | |\n");
        }
        out.append('\n');
    }

    private void latency(PeakResult.Latency latency) {
        out.append(' ').append(BarChart.number(latency.mean())).append(" |");
        for (long value : latency.percentiles()) {
            out.append(String.format(Locale.ROOT, " %,d |", value));
        }
    }

    private void bridge() {
        if (bridge.isEmpty()) {
            return;
        }
        out.append("## The bridge\n\n");
        out.append(
                "From a queue to acknowledged requests, in a separate process on one processor; each span arrived at ");
        out.append(
                "each backend once. *A CPU second* is that of the bridge's whole process from the first request on, ");
        out.append("compiler and collector included; *steady* counts the later half. *Resident* is the most ");
        out.append(
                "at one time, *anonymous* is the process's private part of it, *files* are its queues, jars and JDK, ");
        out.append("which the system reclaims when others need memory.\n\n");
        out.append(
                "| case | spans | spans a second | a CPU second | steady | behind at the end, s | CPU s | resident MB ");
        out.append("| anonymous | files | collections, ms | bytes a span | on the wire |\n");
        out.append("|---|").append("--:|".repeat(12)).append('\n');
        for (BridgeResult result : bridge) {
            out.append("| ").append(result.name()).append(" | ");
            out.append(String.join(" | ", result.cells())).append(" |\n");
        }
        out.append('\n');
    }

    private void table() {
        out.append("## Every figure\n\n");
        out.append("With `work=300` the work is inside the span; *net* is without it. Bytes are those of the whole ");
        out.append(
                "process, exporters included, as are delivered and dropped spans those of the whole trial, warm-up ");
        out.append(
                "included. A figure with drops measures dropping. The score is the median of all iterations of all ");
        out.append("forks, ± half of their interquartile range.\n\n");
        out.append("| benchmark | parameters | threads | score | ± | net | unit | B/op | delivered | dropped |\n");
        out.append("|---|---|--:|--:|--:|--:|---|--:|--:|--:|\n");
        for (Measured figure : figures.all()) {
            out.append("| ")
                    .append(figure.benchmark())
                    .append(" | ")
                    .append(params(figure.params()))
                    .append(" | ");
            out.append(figure.threads())
                    .append(" | ")
                    .append(BarChart.number(figure.score()))
                    .append(" | ");
            out.append(numberOrNothing(figure.error())).append(" | ").append(numberOrNothing(figures.net(figure)));
            out.append(" | ").append(figure.unit()).append(" | ").append(numberOrNothing(figure.bytes()));
            final Delivery delivery = figure.delivery();
            if (delivery == null) {
                out.append(" | | |\n");
            } else {
                final long all = delivery.delivered() + delivery.dropped();
                out.append(String.format(Locale.ROOT, " | %,d | ", delivery.delivered()));
                out.append(delivery.dropped() == 0 ? "0" : share(delivery.dropped(), all))
                        .append(" |\n");
            }
        }
    }

    static String share(long part, long all) {
        return String.format(Locale.ROOT, "%.1f %%", 100.0 * part / all);
    }

    private static String numberOrNothing(double value) {
        return Double.isFinite(value) ? BarChart.number(value) : "";
    }

    private static String params(Map<String, String> params) {
        final StringBuilder text = new StringBuilder();
        params.forEach(
                (name, value) -> text.append(name).append('=').append(value).append(' '));
        return text.toString().strip();
    }
}
