package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.kraken.tracer.SpanKind;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.TracesData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DumpCommandTest {

    private static final Pattern ID = Pattern.compile("(\"(?:traceId|spanId|parentSpanId)\":\")([0-9a-f]*)\"");
    private static final Pattern INDEX = Pattern.compile("document (\\d+) at index ([0-9a-f]+): ");

    @TempDir
    Path folder;

    /** Parses with protobuf's JSON parser, which requires ids in Base64 where OTLP has hexadecimal. */
    static List<Span> spans(String json) throws InvalidProtocolBufferException {
        final List<Span> spans = new ArrayList<>();
        for (String line : json.lines().toList()) {
            final TracesData.Builder data = TracesData.newBuilder();
            JsonFormat.parser()
                    .merge(
                            ID.matcher(line)
                                    .replaceAll(id -> id.group(1)
                                            + Base64.getEncoder()
                                                    .encodeToString(
                                                            HexFormat.of().parseHex(id.group(2)))
                                            + '"'),
                            data);
            for (ResourceSpans ofProcess : data.getResourceSpansList()) {
                ofProcess.getScopeSpansList().forEach(scope -> spans.addAll(scope.getSpansList()));
            }
        }
        return spans;
    }

    @Test
    void printsEveryDocumentAndSpanOfAQueueAsText() {
        RecordingService.start("dumped", folder).work(200).close();
        final CommandLine all = CommandLine.run("dump", RecordingService.queues(folder))
                .assertExit(0)
                .assertNoComplaint();
        all.assertSays(": dumped on ").assertSays("document 1 at index ");
        for (int i = 0; i < 200; i++) {
            all.assertSays("  cli.number=" + i + "  cli.text=text " + i + "\n");
        }
        final Matcher index = INDEX.matcher(all.out());
        assertTrue(index.find() && index.find(), "at least two documents");
        final Path queue = path(all.out());
        final CommandLine rest =
                CommandLine.run("dump", "--from=" + index.group(2), queue).assertExit(0);
        assertEquals(
                all.out().substring(all.out().indexOf("document 2 ")),
                rest.out().substring(rest.out().indexOf("document ")));
        CommandLine.run("dump", "--from=7", queue).assertExit(1).assertComplains("no document at index 7");
    }

    private static Path path(String out) {
        return Path.of(out.substring("queue ".length(), out.indexOf(": ")));
    }

    @Test
    void printsAQueueAsJsonThatProtobufParses() throws IOException {
        RecordingService.start("dumped", folder).work(100).close();
        final CommandLine json = CommandLine.run("dump", "--format=json", RecordingService.queues(folder));
        json.assertExit(0).assertNoComplaint();
        final List<Span> spans = spans(json.out());
        assertEquals(100, spans.size());
        for (Span span : spans) {
            assertEquals("cli.work", span.getName());
            assertEquals(Span.SpanKind.SPAN_KIND_SERVER, span.getKind());
            assertTrue(span.getAttributes(1).getValue().getStringValue().startsWith("text "));
        }
        assertEquals(100, spans.stream().map(Span::getSpanId).distinct().count());
    }

    @Test
    void printsOpenSpansOfALiveSpanFile() throws IOException {
        try (RecordingService service = RecordingService.start("live", folder)) {
            final io.kraken.tracer.Span open = service.tracer.startDetached("is \u001b[1mopen", SpanKind.CLIENT, null);
            open.set(RecordingService.TEXT, "x".repeat(3000)).event("happened").set(RecordingService.NUMBER, 7);
            final CommandLine text =
                    CommandLine.run("dump", service.tracer.file().path()).assertExit(0);
            text.assertNoComplaint()
                    .assertSays(": live, process " + ProcessHandle.current().pid() + ", alive");
            text.assertSays("is ?[1mopen CLIENT\n")
                    .assertSays("  kraken.open=true")
                    .assertSays("happened  cli.number=7");
            text.assertSays("ledger started=1 ended=0 ");
            final CommandLine json = CommandLine.run(
                    "dump", "--format=json", service.tracer.file().path());
            assertEquals("is \u001b[1mopen", spans(json.out()).get(0).getName());
            open.end();
        }
    }

    @Test
    void printsInterruptedSpansOfADeadProcess() throws IOException, InterruptedException {
        final String traceId = KilledServiceMain.run(folder);
        final Path file = DataPaths.spanFilesIn(RecordingService.files(folder)).get(0);
        final CommandLine text = CommandLine.run("dump", file).assertExit(0).assertNoComplaint();
        text.assertSays(", gone, started ").assertSays("killed.outer SERVER ERROR\n    " + traceId + "-");
        text.assertSays("  cli.text=half done  kraken.interrupted=true\n");
    }
}
