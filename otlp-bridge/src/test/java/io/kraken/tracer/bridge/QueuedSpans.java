package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.ExportSettings;
import java.nio.file.Path;

/** A service in this process whose spans are in a queue; its process counts as dead once it is closed. */
public final class QueuedSpans implements AutoCloseable {

    static final String NUMBER_KEY = "number";
    static final LongKey NUMBER = Key.ofLong(NUMBER_KEY);

    private static final SpanName WORK = SpanName.of("work");

    final Tracer tracer;
    private long next;

    public QueuedSpans(Path root, String service) {
        tracer = Tracer.create(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName(service)
                .with(ExportSettings.SINK, ExportSettings.QUEUE)
                .with(ExportSettings.QUEUE_DIR, root.toString())
                .with(ExportSettings.QUEUE_RESERVE_MEGABYTES, 0)
                .with(TracerConfig.RECORDS, 128 * 1024)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE));
    }

    /** Records sampled spans, with consecutive numbers over all calls. */
    public QueuedSpans sampled(int count) {
        for (int i = 0; i < count; i++) {
            try (Span span = tracer.start(WORK)) {
                span.set(NUMBER, next++);
            }
        }
        return this;
    }

    /** Records a span of a trace that was not sampled at its root. */
    Span unsampled(long traceId) {
        return tracer.start(WORK, SpanKind.SERVER, new RemoteContext().set(7, traceId, 1, 0))
                .set(NUMBER, next++);
    }

    /** Waits until all ended spans are in the queue. */
    public QueuedSpans settle() {
        while (tracer.ledger().count(Counter.QUEUED) < tracer.ledger().ended()) {
            assertEquals(0, tracer.ledger().dropped());
            Thread.yield();
        }
        return this;
    }

    @Override
    public void close() {
        tracer.close();
        assertEquals(tracer.ledger().started(), tracer.ledger().count(Counter.QUEUED));
    }
}
