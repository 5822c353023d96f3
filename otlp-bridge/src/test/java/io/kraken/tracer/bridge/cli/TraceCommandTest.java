package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.bridge.BridgeRig;
import io.kraken.tracer.bridge.inspect.QueueReading;
import io.kraken.tracer.bridge.inspect.TraceReading;
import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.ring.queue.BatchReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceCommandTest {

    @TempDir
    Path folder;

    @BeforeEach
    void makeTheDirectories() throws IOException {
        Files.createDirectories(RecordingService.files(folder));
    }

    private CommandLine trace(Object... more) {
        final Object[] arguments = new Object[more.length + 3];
        arguments[0] = "trace";
        arguments[1] = "--queues=" + RecordingService.queues(folder);
        arguments[2] = "--files=" + RecordingService.files(folder);
        System.arraycopy(more, 0, arguments, 3, more.length);
        return CommandLine.run(arguments);
    }

    /** The waterfall reduced to names, services and kinds, without bars and times. */
    private static String picture(String waterfall) {
        return waterfall
                .lines()
                .skip(1)
                .map(line -> line.replaceAll(" *\\|[ =!]{10,}\\|.*?  +([a-z]+ [A-Z])", " $1")
                        .stripTrailing())
                .reduce("", (all, line) -> all + line + "\n");
    }

    private static String callThrough(RecordingService front, RecordingService back) {
        try (Span request = front.tracer.start("front.request", SpanKind.SERVER)) {
            final RemoteContext sent = new RemoteContext().copy(request);
            try (Span work = back.tracer.start("back.work", SpanKind.SERVER, sent)) {
                back.tracer.start("back.disk", SpanKind.INTERNAL).end();
                work.error("no");
            }
            return request.traceId();
        }
    }

    @Test
    void showsTheSpansOfTwoServicesAsOneTrace() throws IOException {
        final String traceId;
        try (RecordingService front = RecordingService.start("front", folder).work(20);
                RecordingService back = RecordingService.start("back", folder).work(20)) {
            traceId = callThrough(front, back);
            front.settle();
            back.settle();
        }
        final CommandLine whole = trace(traceId).assertExit(0).assertNoComplaint();
        assertEquals("""
                front.request front SERVER
                `- back.work back SERVER ERROR: no
                   `- back.disk back INTERNAL
                """, picture(whole.out()));
        assertEquals(whole, trace(traceId.substring(0, 9).toUpperCase(Locale.ROOT)));
        assertEquals(
                3, DumpCommandTest.spans(trace("--format=json", traceId).out()).size());
        trace("--format=html", traceId)
                .assertExit(0)
                .assertSays("<!DOCTYPE html>")
                .assertSays("back.work");
    }

    @Test
    void showsAnOpenSpanOnce() {
        try (RecordingService service = RecordingService.start("live", folder)) {
            final Span outer = service.tracer.start("outer", SpanKind.SERVER);
            service.tracer.start("inner", SpanKind.CLIENT).end();
            service.settle();
            final CommandLine now = trace(outer.traceId()).assertExit(0).assertNoComplaint();
            assertEquals("""
                    outer live SERVER kraken.open=true
                    `- inner live CLIENT
                    """, picture(now.out()));
            outer.end();
            service.settle();
            assertEquals("""
                    outer live SERVER
                    `- inner live CLIENT
                    """, picture(trace(outer.traceId()).out()));
        }
    }

    @Test
    void showsSpansOfADeadProcess() throws IOException, InterruptedException {
        final String traceId = KilledServiceMain.run(folder);
        assertEquals("""
                killed.outer killed SERVER ERROR cli.text=half done kraken.interrup..
                `- killed.inner killed CLIENT ERROR kraken.interrupted=true
                """, picture(trace(traceId).assertExit(0).out()));
    }

    @Test
    void reportsAnUnknownTraceId() {
        RecordingService.start("some", folder).work(5).close();
        trace("00000000000000000000000000000001")
                .assertExit(1)
                .assertComplains("no span of trace 0000")
                .assertComplains("in 1 queues");
    }

    @Test
    void showsTheSameWithAndWithoutAnIndex() throws IOException {
        final BridgeRig.Setup setup = new BridgeRig.Setup();
        setup.windowNs = Long.MAX_VALUE;
        final Path root = RecordingService.queues(folder);
        try (RecordingService service = RecordingService.start("some", folder).work(200)) {
            final String early = recordTrace(service, "early");
            service.work(200);
            final CommandLine alone = trace(early).assertExit(0).assertNoComplaint();
            try (BridgeRig rig = new BridgeRig(root, setup)) {
                rig.untilIdle();
                assertEquals(alone, trace(early), "while the bridge writes");
                final String late = recordTrace(service, "late");
                assertEquals(
                        "late some SERVER\n",
                        picture(trace(late).assertExit(0).assertNoComplaint().out()),
                        "not indexed yet");
            }
            assertEquals(alone, trace(early), "with an index");
            final Path queue = DataPaths.queues(root).get(0);
            assertTrue(documentsRead(root, queue, early) < documentsRead(root.resolve("none"), queue, early));
            final List<Path> indexes = indexes(root);
            assertFalse(indexes.isEmpty());
            for (Path index : indexes) {
                final byte[] bytes = Files.readAllBytes(index);
                for (int at = 0; at < bytes.length; at += 16) {
                    bytes[at] ^= 0x55;
                }
                Files.write(index, bytes);
            }
            assertEquals(alone, trace(early), "with a damaged index");
            for (Path index : indexes) {
                Files.delete(index);
            }
            assertEquals(alone, trace(early), "with decisions only");
        }
    }

    private static String recordTrace(RecordingService service, String name) {
        final Span span = service.tracer.start(name, SpanKind.SERVER);
        span.end();
        service.settle();
        return span.traceId();
    }

    private static List<Path> indexes(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root.resolve(".bridge/log"))) {
            return files.filter(file -> file.toString().endsWith(".index")).toList();
        }
    }

    private static int documentsRead(Path root, Path queue, String traceId) throws IOException {
        final int[] count = new int[1];
        final long high = Long.parseUnsignedLong(traceId.substring(0, 16), 16);
        final long low = Long.parseUnsignedLong(traceId.substring(16), 16);
        new TraceReading(HostLog.reader(root.resolve(".bridge")), new QueueReading())
                .read(queue, high, low, new QueueReading.Visitor() {
                    @Override
                    public void document(long index, BatchReader document) {
                        count[0]++;
                    }

                    @Override
                    public void damage(String what) {
                        throw new AssertionError(what);
                    }
                });
        return count[0];
    }

    @Test
    void selectsByPrefix() throws UsageException {
        final long high = 0x0123_4567_89ab_cdefL;
        final long low = 0xfedc_ba98_7654_3210L;
        assertTrue(TracePrefix.of("01234567").include(high, low));
        assertTrue(TracePrefix.of("0123456789abcdef").include(high, low));
        assertTrue(TracePrefix.of("0123456789abcdeffed").include(high, low));
        assertTrue(TracePrefix.of("0123456789abcdeffedcba9876543210").include(high, low));
        assertEquals(false, TracePrefix.of("0123456789abcdeffee").include(high, low));
        assertEquals(false, TracePrefix.of("01234568").include(high, low));
        assertEquals(false, TracePrefix.of("0123456789abcdeffedcba9876543211").include(high, low));
    }
}
