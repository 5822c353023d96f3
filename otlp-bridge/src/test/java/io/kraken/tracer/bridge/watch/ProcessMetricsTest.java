package io.kraken.tracer.bridge.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.bridge.DeadSpanFile;
import io.kraken.tracer.bridge.TracedService;
import io.kraken.tracer.bridge.Waiting;
import io.kraken.tracer.bridge.settings.SpanFiles;
import io.kraken.tracer.file.Counter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessMetricsTest {

    @TempDir
    Path folder;

    private String scrape() {
        final PrometheusText text = new PrometheusText();
        new ProcessMetrics(new SpanFiles(folder)).write(text);
        return text.toString();
    }

    private static String labels(TracedService service, String name, String more) {
        return "{file=\"" + service.file().getFileName() + "\",pid=\""
                + ProcessHandle.current().pid() + "\"" + (more.startsWith("reason") ? "," + more : "") + ",service=\""
                + name + "\"" + (more.startsWith("state") ? "," + more : "") + "} ";
    }

    private static String value(String text, String metric, String labels) {
        return text.lines()
                .filter(line -> line.startsWith(metric + labels))
                .map(line -> line.substring((metric + labels).length()))
                .findFirst()
                .orElse("absent");
    }

    @Test
    void exportsTheCountsOfALiveProcess() {
        try (TracedService web = new TracedService("we\"b\nx", folder)) {
            for (int i = 0; i < 5; i++) {
                try (Span span = web.tracer.start("work", SpanKind.SERVER)) {
                    span.status(StatusCode.ERROR, "");
                }
            }
            web.tracer.recording(false);
            web.tracer.start("unseen", SpanKind.SERVER).end();
            web.tracer.recording(true);
            final Span open = web.tracer.startDetached(SpanName.of("open"), SpanKind.CLIENT);
            Waiting.until("all is shipped", () -> web.tracer.ledger().count(Counter.SHIPPED) == 5);
            Waiting.until("and counted", () -> web.tracer.ledger().count(Counter.ERRORS) == 5); // a moment later
            final String text = scrape();
            final String own = labels(web, "we\\\"b?x", "");
            assertEquals("7", value(text, "kraken_tracer_spans_started_total", own), text);
            assertEquals("6", value(text, "kraken_tracer_spans_ended_total", own));
            assertEquals("1", value(text, "kraken_tracer_spans_unrecorded_total", own));
            assertFalse(text.contains("reason=\"unrecorded\""), "unrecorded spans do not count as lost");
            assertEquals("5", value(text, "kraken_tracer_spans_published_total", own));
            assertEquals("5", value(text, "kraken_tracer_spans_shipped_total", own));
            assertEquals("0", value(text, "kraken_tracer_spans_queued_total", own));
            assertEquals("5", value(text, "kraken_tracer_spans_errors_total", own));
            assertEquals("1", value(text, "kraken_tracer_spans_open", own));
            assertEquals("0", value(text, "kraken_tracer_spans_abandoned_total", own));
            assertEquals("0", value(text, "kraken_tracer_clock_jumps_total", own));
            assertEquals("0", value(text, "kraken_tracer_spans_buffered", own));
            assertEquals("1", value(text, "kraken_tracer_recording", own));
            assertEquals("1.0", value(text, "kraken_tracer_sampling_rate", own));
            assertEquals("0", value(text, "kraken_tracer_breaker_openings_total", own));
            assertEquals(
                    "0",
                    value(
                            text,
                            "kraken_tracer_spans_dropped_total",
                            labels(web, "we\\\"b?x", "reason=\"records_full\"")));
            assertEquals(
                    "0",
                    value(
                            text,
                            "kraken_tracer_spans_rejected_total",
                            labels(web, "we\\\"b?x", "reason=\"queue_full\"")));
            assertEquals("1", value(text, "kraken_tracer_breaker_state", labels(web, "we\\\"b?x", "state=\"closed\"")));
            assertEquals(
                    "0", value(text, "kraken_tracer_breaker_state", labels(web, "we\\\"b?x", "state=\"half_open\"")));
            assertFalse(value(text, "kraken_tracer_export_seconds_sum", own).equals("absent"));
            assertFalse(
                    value(text, "kraken_tracer_span_cost_seconds_count", own).equals("absent"));
            assertTrue(text.contains("# TYPE kraken_tracer_spans_started_total counter\n"), text);
            assertTrue(text.contains("# TYPE kraken_tracer_export_seconds summary\n"), text);
            assertTrue(text.contains("kraken_bridge_span_files{state=\"alive\"} 1\n"), text);
            open.end();
        }
        assertTrue(scrape().contains("kraken_bridge_span_files{state=\"alive\"} 0\n"), "it has ended");
    }

    @Test
    void countsUnreadableFilesAndExportsTheOthers() throws IOException {
        Files.writeString(folder.resolve("a.spans"), "no span file");
        Files.createDirectory(folder.resolve("b.spans"));
        try (TracedService web = new TracedService("web", folder);
                TracedService api = new TracedService("api", folder)) {
            DeadSpanFile.copy(web.file(), folder);
            final Path cut = Files.copy(web.file(), folder.resolve("cut.spans"));
            try (FileChannel channel = FileChannel.open(cut, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2);
            }
            final String text = scrape();
            assertEquals("0", value(text, "kraken_tracer_spans_started_total", labels(web, "web", "")));
            assertEquals("0", value(text, "kraken_tracer_spans_started_total", labels(api, "api", "")));
            assertTrue(text.contains("kraken_bridge_span_files{state=\"alive\"} 2\n"), text);
            assertTrue(text.contains("kraken_bridge_span_files{state=\"not_read\"} 1\n"), text);
            assertTrue(text.contains("kraken_bridge_span_files{state=\"unreadable\"} 3\n"), text);
        }
    }

    @Test
    void exportsNoProcessWithoutADirectory() {
        final PrometheusText text = new PrometheusText();
        new ProcessMetrics(new SpanFiles(folder.resolve("absent"))).write(text);
        assertEquals(
                "kraken_bridge_span_files{state=\"alive\"} 0\nkraken_bridge_span_files{state=\"not_read\"} 0\n"
                        + "kraken_bridge_span_files{state=\"unreadable\"} 0\n",
                text.toString().replaceAll("#.*\n", ""));
    }
}
