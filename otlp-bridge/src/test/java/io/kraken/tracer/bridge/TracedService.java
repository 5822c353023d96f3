package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;
import java.nio.file.Path;
import java.time.Duration;

/** A service in this JVM with a span file, whose spans are discarded. */
public final class TracedService implements AutoCloseable {

    public final Tracer tracer;

    public TracedService(String name, Path files) {
        tracer = Tracer.create(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName(name)
                .with(ExportSettings.SINK, ExportSettings.DISCARD)
                .with(TracerConfig.FILE, files.toString())
                .with(TracerConfig.RECORDS, 1024)
                .with(TracerConfig.SHUTDOWN_HOOK, false));
        assertTrue(tracer.isEnabled(), tracer::describe);
    }

    public Path file() {
        return tracer.file().path();
    }

    /** Whether a trace that starts with this operation now is sampled. */
    public boolean samples(String operation) {
        try (Span span = tracer.start(operation, SpanKind.SERVER)) {
            return span.isSampled();
        }
    }

    @Override
    public void close() {
        tracer.close(Duration.ofSeconds(30));
    }
}
