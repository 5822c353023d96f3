package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.view.FileSpans;
import io.kraken.tracer.ring.view.SpanData;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads a span file while two threads write to it continuously. */
class LiveSpanFileTest {

    private static final int SPANS = 150_000;
    private static final int OUTGROWS_EVERY = 8;
    private static final String LONG_TEXT = "x".repeat(600);

    @TempDir
    Path folder;

    /** Set for the writers, which continue until some of their spans were read. */
    private volatile long spans;

    /** Records spans whose content derives from their number. */
    private void work(RecordingService service) {
        for (int i = 0; i < SPANS || spans == 0 && i < 100 * SPANS; i++) {
            final Span span = service.tracer.start(RecordingService.WORK, SpanKind.SERVER);
            span.set(RecordingService.NUMBER, i);
            if (i % OUTGROWS_EVERY == 0) {
                span.set(RecordingService.TEXT, LONG_TEXT);
            }
            span.set("again", i);
            span.end();
        }
    }

    @Test
    void readsOnlyCompleteSpans() throws IOException, InterruptedException {
        try (RecordingService service = RecordingService.start("busy", folder, ExportSettings.DISCARD)) {
            final Thread[] threads = {new Thread(() -> work(service)), new Thread(() -> work(service))};
            for (Thread thread : threads) {
                thread.start();
            }
            final SpanFileReader reader =
                    SpanFileReader.open(service.tracer.file().path());
            while (threads[0].isAlive() || threads[1].isAlive()) {
                assertEquals(
                        0,
                        FileSpans.read(reader, FileSpans.Traces.ALL, this::look).malformed());
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(0, reader.ledger().lostBeforeExport());
            assertTrue(reader.ledger().ended() >= 2 * SPANS);
            assertEquals(reader.ledger().started(), reader.ledger().ended());
        }
        assertTrue(spans > 0, "some spans were read");
    }

    private void look(SpanData span) {
        spans++;
        assertTrue(span.startNs() <= span.endNs());
        assertEquals("cli.work", span.name());
        assertEquals("busy", span.serviceName());
        final Object again = span.attributes().get("again");
        if (again != null) {
            assertEquals(span.attributes().get("cli.number"), again);
        }
        if (span.droppedAttributes() > 0) {
            return; // no record for its attributes was free, which the span indicates
        }
        if (again != null) {
            assertEquals((Long) again % OUTGROWS_EVERY == 0, span.attributes().containsKey("cli.text"));
        }
        assertTrue(again != null || span.attributes().containsKey(FileSpans.OPEN), "ended spans are complete");
    }
}
