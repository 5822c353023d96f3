package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.Waterfall;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The demo's report: its output and an HTML page. */
final class DemoReport {

    static final List<String> DOWNLOAD = List.of(
            "agent.download_blob",
            "agent.cache_lookup",
            "scheduler.download",
            "storage.create_torrent",
            "announce.request",
            "tracker.announce",
            "peerstore.get_peers",
            "policy.sort_peers",
            "storage.commit",
            "agent.stream_response",
            "agent.download_blob.complete");

    static final List<String> UPLOAD = List.of(
            "proxy.upload",
            "proxy.start_upload",
            "proxy.upload_chunk",
            "proxy.upload_chunk",
            "proxy.upload_chunk",
            "proxy.commit_upload",
            "origin.store_blob",
            "origin.cache_write",
            "backend.upload",
            "build_index.put_tag");

    private static final int WIDTH = 150;
    /** Relative to the project's folder, and to the module's. */
    private static final List<Path> PAGE_FOLDERS = List.of(Path.of("otlp-bridge", "target"), Path.of("target"));

    private static final String PAGE = "kraken-demo.html";

    private final PrintStream out;

    DemoReport(PrintStream out) {
        this.out = out;
    }

    void begin(Demo.Options options, Stage stage) {
        title("A small traced Kraken");
        out.println("java " + Runtime.version() + ", " + Runtime.getRuntime().availableProcessors() + " processors; "
                + options.rate() + " downloads a second for " + options.seconds() + " s, spans to "
                + (options.endpoint().isEmpty() ? "the demo's own receiver" : options.endpoint()));
        stage.describe().forEach(out::println);
        out.println("settings of one of the five tracers:");
        for (String line : stage.cluster().describe()) {
            out.println("  " + line);
        }
        title("Load");
    }

    void load(LoadGenerator load, int rate) {
        out.println(load.summary(rate));
    }

    void traces(Demo.Outcome outcome, String lastTrace) throws IOException {
        title("Traces");
        final Received received = outcome.received();
        if (received == null) {
            out.println("are at the collector; trace id of a download: " + (lastTrace.isEmpty() ? "none" : lastTrace));
            return;
        }
        out.println("spans received, by name:");
        final StringBuilder line = new StringBuilder();
        for (Map.Entry<String, Long> name : received.byName().entrySet()) {
            final String entry = String.format(Locale.ROOT, "  %s %,d", name.getKey(), name.getValue());
            if (line.length() + entry.length() > WIDTH) {
                out.println(line);
                line.setLength(0);
            }
            line.append(entry);
        }
        out.println(line);
        final List<SpanData> shown = new ArrayList<>();
        waterfall("a download", received.typical(DOWNLOAD), shown);
        waterfall("an upload", received.typical(UPLOAD), shown);
        out.println();
        out.println("the same as an HTML page: " + writePage(shown));
    }

    private void waterfall(String what, List<SpanData> trace, List<SpanData> shown) {
        out.println();
        out.println(
                trace.isEmpty() ? "no complete trace of " + what + " arrived" : "trace of " + what + ", as received:");
        out.print(Waterfall.text(trace, WIDTH));
        shown.addAll(trace);
    }

    private static Path writePage(List<SpanData> spans) throws IOException {
        Path page = null;
        for (Path folder : PAGE_FOLDERS) {
            page = page == null && Files.isDirectory(folder)
                    ? folder.resolve(PAGE).toAbsolutePath()
                    : page;
        }
        page = page == null ? Files.createTempFile("kraken-demo", ".html") : page;
        return Files.writeString(page, Waterfall.html(spans, "Kraken: a download and an upload"));
    }

    void cost(Calibration calibration, List<String> inService) {
        title("What a span costs its thread");
        out.printf(
                Locale.ROOT,
                "%.0f ns a span with work inside it (mean %.0f), %.0f ns a span without work (mean %.0f)%n"
                        + "%.2f bytes allocated a span%n"
                        + "  agent.download_blob with its attributes, started and ended on one thread, %,d of each%n"
                        + "  in bursts; median of pieces of 256 spans, minus the same loop without a span;%n"
                        + "  bytes as counted by the JVM for that thread%n",
                calibration.paced().medianNs(),
                calibration.paced().meanNs(),
                calibration.saturated().medianNs(),
                calibration.saturated().meanNs(),
                calibration.bytesPerSpan(),
                calibration.spansMeasured());
        if (calibration.ledger().dropped() > 0) {
            out.printf(
                    Locale.ROOT,
                    "  %,d of them were dropped, so their cost differs from that of recorded spans%n",
                    calibration.ledger().dropped());
        }
        out.println("single spans, including two calls of System.nanoTime:");
        out.print(calibration.spans().chart("  "));
        out.println("  without a span: " + calibration.empty().percentiles() + " ns");
        out.println(
                "agent.cache_lookup and its attribute, timed from outside in the service under load, alternating, ns;");
        out.println("the other spans of the service are recorded by this tracer, so its code is warmer:");
        inService.forEach(line -> out.println("  " + line));
    }

    /** Prints the ledger; the last line is machine-readable. */
    void end(Demo.Outcome outcome, double spansPerSecond) {
        title("Ledger");
        for (Map.Entry<String, Ledger> service : outcome.ledgers().entrySet()) {
            out.printf(Locale.ROOT, "%-20s %s%n", service.getKey(), service.getValue());
        }
        final Totals totals = outcome.totals();
        final Received received = outcome.received();
        out.printf(Locale.ROOT, "%,.0f spans a second during the load%n", spansPerSecond);
        for (Counter counter : Counter.values()) {
            long sum = 0;
            for (Ledger ledger : outcome.ledgers().values()) {
                sum += ledger.count(counter);
            }
            if (sum > 0
                    && (counter.hop() == Counter.Hop.REJECTED || counter.label().startsWith("misuse"))) {
                out.printf(Locale.ROOT, "%s %,d%n", counter.label(), sum);
            }
        }
        outcome.ending().notes().forEach(out::println);
        if (received != null) {
            out.printf(
                    Locale.ROOT,
                    "received %,d spans in %,d requests, %,d bytes; %,d duplicate spans%n",
                    received.spans(),
                    received.requests(),
                    received.bytes(),
                    received.duplicates());
        }
        out.println(outcome.exitCode() == 0 ? "every span has arrived" : "NOT every span has arrived");
        out.println(totals + (received == null ? "" : " received=" + received.spans()));
    }

    private void title(String text) {
        out.println();
        out.println(text);
        out.println("-".repeat(text.length()));
    }
}
