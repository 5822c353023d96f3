package io.kraken.tracer.metrics;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.file.Ledger;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

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
        TracerMetric.ALL.forEach(metric -> bind(metric, registry));
    }

    /** The functions refer to this object, so that it stays reachable although the registry holds it weakly. */
    private void bind(TracerMetric metric, MeterRegistry registry) {
        final String name = PREFIX + metric.name();
        final Tags all = metric.label() == null ? tags : tags.and(metric.label(), metric.labelValue());
        switch (metric.kind()) {
            case COUNTER ->
                FunctionCounter.builder(name, this, same -> value(metric))
                        .description(metric.help())
                        .tags(all)
                        .register(registry);
            case GAUGE ->
                Gauge.builder(name, () -> value(metric))
                        .description(metric.help())
                        .tags(all)
                        .register(registry);
            case TIMER ->
                FunctionTimer.builder(
                                name,
                                this,
                                same -> ledger().count(metric.count()),
                                same -> value(metric),
                                TimeUnit.NANOSECONDS)
                        .description(metric.help())
                        .tags(all)
                        .register(registry);
        }
    }

    private double value(TracerMetric metric) {
        return metric.value()
                .apply(new TracerMetric.Reading(ledger(), tracer.file().status()))
                .doubleValue();
    }

    private synchronized Ledger ledger() {
        final long nowNs = clockNs.getAsLong();
        if (ledger == null || nowNs - readNs >= FRESH_NS) {
            ledger = tracer.ledger();
            readNs = nowNs;
        }
        return ledger;
    }
}
