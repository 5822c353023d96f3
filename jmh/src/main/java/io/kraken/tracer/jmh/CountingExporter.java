package io.kraken.tracer.jmh;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.LongAdder;

/** An exporter that counts what its delegate has delivered, batch by batch. */
final class CountingExporter implements SpanExporter {

    private final SpanExporter destination;
    private final LongAdder delivered = new LongAdder();
    private final LongAdder failed = new LongAdder();

    CountingExporter(SpanExporter destination) {
        this.destination = destination;
    }

    long delivered() {
        return delivered.sum();
    }

    long failed() {
        return failed.sum();
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        final int count = spans.size();
        final CompletableResultCode result = destination.export(spans);
        return result.whenComplete(() -> (result.isSuccess() ? delivered : failed).add(count));
    }

    @Override
    public CompletableResultCode flush() {
        return destination.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return destination.shutdown();
    }
}
