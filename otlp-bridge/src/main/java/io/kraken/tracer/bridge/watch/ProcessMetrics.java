package io.kraken.tracer.bridge.watch;

import io.kraken.tracer.bridge.settings.SpanFiles;
import io.kraken.tracer.file.BreakerState;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.file.TracerStatus;
import io.kraken.tracer.settings.SettingText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The metrics of this host's live traced processes, read from their span files at each scrape. An unreadable file is
 * counted and skipped. No file stays open. Any thread.
 */
final class ProcessMetrics {

    static final int MOST_PROCESSES = 256;

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
        final Ledger ledger = file.ledger();
        final TracerStatus status = file.status();
        spans(ledger, labels, text);
        exports(ledger, labels, text);
        decisions(status, labels, text);
    }

    private static void spans(Ledger ledger, String[] labels, PrometheusText text) {
        text.counter("kraken_tracer_spans_started_total", "Spans started.").sample(ledger.started(), labels);
        text.counter(
                        "kraken_tracer_spans_ended_total",
                        "Spans ended, or settled (such as dropped) when they were started.")
                .sample(ledger.ended(), labels);
        text.counter("kraken_tracer_spans_unrecorded_total", "Spans of traces that are not recorded.")
                .sample(ledger.unrecorded(), labels);
        text.counter("kraken_tracer_spans_published_total", "Spans handed to the exporter.")
                .sample(ledger.published(), labels);
        text.counter("kraken_tracer_spans_shipped_total", "Spans that the process has shipped to a backend itself.")
                .sample(ledger.count(Counter.SHIPPED), labels);
        text.counter("kraken_tracer_spans_queued_total", "Spans appended to the process's queue.")
                .sample(ledger.count(Counter.QUEUED), labels);
        text.counter("kraken_tracer_spans_errors_total", "Recorded spans that ended with status error.")
                .sample(ledger.count(Counter.ERRORS), labels);
        text.counter("kraken_tracer_spans_abandoned_total", "Spans abandoned because they were open for too long.")
                .sample(ledger.count(Counter.ABANDONED), labels);
        text.gauge("kraken_tracer_spans_open", "Spans started and not yet ended.")
                .sample(ledger.open(), labels);
        text.gauge("kraken_tracer_spans_buffered", "Ended spans waiting for the exporter, or held by it.")
                .sample(ledger.buffered(), labels);
        for (Counter counter : Counter.values()) {
            final String[] withReason = withReason(labels, counter);
            switch (counter.hop()) {
                case DROPPED ->
                    text.counter(
                                    "kraken_tracer_spans_dropped_total",
                                    "Spans dropped before they reached the exporter, by reason.")
                            .sample(ledger.count(counter), withReason);
                case NOT_KEPT ->
                    text.counter(
                                    "kraken_tracer_spans_not_kept_total",
                                    "Spans discarded because their trace is not kept, by reason.")
                            .sample(ledger.count(counter), withReason);
                case REJECTED ->
                    text.counter(
                                    "kraken_tracer_spans_rejected_total",
                                    "Spans discarded by the exporter or refused by the backend, by reason.")
                            .sample(ledger.count(counter), withReason);
                default -> {}
            }
        }
    }

    private static String[] withReason(String[] labels, Counter counter) {
        return with(labels, "reason", counter.label().substring(counter.label().indexOf('.') + 1));
    }

    private static String[] with(String[] labels, String label, String value) {
        final String[] more = Arrays.copyOf(labels, labels.length + 2);
        more[labels.length] = label;
        more[labels.length + 1] = value;
        return more;
    }

    private static void exports(Ledger ledger, String[] labels, PrometheusText text) {
        text.summary("kraken_tracer_export_seconds", "Duration of the exporter's requests.")
                .sums(ledger.count(Counter.EXPORT_NANOS) / NANOS, ledger.count(Counter.REQUESTS), labels);
        text.counter("kraken_tracer_export_errors_total", "Failed requests of the exporter.")
                .sample(ledger.count(Counter.EXPORT_ERRORS), labels);
        text.counter("kraken_tracer_export_retries_total", "Retried requests of the exporter.")
                .sample(ledger.count(Counter.RETRIES), labels);
        text.counter("kraken_tracer_export_bytes_total", "Bytes sent by the exporter.")
                .sample(ledger.count(Counter.BYTES_SENT), labels);
        text.counter("kraken_tracer_clock_jumps_total", "Jumps of the time stamp counter, such as after a suspension.")
                .sample(ledger.count(Counter.CLOCK_JUMPS), labels);
        text.summary(
                        "kraken_tracer_span_cost_seconds",
                        "Time to start and end a span in the tracer, for a sample of spans.")
                .sums(ledger.count(Counter.COST_NANOS) / NANOS, ledger.count(Counter.COST_SPANS), labels);
    }

    private static void decisions(TracerStatus status, String[] labels, PrometheusText text) {
        text.gauge("kraken_tracer_recording", "1: spans are recorded; 0: recording is switched off.")
                .sample(status.recording() ? 1 : 0, labels);
        if (!Double.isNaN(status.samplingRate())) {
            text.gauge("kraken_tracer_sampling_rate", "Share of traces that is sampled where no rule applies.")
                    .sample(status.samplingRate(), labels);
        }
        if (!Double.isNaN(status.load())) {
            text.gauge("kraken_tracer_load", "Load measured by the circuit breaker, 0 to 1.")
                    .sample(status.load(), labels);
        }
        for (BreakerState state : BreakerState.values()) {
            text.gauge("kraken_tracer_breaker_state", "1: the circuit breaker is in this state.")
                    .sample(
                            status.breaker() == state ? 1 : 0,
                            with(labels, "state", state.name().toLowerCase(Locale.ROOT)));
        }
        text.counter("kraken_tracer_breaker_openings_total", "Number of times the circuit breaker has opened.")
                .sample(status.breakerOpened(), labels);
    }
}
