package io.kraken.tracer.jmh;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The pictures of a run by their names. */
final class Charts {

    private static final int FLOOR = 0;
    private static final int KRAKEN = 1;
    private static final int OPEN_TELEMETRY = 2;
    private static final int BRAVE = 3;
    private static final int JFR = 4;
    private static final int DATADOG = 5;

    private final Figures figures;
    private final Map<String, String> pictures = new LinkedHashMap<>();

    private Charts(Figures figures) {
        this.figures = figures;
    }

    static Map<String, String> of(Figures figures, List<PeakResult> peaks) {
        final Charts charts = new Charts(figures);
        charts.spans("spans", "A span in a service", "ns above the work alone; less is better", Plan.PACED);
        charts.spans("saturated", "Nothing but spans", "ns a span in a loop that only records", Plan.SATURATED);
        charts.shapes();
        charts.strings();
        charts.threads();
        charts.exporting();
        charts.latency(peaks, "call", "What the calls of a span take, at %,.0f spans/s");
        charts.latency(peaks, "response", "The same, counted from when the span was due, at %,.0f spans/s");
        return charts.pictures;
    }

    private void put(String name, BarChart chart) {
        if (!chart.isEmpty()) {
            pictures.put(name, chart.svg());
        }
    }

    private void bar(BarChart.Group group, int system, String label, Measured figure) {
        if (figure == null || Double.isNaN(figures.net(figure))) {
            return;
        }
        final Delivery delivery = figure.delivery();
        final long all = delivery == null ? 0 : delivery.delivered() + delivery.dropped();
        final String note =
                all == 0 || delivery.dropped() == 0 ? "" : ", " + Page.share(delivery.dropped(), all) + " dropped";
        group.bar(system, label, figures.net(figure), figures.netError(figure), note);
    }

    private void spans(String name, String title, String subtitle, String work) {
        final BarChart chart = new BarChart(title, subtitle);
        final String[][] groups = {
            {"bare", "Without attributes"},
            {"kraken", "With Kraken's attributes"},
            {"unsampled", "Not sampled"},
            {"disabled", "Tracer switched off"},
        };
        for (String[] named : groups) {
            final BarChart.Group group = new BarChart.Group(named[1]);
            if (named[0].equals("bare")) {
                bar(group, FLOOR, "two clock reads", figures.find("FloorBenchmark.clocks", "work", work));
            }
            bar(group, KRAKEN, "Kraken", figures.find("SpanBenchmark." + named[0], "work", work, "clock", "auto"));
            bar(
                    group,
                    KRAKEN,
                    "Kraken, nanoTime",
                    figures.find("SpanBenchmark." + named[0], "work", work, "clock", "nanotime"));
            bar(
                    group,
                    OPEN_TELEMETRY,
                    "OpenTelemetry",
                    figures.find("OpenTelemetryBenchmark." + named[0], "work", work));
            bar(group, BRAVE, "Brave", figures.find("BraveBenchmark." + named[0], "work", work));
            bar(group, DATADOG, "Datadog", figures.find("DatadogBenchmark." + named[0], "work", work));
            bar(group, JFR, "JFR event", figures.find("JfrBenchmark." + named[0], "work", work));
            chart.add(group);
        }
        put(name, chart);
    }

    private void shapes() {
        final BarChart chart = new BarChart("Other spans", "ns above the work alone; less is better");
        final String[][] groups = {
            {"nested", "Five in one another"},
            {"failed", "With an exception of 30 frames"},
            {"full", "Dropped: all lanes full"},
        };
        for (String[] named : groups) {
            final BarChart.Group group = new BarChart.Group(named[1]);
            bar(group, KRAKEN, "Kraken", figures.find("SpanBenchmark." + named[0]));
            bar(group, OPEN_TELEMETRY, "OpenTelemetry", figures.find("OpenTelemetryBenchmark." + named[0]));
            bar(group, BRAVE, "Brave", figures.find("BraveBenchmark." + named[0]));
            chart.add(group);
        }
        put("shapes", chart);
    }

    private void strings() {
        final BarChart chart = new BarChart(
                "A span with one string", "ns above the work alone; we copy the bytes at once, OpenTelemetry later");
        for (Measured figure : figures.all()) {
            if (figure.benchmark().equals("StringBenchmark.kraken")) {
                final String length = figure.params().get("length");
                final String characters = figure.params().get("characters");
                final BarChart.Group group = new BarChart.Group(length + " characters, " + characters);
                bar(group, KRAKEN, "Kraken", figure);
                bar(
                        group,
                        OPEN_TELEMETRY,
                        "OpenTelemetry",
                        figures.find("StringBenchmark.openTelemetry", "length", length, "characters", characters));
                chart.add(group);
            }
        }
        put("strings", chart);
    }

    private void threads() {
        final BarChart chart = new BarChart(
                "Threads", "ns of a Kraken span above two clock reads on as many threads; less and equal is better");
        for (String threads : new String[] {"1", "2", "All"}) {
            final Measured floor = figures.find("ScalingBenchmark.clocks" + threads);
            if (floor != null) {
                final BarChart.Group group =
                        new BarChart.Group(floor.threads() == 1 ? "1 thread" : floor.threads() + " threads");
                above(group, KRAKEN, figures.find("ScalingBenchmark.kraken" + threads), floor);
                above(group, OPEN_TELEMETRY, figures.find("ScalingBenchmark.openTelemetry" + threads), floor);
                above(group, BRAVE, figures.find("ScalingBenchmark.brave" + threads), floor);
                chart.add(group);
            }
        }
        put("threads", chart);
    }

    private static void above(BarChart.Group group, int system, Measured figure, Measured floor) {
        if (figure != null) {
            group.bar(
                    system,
                    Svg.SYSTEMS.get(system),
                    figure.score() - floor.score(),
                    Math.hypot(figure.error(), floor.error()),
                    "");
        }
    }

    private void exporting() {
        final BarChart chart = new BarChart("Behind the caller", "ns a span; less is better");
        final BarChart.Group encoding = new BarChart.Group("Into OTLP bytes, one thread");
        bar(encoding, KRAKEN, "Kraken", figures.find("EncodingBenchmark.kraken"));
        bar(encoding, OPEN_TELEMETRY, "OpenTelemetry", figures.find("EncodingBenchmark.openTelemetry"));
        chart.add(encoding);
        final BarChart.Group delivery = new BarChart.Group("From start to acknowledged by a receiver");
        bar(delivery, KRAKEN, "Kraken", figures.find("DeliveryBenchmark.kraken"));
        bar(delivery, OPEN_TELEMETRY, "OpenTelemetry", figures.find("DeliveryBenchmark.openTelemetry"));
        chart.add(delivery);
        final BarChart.Group virtual = new BarChart.Group("A virtual thread with one span in it");
        bar(virtual, FLOOR, "two clock reads", figures.find("VirtualThreadBenchmark.clocks"));
        bar(virtual, KRAKEN, "Kraken", figures.find("VirtualThreadBenchmark.kraken"));
        bar(virtual, OPEN_TELEMETRY, "OpenTelemetry", figures.find("VirtualThreadBenchmark.openTelemetry"));
        chart.add(virtual);
        put("exporting", chart);
    }

    /** At the rate that was asked for: the first of a sweep is a quarter of it, the last twice as much. */
    private void latency(List<PeakResult> peaks, String which, String title) {
        if (peaks.isEmpty()) {
            return;
        }
        final double rate = Page.mainRate(peaks);
        final LineChart chart = new LineChart(
                String.format(java.util.Locale.ROOT, title, rate),
                "by percentile; the floor is the empty loop with two clock reads, before each system",
                List.of(PeakResult.Latency.LABELS));
        final List<String> systems = new ArrayList<>(List.of(PeakResult.FLOOR, "kraken", "opentelemetry"));
        for (PeakResult peak : peaks) {
            if (peak.rate() == rate) {
                final long[] values = which.equals("call")
                        ? peak.call().percentiles()
                        : peak.response().percentiles();
                final double[] points = new double[values.length];
                for (int i = 0; i < points.length; i++) {
                    points[i] = values[i];
                }
                chart.add(systems.indexOf(peak.system()), points);
            }
        }
        pictures.put(which, chart.svg());
    }
}
