package io.kraken.tracer.metrics;

import io.kraken.tracer.file.BreakerState;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.TracerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A metric of a tracer: {@link #ALL} is the table from which {@link TracerMetrics} makes the meters of this process,
 * and the bridge the metrics of every process of the host. Refers to no library.
 *
 * @param name without the prefix, with dots
 * @param label null without a label
 * @param labelValue of the label; null without one
 * @param value a long, or a double that is NaN if unknown; of a timer the nanoseconds
 * @param count of a timer, the number of observations; else null
 */
public record TracerMetric(
        Kind kind,
        String name,
        String help,
        String label,
        String labelValue,
        Function<Reading, Number> value,
        Counter count) {

    /** What a value means. */
    public enum Kind {
        COUNTER,
        GAUGE,
        TIMER
    }

    /** All that the metrics of a tracer are made from. */
    public record Reading(Ledger ledger, TracerStatus status) {}

    public static final List<TracerMetric> ALL = all();

    private static List<TracerMetric> all() {
        final List<TracerMetric> all = new ArrayList<>();
        spans(all);
        reasons(all);
        exports(all);
        decisions(all);
        return List.copyOf(all);
    }

    private static void spans(List<TracerMetric> all) {
        all.add(counter("spans.started", "Spans started.", of -> of.ledger.started()));
        all.add(counter(
                "spans.ended",
                "Spans ended, or settled (such as dropped) when they were started.",
                of -> of.ledger.ended()));
        all.add(counter("spans.unrecorded", "Spans of traces that are not recorded.", of -> of.ledger.unrecorded()));
        all.add(counter("spans.published", "Spans handed to the exporter.", of -> of.ledger.published()));
        all.add(counter("spans.shipped", "Spans that the process has shipped to a backend itself.", Counter.SHIPPED));
        all.add(counter("spans.queued", "Spans appended to the process's queue.", Counter.QUEUED));
        all.add(counter("spans.errors", "Recorded spans that ended with status error.", Counter.ERRORS));
        all.add(counter("spans.abandoned", "Spans abandoned because they were open for too long.", Counter.ABANDONED));
        all.add(gauge("spans.open", "Spans started and not yet ended.", of -> of.ledger.open()));
        all.add(gauge(
                "spans.buffered", "Ended spans waiting for the exporter, or held by it.", of -> of.ledger.buffered()));
    }

    private static void reasons(List<TracerMetric> all) {
        for (Counter counter : Counter.values()) {
            switch (counter.hop()) {
                case DROPPED ->
                    all.add(reason(
                            "spans.dropped", "Spans dropped before they reached the exporter, by reason.", counter));
                case NOT_KEPT ->
                    all.add(reason(
                            "spans.not.kept", "Spans discarded because their trace is not kept, by reason.", counter));
                case REJECTED ->
                    all.add(reason(
                            "spans.rejected",
                            "Spans discarded by the exporter or refused by the backend, by reason.",
                            counter));
                default -> {}
            }
        }
    }

    private static void exports(List<TracerMetric> all) {
        all.add(timer("export", "Duration of the exporter's requests.", Counter.EXPORT_NANOS, Counter.REQUESTS));
        all.add(counter("export.errors", "Failed requests of the exporter.", Counter.EXPORT_ERRORS));
        all.add(counter("export.retries", "Retried requests of the exporter.", Counter.RETRIES));
        all.add(counter("export.bytes", "Bytes sent by the exporter.", Counter.BYTES_SENT));
        all.add(counter(
                "clock.jumps", "Jumps of the time stamp counter, such as after a suspension.", Counter.CLOCK_JUMPS));
        all.add(timer(
                "span.cost",
                "Time to start and end a span in the tracer, for a sample of spans.",
                Counter.COST_NANOS,
                Counter.COST_SPANS));
    }

    private static void decisions(List<TracerMetric> all) {
        all.add(gauge(
                "recording",
                "1: spans are recorded; 0: recording is switched off.",
                of -> of.status.recording() ? 1L : 0L));
        all.add(gauge(
                "sampling.rate",
                "Share of traces that is sampled where no rule applies.",
                of -> of.status.samplingRate()));
        all.add(gauge("load", "Load measured by the circuit breaker, 0 to 1.", of -> of.status.load()));
        for (BreakerState state : BreakerState.values()) {
            all.add(new TracerMetric(
                    Kind.GAUGE,
                    "breaker.state",
                    "1: the circuit breaker is in this state.",
                    "state",
                    state.name().toLowerCase(Locale.ROOT),
                    of -> of.status.breaker() == state ? 1L : 0L,
                    null));
        }
        all.add(counter(
                "breaker.openings",
                "Number of times the circuit breaker has opened.",
                of -> of.status.breakerOpened()));
    }

    private static TracerMetric counter(String name, String help, Function<Reading, Number> value) {
        return new TracerMetric(Kind.COUNTER, name, help, null, null, value, null);
    }

    private static TracerMetric counter(String name, String help, Counter counter) {
        return counter(name, help, of -> of.ledger.count(counter));
    }

    private static TracerMetric gauge(String name, String help, Function<Reading, Number> value) {
        return new TracerMetric(Kind.GAUGE, name, help, null, null, value, null);
    }

    private static TracerMetric timer(String name, String help, Counter nanos, Counter count) {
        return new TracerMetric(Kind.TIMER, name, help, null, null, of -> of.ledger.count(nanos), count);
    }

    private static TracerMetric reason(String name, String help, Counter counter) {
        final String label = counter.label().substring(counter.label().indexOf('.') + 1);
        return new TracerMetric(Kind.COUNTER, name, help, "reason", label, of -> of.ledger.count(counter), null);
    }
}
