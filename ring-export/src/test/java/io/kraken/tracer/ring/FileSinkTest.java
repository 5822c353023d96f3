package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.otlp.OtlpJsonTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSinkTest extends BatchSinkContract {

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("traces.jsonl");
    }

    @Override
    TracerConfig settings() {
        return Rig.settings().with(ExportSettings.FILE_PATH, file().toString());
    }

    @Override
    TracerConfig stuck() {
        return Rig.settings().with(ExportSettings.FILE_PATH, directory.toString());
    }

    @Override
    BatchSink open(RingExport.Environment environment) {
        return new FileSink(environment);
    }

    @Override
    String where() {
        return file().toString();
    }

    @Test
    void everyLineIsValidTracesData() throws IOException {
        try (Rig rig = new Rig(FileSink::new, settings())) {
            rig.record(300).doWork();
        }
        final List<String> lines = Files.readAllLines(file());
        int spans = 0;
        for (String line : lines) {
            spans += OtlpJsonTest.parse(line)
                    .getResourceSpans(0)
                    .getScopeSpans(0)
                    .getSpansCount();
        }
        assertEquals(600, spans);
        assertEquals(3, lines.size());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    }

    @Test
    void secondTracerAppends() throws IOException {
        for (int i = 0; i < 2; i++) {
            try (Rig rig = new Rig(FileSink::new, settings())) {
                rig.record(1).doWork();
            }
        }
        assertEquals(2, Files.readAllLines(file()).size());
    }

    @Test
    void cutsOffIncompleteLineOfKilledProcess() throws IOException {
        for (int i = 0; i < 2; i++) {
            try (Rig rig = new Rig(FileSink::new, settings())) {
                rig.record(1).doWork();
            }
            Files.writeString(file(), "{\"resourceSpans\":[" + "x".repeat(150_000 * i), StandardOpenOption.APPEND);
        }
        try (Rig rig = new Rig(FileSink::new, settings())) {
            rig.record(1).doWork();
        }
        final List<String> lines = Files.readAllLines(file());
        lines.forEach(OtlpJsonTest::parse);
        assertEquals(3, lines.size());
    }

    @Test
    void rollsLargeFile() throws IOException {
        try (Rig rig = new Rig(FileSink::new, settings().with(ExportSettings.FILE_MEGABYTES, 1))) {
            for (int i = 0; i < 50; i++) {
                try (Span span = rig.tracer.start(Rig.OUTER)) {
                    span.set(Rig.TEXT, "x".repeat(10_000));
                    span.set("more", "y".repeat(3_000));
                }
                for (int more = 0; more < 100; more++) {
                    rig.record(1);
                }
                rig.doWork();
            }
            assertEquals(50 * 201, rig.count(Counter.SHIPPED));
        }
        assertTrue(Files.size(file()) <= 1 << 20);
        assertTrue(Files.size(directory.resolve("traces.jsonl.1")) <= 1 << 20);
        for (String line : Files.readAllLines(directory.resolve("traces.jsonl.1"))) {
            OtlpJsonTest.parse(line);
        }
    }

    @Test
    void spansWaitUntilFileCanBeOpened() throws IOException {
        final Path missing = directory.resolve("later");
        final TracerConfig settings = Rig.settings()
                .with(ExportSettings.FILE_PATH, missing.resolve("t.jsonl").toString());
        try (Rig rig = new Rig(FileSink::new, settings)) {
            rig.record(10).doWork();
            rig.step(10);
            assertEquals(1, rig.count(Counter.EXPORT_ERRORS), "no immediate retry");
            assertEquals(20, rig.ledger().buffered());
            assertTrue(
                    rig.sink().describe().contains("last problem"), rig.sink().describe());
            Files.createDirectory(missing);
            rig.step(1000);
            assertEquals(20, rig.count(Counter.SHIPPED));
        }
    }

    @Test
    void countsFailedWriteAndReopensFile() throws IOException {
        try (Rig rig = new Rig(FileSink::new, settings().with(ExportSettings.FILE_MEGABYTES, 1))) {
            rig.record(1).doWork();
            // A test can only make the rolling fail.
            final Path old = Files.createDirectory(directory.resolve("traces.jsonl.1"));
            Files.createFile(old.resolve("in the way"));
            while (rig.count(Counter.SINK_ERROR) == 0) {
                rig.record(200).doWork();
            }
            assertEquals(1, rig.count(Counter.EXPORT_ERRORS));
            Files.delete(old.resolve("in the way"));
            Files.delete(old);
            final long shipped = rig.count(Counter.SHIPPED);
            rig.record(1).step(1000);
            assertTrue(rig.count(Counter.SHIPPED) >= shipped + 2);
        }
        for (String line : Files.readAllLines(file())) {
            OtlpJsonTest.parse(line);
        }
    }

    @Test
    void closeDoesNotWaitForUnwritableFile() {
        try (Rig rig = new Rig(FileSink::new, stuck())) {
            rig.record(10).doWork();
            final long begun = System.nanoTime();
            final Ledger ledger = rig.closed(Duration.ofSeconds(30));
            assertEquals(20, ledger.count(Counter.SINK_ERROR));
            assertTrue(System.nanoTime() - begun < Duration.ofSeconds(20).toNanos());
        }
    }
}
