package io.kraken.tracer.bridge.watch;

import io.kraken.tracer.bridge.settings.SpanFiles;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.metrics.TracerMetric;
import io.kraken.tracer.settings.SettingText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The metrics of this host's live traced processes, read from their span files at each scrape. An unreadable file is
 * counted and skipped. No file stays open. Any thread.
 */
final class ProcessMetrics {

    static final int MOST_PROCESSES = 256;

    private static final String PREFIX = "kraken_tracer_";
    private static final int LONGEST_NAME = 255;
    private static final double NANOS = 1e9;

    private final SpanFiles spanFiles;

    ProcessMetrics(SpanFiles spanFiles) {
        this.spanFiles = spanFiles;
    }

    void write(PrometheusText text) {
        long unreadable = 0;
        List<Path> files = List.of();
        try {
            files = spanFiles.list();
        } catch (IOException e) {
            unreadable++; // the directory; the control publisher logs why
        }
        long alive = 0;
        long others = 0;
        final Set<List<String>> known = new HashSet<>();
        for (Path file : files) {
            try {
                final SpanFileReader reader = alive < MOST_PROCESSES ? SpanFileReader.open(file) : null;
                if (reader == null || reader.isClosed() || !reader.isAlive()) {
                    others++;
                } else if (known.add(List.of(labels(reader)))) {
                    write(reader, text);
                    alive++;
                }
            } catch (IOException | InternalError e) {
                unreadable++;
            }
        }
        text.gauge(
                        "kraken_bridge_span_files",
                        "Span files: exported as metrics (alive), closed or over the limit (not_read), unreadable.")
                .sample(alive, "state", "alive")
                .sample(others, "state", "not_read")
                .sample(unreadable, "state", "unreadable");
    }

    private static String[] labels(SpanFileReader file) {
        final String service = SettingText.clean(file.resource().getOrDefault("service.name", ""));
        final String name = SettingText.clean(file.path().getFileName().toString());
        return new String[] {
            "service", service.substring(0, Math.min(LONGEST_NAME, service.length())),
            "pid", Long.toString(file.pid()),
            "file", name
        };
    }

    /** Reads everything before writing, so that a file truncated in between leaves no partial metrics. */
    private static void write(SpanFileReader file, PrometheusText text) {
        final String[] labels = labels(file);
        final TracerMetric.Reading reading = new TracerMetric.Reading(file.ledger(), file.status());
        for (TracerMetric metric : TracerMetric.ALL) {
            write(metric, reading, labels, text);
        }
    }

    private static void write(TracerMetric metric, TracerMetric.Reading reading, String[] labels, PrometheusText text) {
        final String name = PREFIX + metric.name().replace('.', '_');
        final String[] all = metric.label() == null ? labels : with(labels, metric.label(), metric.labelValue());
        final Number value = metric.value().apply(reading);
        switch (metric.kind()) {
            case COUNTER -> text.counter(name + "_total", metric.help()).sample(value, all);
            case GAUGE -> {
                if (!Double.isNaN(value.doubleValue())) {
                    text.gauge(name, metric.help()).sample(value, all);
                }
            }
            case TIMER ->
                text.summary(name + "_seconds", metric.help())
                        .sums(value.longValue() / NANOS, reading.ledger().count(metric.count()), all);
        }
    }

    private static String[] with(String[] labels, String label, String value) {
        final String[] more = Arrays.copyOf(labels, labels.length + 2);
        more[labels.length] = label;
        more[labels.length + 1] = value;
        return more;
    }
}
