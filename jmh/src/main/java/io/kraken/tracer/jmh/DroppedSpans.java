package io.kraken.tracer.jmh;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;

/** A metric reader that gets the number of spans dropped by the batch processor because its queue was full. */
final class DroppedSpans implements MetricReader {

    private static final String PROCESSED = "processedSpans";
    private static final AttributeKey<Boolean> DROPPED = AttributeKey.booleanKey("dropped");

    private CollectionRegistration metrics = CollectionRegistration.noop();
    private final SdkMeterProvider meters =
            SdkMeterProvider.builder().registerMetricReader(this).build();

    SdkMeterProvider meters() {
        return meters;
    }

    long count() {
        long count = 0;
        for (MetricData metric : metrics.collectAllMetrics()) {
            if (metric.getName().equals(PROCESSED)) {
                for (LongPointData point : metric.getLongSumData().getPoints()) {
                    count += Boolean.TRUE.equals(point.getAttributes().get(DROPPED)) ? point.getValue() : 0;
                }
            }
        }
        return count;
    }

    @Override
    public void register(CollectionRegistration registration) {
        metrics = registration;
    }

    @Override
    public CompletableResultCode forceFlush() {
        return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
        return CompletableResultCode.ofSuccess();
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
        return AggregationTemporality.CUMULATIVE;
    }
}
