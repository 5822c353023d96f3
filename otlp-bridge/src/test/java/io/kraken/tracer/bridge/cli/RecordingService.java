package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A small service with a queue and a span file of its own. */
final class RecordingService implements AutoCloseable {

    static final SpanName WORK = SpanName.of("cli.work");
    static final Key.LongKey NUMBER = Key.ofLong("cli.number");
    static final Key.StringKey TEXT = Key.ofString("cli.text");

    private static final long PATIENCE_NS = Duration.ofSeconds(60).toNanos();

    final Tracer tracer;

    private RecordingService(Tracer tracer) {
        this.tracer = tracer;
        assertTrue(tracer.isEnabled(), tracer::describe);
    }

    static RecordingService start(String name, Path folder) {
        return start(name, folder, ExportSettings.QUEUE);
    }

    static RecordingService start(String name, Path folder, String sink) {
        return new RecordingService(Tracer.create(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName(name)
                .with(ExportSettings.SINK, sink)
                .with(ExportSettings.QUEUE_DIR, queues(folder).toString())
                .with(ExportSettings.QUEUE_RESERVE_MEGABYTES, 0)
                .with(ExportSettings.FILE_PATH, folder.resolve("traces.jsonl").toString())
                .with(TracerConfig.FILE, files(folder).toString())
                .with(TracerConfig.RECORDS, 1024)
                .with(TracerConfig.SHUTDOWN_HOOK, false)));
    }

    static Path queues(Path folder) {
        return folder.resolve("queues");
    }

    static Path files(Path folder) {
        return folder.resolve("files");
    }

    /** Records spans, several per document, and waits until all are in the queue. */
    RecordingService work(int spans) {
        for (int i = 0; i < spans; i++) {
            try (Span span = tracer.start(WORK, SpanKind.SERVER)) {
                span.set(NUMBER, i).set(TEXT, "text " + i);
            }
            if (i % 64 == 63) {
                settle();
            }
        }
        return settle();
    }

    RecordingService settle() {
        final long deadline = System.nanoTime() + PATIENCE_NS;
        while (tracer.ledger().buffered() > 0) {
            assertTrue(System.nanoTime() - deadline < 0, "timeout, waiting for the queue");
            LockSupport.parkNanos(100_000);
        }
        return this;
    }

    @Override
    public void close() {
        assertEquals(0, tracer.close(Duration.ofSeconds(30)).lost());
    }
}
