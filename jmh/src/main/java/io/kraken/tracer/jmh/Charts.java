package io.kraken.tracer.jmh;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** The charts of a run, by name. */
final class Charts {

    private static final int FLOOR = 0;
    private static final int KRAKEN = 1;
    private static final int OPEN_TELEMETRY = 2;
    private static final int BRAVE = 3;
    private static final int JFR = 4;
    private static final int DATADOG = 5;

    private static final double NS_PER_MICRO = 1e3;
    /** In the order of {@link ServiceSpans.Side}, as the systems above. */
    private static final String[] SIDE_LABELS = {"no span", "Kraken", "OpenTelemetry"};

    private final Figures figures;
    private final Map<String, String> pictures = new LinkedHashMap<>();

    private Charts(Figures figures) {
        this.figures = figures;
    }

    static Map<String, String> of(Results results) {
        final Charts charts = new Charts(results.figures());
        final List<PeakResult> peaks = results.peaks();
        if (results.service() != null) {
            charts.service(results.service());
        }
        charts.spans("spans", "A span in a loop with work", "ns above the work alone; less is better", Plan.PACED);
        charts.spans("saturated", "Nothing but spans", "ns a span in a loop that only records", Plan.SATURATED);
        charts.shapes();
        charts.strings();
        charts.threads();
        charts.exporting();
        charts.latency(peaks, "call", "What the calls of a span take, at %,.0f spans/s");
        charts.latency(peaks, "response", "The same, counted from when the span was due, at %,.0f spans/s");
        charts.demo(results.demo());
        return charts.pictures;
    }

    private void put(String name, BarChart chart) {
        if (!chart.isEmpty()) {
            pictures.put(name, chart.svg());
        }
    }

    private void put(String name, LineChart chart) {
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

    private void service(ServiceResult service) {
        final List<ServiceResult.Point> points = service.mainPoints();
        if (points.isEmpty()) {
            return;
        }
        final BarChart chart = new BarChart(
                "A span in a real service",
                String.format(
                        Locale.ROOT,
                        "µs of its calls at %,.0f requests a second: the bar is the median; less is better",
                        points.get(0).rate()));
        for (ServiceResult.Point point : points) {
            final BarChart.Group group =
                    new BarChart.Group(capitalized(point.shape().title()));
            for (ServiceSpans.Side side : ServiceSpans.Side.values()) {
                final double p50 = point.call(side, ServiceResult.P50) / NS_PER_MICRO;
                final String note =
                        ", p99 " + BarChart.number(point.call(side, ServiceResult.P99) / NS_PER_MICRO) + " µs";
                group.bar(side.ordinal(), SIDE_LABELS[side.ordinal()], p50, Double.NaN, note);
            }
            chart.add(group);
        }
        put("service", chart);
    }

    private static String capitalized(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
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
            {"full", "Dropped: no record free"},
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

    /** Each system separately, and the floor, which rises where threads share a core. */
    private void threads() {
        final TreeSet<Integer> counts = new TreeSet<>();
        for (Measured figure : figures.all()) {
            if (figure.benchmark().equals("ScalingBenchmark.clocks")) {
                counts.add(figure.threads());
            }
        }
        final boolean net = figures.work(Plan.PACED) != null;
        final LineChart chart = LineChart.threads(
                "Threads",
                "ns of a Kraken span on each thread, "
                        + (net ? "above the work alone on one" : "the work in it included")
                        + "; level and low is better",
                new ArrayList<>(counts));
        final String[] names = {"clocks", "kraken", "openTelemetry", "brave"};
        for (int system = FLOOR; system <= BRAVE; system++) {
            final double[] values = new double[counts.size()];
            int i = 0;
            for (int count : counts) {
                final Measured figure = figures.find("ScalingBenchmark." + names[system], count);
                values[i++] = figure == null ? Double.NaN : net ? figures.net(figure) : figure.score();
            }
            chart.add(system, values);
        }
        put("threads", chart);
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

    /** At the requested rate: the first of a sweep is a quarter of it, the last twice as much. */
    private void latency(List<PeakResult> peaks, String which, String title) {
        if (peaks.isEmpty()) {
            return;
        }
        final double rate = Page.mainRate(peaks);
        final LineChart chart = LineChart.percentiles(
                String.format(Locale.ROOT, title, rate),
                "by percentile; the floor is the empty loop with two clock reads, before each system");
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
        put(which, chart);
    }

    private void demo(DemoResult demo) {
        if (demo == null) {
            return;
        }
        final BarChart chart = new BarChart(
                String.format(Locale.ROOT, "The demo's requests, %,.0f downloads a second", demo.rate()),
                "response time in ms from when a request was due; grey is without a tracer, twice");
        for (int i = 0; i < DemoResult.LABELS.length - 1; i++) {
            final BarChart.Group group = new BarChart.Group(DemoResult.LABELS[i]);
            for (String side : new String[] {DemoResult.UNTRACED, DemoResult.AGAIN, DemoResult.TRACED}) {
                final String note = side.equals(DemoResult.UNTRACED) ? "" : ", " + demo.difference(side, i);
                final int system = side.equals(DemoResult.TRACED) ? KRAKEN : FLOOR;
                group.bar(system, side, demo.percentile(side, i), Double.NaN, note);
            }
            chart.add(group);
        }
        put("demo", chart);
    }
}
