package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.SpanKind;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatCommandTest {

    @TempDir
    Path folder;

    private static List<String> words(String line) {
        return List.of(line.strip().split(" +"));
    }

    private static String lineWith(String text, CommandLine said) {
        return said.out()
                .lines()
                .filter(line -> line.contains(text))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void showsALineForEachProcessAndATotal() throws IOException, InterruptedException {
        KilledServiceMain.run(folder);
        try (RecordingService service =
                RecordingService.start("al\u001bive", folder).work(7)) {
            service.tracer.recording(false);
            service.tracer.start(RecordingService.WORK).end();
            service.tracer.recording(true);
            final io.kraken.tracer.Span open = service.tracer.startDetached(RecordingService.WORK, SpanKind.CLIENT);
            final CommandLine said = CommandLine.run("stat", "--once", "--files=" + RecordingService.files(folder));
            said.assertExit(0).assertNoComplaint().assertSays("unrecorded 1\n");
            final String pid = Long.toString(ProcessHandle.current().pid());
            assertEquals(
                    List.of(pid, "al?ive", "alive", "9", "-", "-", "1", "0", "7", "-", "0", "0", "0%"),
                    words(lineWith("al?ive", said)));
            final List<String> dead = words(lineWith("killed", said));
            assertEquals(List.of("gone", "12", "-", "-", "2", "0"), dead.subList(2, 8));
            assertEquals(
                    List.of("total", "2", "processes", "21"),
                    words(lineWith("total", said)).subList(0, 4));
            open.end();
        }
    }

    @Test
    void showsRatesFromTheSecondUpdateOn() {
        try (RecordingService service = RecordingService.start("rated", folder).work(3)) {
            final CommandLine said =
                    CommandLine.run("stat", "--count=2", "--interval=1ms", "--files=" + RecordingService.files(folder));
            said.assertExit(0);
            final List<String> lines =
                    said.out().lines().filter(line -> line.contains("rated")).toList();
            assertEquals("-", words(lines.get(0)).get(4));
            assertEquals("0", words(lines.get(1)).get(4));
            assertTrue(service.tracer.isEnabled());
        }
    }

    @Test
    void showsMeasuredCosts() {
        try (RecordingService service = RecordingService.start("costly", folder)) {
            assertFalse(CommandLine.run("stat", "--once", "--files=" + RecordingService.files(folder))
                    .out()
                    .contains(" ns"));
            final Counters counters = service.tracer.file().counters();
            counters.add(Counter.COST_SPANS, 2);
            counters.add(Counter.COST_NANOS, 301);
            counters.add(Counter.REQUESTS, 4);
            counters.add(Counter.EXPORT_NANOS, 10_000_000);
            counters.add(Counter.EXPORT_ERRORS, 1);
            CommandLine.run("stat", "--once", "--files=" + RecordingService.files(folder))
                    .assertSays("          start and end of a span 150 ns, an export 2.5 ms, export.errors 1\n");
        }
    }

    @Test
    void namesAnInvalidFile() throws IOException {
        try (RecordingService service = RecordingService.start("other", folder)) {
            Files.writeString(RecordingService.files(folder).resolve("text.spans"), "no span file");
            CommandLine.run("stat", "--once", "--files=" + RecordingService.files(folder))
                    .assertExit(0)
                    .assertSays("text.spans is not a span file, or its header is not written yet")
                    .assertSays(" other ");
            assertTrue(service.tracer.isEnabled());
        }
        Files.delete(RecordingService.files(folder).resolve("text.spans"));
        CommandLine.run("stat", "--once", "--files=" + RecordingService.files(folder))
                .assertExit(1)
                .assertSays("no span files\n");
    }
}
