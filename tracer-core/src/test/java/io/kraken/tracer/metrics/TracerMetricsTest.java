package io.kraken.tracer.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CapturingSink;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.BreakerState;
import io.kraken.tracer.file.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TracerMetricsTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Tracer tracer = Tracer.create(
            new TracerConfig()
                    .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                    .with(TracerConfig.SHUTDOWN_HOOK, false)
                    .with(TracerConfig.RECORDS, 128),
            new CapturingSink());
    private long nowNs = 1;

    @AfterEach
    void close() {
        tracer.close();
    }

    private void bind() {
        new TracerMetrics(tracer, Tags.of("tracer", "main"), () -> nowNs).bindTo(registry);
    }

    private double counter(String name, String... tags) {
        return registry.get("kraken.tracer." + name)
                .tags(tags)
                .functionCounter()
                .count();
    }

    private double gauge(String name, String... tags) {
        return registry.get("kraken.tracer." + name).tags(tags).gauge().value();
    }

    @Test
    void bindsTheLedger() {
        bind();
        try (Span span = tracer.start("work", SpanKind.SERVER)) {
            span.status(StatusCode.ERROR, "");
        }
        final Span open = tracer.startDetached(SpanName.of("open"), SpanKind.CLIENT);
        tracer.recording(false);
        tracer.start("unseen", SpanKind.SERVER).end();
        tracer.recording(true);
        assertEquals(3, counter("spans.started", "tracer", "main"));
        assertEquals(2, counter("spans.ended"));
        assertEquals(1, counter("spans.unrecorded"));
        assertEquals(1, counter("spans.published"));
        assertEquals(1, counter("spans.shipped"));
        assertEquals(1, counter("spans.errors"));
        assertEquals(0, counter("spans.queued"));
        assertEquals(0, counter("spans.abandoned"));
        assertEquals(1, gauge("spans.open"));
        assertEquals(0, gauge("spans.buffered"));
        assertEquals(0, counter("spans.dropped", "reason", "records_full"));
        assertEquals(
                0,
                registry.find("kraken.tracer.spans.dropped").functionCounters().stream()
                        .mapToDouble(FunctionCounter::count)
                        .sum(),
                "what was not to be recorded is not lost");
        assertEquals(0, counter("spans.rejected", "reason", "by_backend"));
        assertEquals(0, counter("spans.not.kept", "reason", "unsampled"));
        open.end();
    }

    @Test
    void bindsExporterAndSpanCostAsTimers() {
        bind();
        tracer.file().counters().add(Counter.REQUESTS, 4);
        tracer.file().counters().add(Counter.EXPORT_NANOS, 2_000_000);
        tracer.file().counters().add(Counter.RETRIES, 3);
        tracer.file().counters().add(Counter.EXPORT_ERRORS, 2);
        tracer.file().counters().add(Counter.COST_SPANS, 10);
        tracer.file().counters().add(Counter.COST_NANOS, 1000);
        assertEquals(4, registry.get("kraken.tracer.export").functionTimer().count());
        assertEquals(2, registry.get("kraken.tracer.export").functionTimer().totalTime(TimeUnit.MILLISECONDS), 1e-9);
        assertEquals(
                100, registry.get("kraken.tracer.span.cost").functionTimer().mean(TimeUnit.NANOSECONDS), 1e-9);
        assertEquals(3, counter("export.retries"));
        assertEquals(2, counter("export.errors"));
    }

    @Test
    void bindsSamplingAndBreaker() {
        bind();
        tracer.file().status(0.25, 0.5, BreakerState.HALF_OPEN, 7);
        assertEquals(0.25, gauge("sampling.rate"));
        assertEquals(0.5, gauge("load"));
        assertEquals(1, gauge("recording"));
        assertEquals(1, gauge("breaker.state", "state", "half_open"));
        assertEquals(0, gauge("breaker.state", "state", "closed"));
        assertEquals(7, counter("breaker.openings"));
    }

    @Test
    void readsTheLedgerAtMostOnceASecond() {
        bind();
        assertEquals(0, counter("spans.started"));
        tracer.start("work", SpanKind.SERVER).end();
        nowNs += TimeUnit.SECONDS.toNanos(1) - 1;
        assertEquals(0, counter("spans.started"));
        nowNs++;
        assertEquals(1, counter("spans.started"));
    }

    @Test
    void disabledTracerHasNoMetrics() {
        new TracerMetrics(Tracer.disabled()).bindTo(registry);
        assertTrue(registry.getMeters().isEmpty());
    }

    @Test
    void namesMatchThoseOfTheBridge() {
        new TracerMetrics(tracer).bindTo(registry);
        final Set<String> names = new TreeSet<>();
        for (Meter meter : registry.getMeters()) {
            names.add(NamingConvention.snakeCase.name(
                    meter.getId().getName(), meter.getId().getType()));
        }
        assertEquals(
                "[kraken_tracer_breaker_openings, kraken_tracer_breaker_state, kraken_tracer_clock_jumps,"
                        + " kraken_tracer_export, kraken_tracer_export_bytes, kraken_tracer_export_errors,"
                        + " kraken_tracer_export_retries,"
                        + " kraken_tracer_load, kraken_tracer_recording, kraken_tracer_sampling_rate,"
                        + " kraken_tracer_span_cost, kraken_tracer_spans_abandoned,"
                        + " kraken_tracer_spans_buffered, kraken_tracer_spans_dropped,"
                        + " kraken_tracer_spans_ended, kraken_tracer_spans_errors, kraken_tracer_spans_not_kept,"
                        + " kraken_tracer_spans_open, kraken_tracer_spans_published, kraken_tracer_spans_queued,"
                        + " kraken_tracer_spans_rejected, kraken_tracer_spans_shipped, kraken_tracer_spans_started,"
                        + " kraken_tracer_spans_unrecorded]",
                names.toString());
    }
}
