package io.kraken.tracer.metrics;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.file.BreakerState;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.TracerStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * The metrics of one tracer for Micrometer: <code>new TracerMetrics(tracer).bindTo(registry)</code>. They have the same
 * names as those that the bridge serves for a process. Values are read from memory on access, at most once a second,
 * since that walks all records. A tracer that does nothing has no metrics. Thread-safe; the registry keeps the tracer
 * reachable.
 */
public final class TracerMetrics implements MeterBinder {

    private static final String PREFIX = "kraken.tracer.";
    private static final long FRESH_NS = TimeUnit.SECONDS.toNanos(1);

    private final Tracer tracer;
    private final Tags tags;
    private final LongSupplier clockNs;

    private Ledger ledger;
    private long readNs;

    public TracerMetrics(Tracer tracer) {
        this(tracer, Tags.empty());
    }

    /** @param tags of every meter, to distinguish several tracers of a process */
    public TracerMetrics(Tracer tracer, Iterable<Tag> tags) {
        this(tracer, tags, System::nanoTime);
    }

    TracerMetrics(Tracer tracer, Iterable<Tag> tags, LongSupplier clockNs) {
        this.tracer = tracer;
        this.tags = Tags.of(tags);
        this.clockNs = clockNs;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        if (!tracer.isEnabled()) {
            return;
        }
        spans(registry);
        reasons(registry);
        exports(registry);
        decisions(registry);
    }

    private synchronized Ledger ledger() {
        final long nowNs = clockNs.getAsLong();
        if (ledger == null || nowNs - readNs >= FRESH_NS) {
            ledger = tracer.ledger();
            readNs = nowNs;
        }
        return ledger;
    }

    private long count(Counter counter) {
        return ledger().count(counter);
    }

    private void spans(MeterRegistry registry) {
        counter(registry, "spans.started", "Spans begun.", tags, Ledger::started);
        counter(
                registry,
                "spans.ended",
                "Spans ended, including those counted when they started (dropped, unrecorded).",
                tags,
                Ledger::ended);
        counter(registry, "spans.unrecorded", "Spans of traces that are not recorded.", tags, Ledger::unrecorded);
        counter(registry, "spans.published", "Spans handed to the exporter.", tags, Ledger::published);
        counter(registry, "spans.shipped", "Spans accepted by a backend.", Counter.SHIPPED);
        counter(registry, "spans.queued", "Spans appended to the process's queue.", Counter.QUEUED);
        counter(registry, "spans.errors", "Recorded spans that ended with the status error.", Counter.ERRORS);
        gauge(registry, "spans.open", "Spans begun and not ended.", tags, () -> ledger().open());
        gauge(
                registry,
                "spans.buffered",
                "Spans waiting for the exporter or held by it.",
                tags,
                () -> ledger().buffered());
    }

    private void reasons(MeterRegistry registry) {
        for (Counter counter : Counter.values()) {
            final String label = counter.label();
            final Tags withReason = tags.and("reason", label.substring(label.indexOf('.') + 1));
            final ToLongFunction<Ledger> count = of -> of.count(counter);
            switch (counter.hop()) {
                case DROPPED ->
                    counter(
                            registry,
                            "spans.dropped",
                            "Spans dropped before the exporter, by reason.",
                            withReason,
                            count);
                case NOT_KEPT ->
                    counter(
                            registry,
                            "spans.not.kept",
                            "Unsampled spans discarded by the exporter, by reason.",
                            withReason,
                            count);
                case REJECTED ->
                    counter(
                            registry,
                            "spans.rejected",
                            "Spans the exporter gave up on or a backend refused, by reason.",
                            withReason,
                            count);
                default -> {}
            }
        }
    }

    private void exports(MeterRegistry registry) {
        timer(registry, "export", "Export requests.", Counter.REQUESTS, Counter.EXPORT_NANOS);
        counter(registry, "export.errors", "Export requests that failed.", Counter.EXPORT_ERRORS);
        counter(registry, "export.retries", "Export requests that were retried.", Counter.RETRIES);
        counter(registry, "export.bytes", "Bytes sent by the exporter.", Counter.BYTES_SENT);
        counter(registry, "clock.jumps", "Jumps of the counter behind span timestamps.", Counter.CLOCK_JUMPS);
        timer(
                registry,
                "span.cost",
                "Time spent in starting and ending spans, of the spans measured.",
                Counter.COST_SPANS,
                Counter.COST_NANOS);
    }

    private void decisions(MeterRegistry registry) {
        gauge(registry, "recording", "1 when spans are recorded, else 0.", tags, () -> status().recording() ? 1 : 0);
        gauge(
                registry,
                "sampling.rate",
                "Share of traces sampled where no rule applies.",
                tags,
                () -> status().samplingRate());
        gauge(registry, "load", "Smoothed load seen by the circuit breaker, 0 to 1.", tags, () -> status().load());
        for (BreakerState state : BreakerState.values()) {
            final Tags withState = tags.and("state", state.name().toLowerCase(Locale.ROOT));
            gauge(
                    registry,
                    "breaker.state",
                    "1 when the circuit breaker is in this state, else 0.",
                    withState,
                    () -> status().breaker() == state ? 1 : 0);
        }
        FunctionCounter.builder(PREFIX + "breaker.openings", tracer, of -> status().breakerOpened())
                .description("Times the circuit breaker has opened.")
                .tags(tags)
                .register(registry);
    }

    private TracerStatus status() {
        return tracer.file().status();
    }

    private void counter(MeterRegistry registry, String name, String help, Counter counter) {
        counter(registry, name, help, tags, of -> of.count(counter));
    }

    /** The function refers to this object, so that it stays reachable although the registry holds it weakly. */
    private void counter(MeterRegistry registry, String name, String help, Tags of, ToLongFunction<Ledger> value) {
        final ToDoubleFunction<TracerMetrics> now = metrics -> value.applyAsLong(ledger());
        FunctionCounter.builder(PREFIX + name, this, now)
                .description(help)
                .tags(of)
                .register(registry);
    }

    private void gauge(MeterRegistry registry, String name, String help, Tags of, Supplier<Number> value) {
        Gauge.builder(PREFIX + name, value).description(help).tags(of).register(registry);
    }

    private void timer(MeterRegistry registry, String name, String help, Counter spans, Counter nanos) {
        FunctionTimer.builder(PREFIX + name, this, of -> count(spans), of -> count(nanos), TimeUnit.NANOSECONDS)
                .description(help)
                .tags(tags)
                .register(registry);
    }
}
