package io.kraken.tracer.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CapturingSink;
import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A reader written from the two pages, {@link SpanFileLayout} and {@link RecordLayout}, with the numbers that stand
 * there: what another process, in whatever language, makes of a live tracer's file.
 */
class SpanFileReaderTest {

    private static final SpanName DOWNLOAD = SpanName.of("agent.download_blob");
    private static final SpanName RETRY = SpanName.of("agent.retry");
    private static final Key.StringKey DIGEST = Key.ofString("reader.digest");
    private static final Key.LongKey SIZE = Key.ofLong("reader.size");

    @TempDir
    Path directory;

    private final CapturingSink sink = new CapturingSink();
    private Tracer tracer;
    private Reader reader;
    private long before;

    @BeforeEach
    void startATracerAndOpenItsFile() throws IOException {
        before = System.currentTimeMillis();
        final TracerConfig config = new TracerConfig()
                .serviceName("reader's friend")
                .with(
                        TracerConfig.RESOURCE_ATTRIBUTES,
                        "region=köln,evil=a%00service.name%00b,long=" + "x".repeat(4_000) + ",empty=")
                .with(TracerConfig.FILE, directory.toString())
                .with(TracerConfig.CLOCK, "nanotime")
                .with(TracerConfig.RECORDS, 128)
                .with(TracerConfig.SHUTDOWN_HOOK, false);
        tracer = Tracer.create(config, sink);
        reader = new Reader(tracer.file().path());
    }

    @AfterEach
    void theLedgerCloses() {
        assertEquals(0, tracer.ledger().lost());
        assertEquals(0, tracer.ledger().open());
        assertEquals(0, reader.u32(200), "not closed yet");
        tracer.close();
        assertEquals(1, reader.u32(200), "closed");
    }

    /** The file through a mapping of its own. */
    private static final class Reader {
        final ByteBuffer file;

        Reader(Path path) throws IOException {
            try (FileChannel channel = FileChannel.open(path)) {
                file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
                        .order(ByteOrder.LITTLE_ENDIAN);
            }
        }

        int u32(int offset) {
            return file.getInt(offset);
        }

        long u64(int offset) {
            return file.getLong(offset);
        }

        String text(int offset, int length) {
            final byte[] bytes = new byte[length];
            file.get(offset, bytes);
            return new String(bytes, UTF_8);
        }

        String symbol(int id) {
            final int at = u32(104) + id * 8;
            return text(at + 4, u32(at));
        }

        long counter(int number) {
            long sum = 0;
            for (int stripe = 0; stripe < u32(84); stripe++) {
                sum += u64(u32(96) + (number * u32(84) + stripe) * 64);
            }
            return sum;
        }

        long epochNs(int anchor, long ticks) {
            final int entry = u32(100) + 64 + Integer.remainderUnsigned(anchor, u32(76)) * 32;
            assertEquals(anchor + 1L, u64(entry));
            return u64(entry + 16) + (long) ((ticks - u64(entry + 8)) * file.getDouble(entry + 24));
        }

        /** Offsets of the whole records of open spans. */
        List<Integer> openSpans() {
            final List<Integer> open = new ArrayList<>();
            for (int i = 0; i < u32(60); i++) {
                final int record = u32(108) + i * u32(56);
                final long state = u64(record);
                if ((state & 1) == 1 && state == u64(record + 8)) {
                    open.add(u32(record + 88) == 0 ? record : u32(record + 88));
                }
            }
            return open;
        }

        /** A span's name, kind and status numbers, and what it holds so far. */
        String span(int record) {
            final Map<String, String> entries = new LinkedHashMap<>();
            entries(entries, record + 96, record + u32(record + 72));
            final String name = u32(record + 64) == 0 ? entries.remove("(name)") : symbol(u32(record + 64));
            return name + " kind " + file.get(record + 78) + " status " + file.get(record + 79) + ' ' + entries;
        }

        private void entries(Map<String, String> into, int from, int end) {
            for (int at = from; at < end; ) {
                final int type = u32(at) & 0xFF;
                final int symbol = u32(at) >>> 8;
                at += 4;
                String key = "(" + type + ')';
                if (symbol == 0xFFFFFF) {
                    key = text(at + 4, u32(at));
                    at += 4 + u32(at);
                } else if (symbol != 0) {
                    key = symbol(symbol);
                }
                final int fixed = type <= 2 ? 8 : type <= 4 ? 0 : -1;
                final int length = fixed >= 0 ? fixed : u32(at);
                at += fixed >= 0 ? 0 : 4;
                value(into, key, type, at, length);
                at += length;
                assertTrue(at <= end, "an entry runs over the end");
            }
        }

        private void value(Map<String, String> into, String key, int type, int at, int length) {
            switch (type) {
                case 1 -> into.put(key, Long.toString(u64(at)));
                case 2 -> into.put(key, Double.toString(file.getDouble(at)));
                case 3, 4 -> into.put(key, type == 3 ? "false" : "true");
                case 5 -> into.put(key, '"' + text(at, length) + '"');
                case 6 -> into.put(key, length / 8 + " longs");
                case 16, 20 -> {
                    final Map<String, String> nested = new LinkedHashMap<>();
                    entries(nested, at + 12, at + length);
                    into.put((type == 16 ? "event " : "thrown ") + key, nested + " dropped " + u32(at + 8));
                }
                case 17 -> {
                    final Map<String, String> nested = new LinkedHashMap<>();
                    entries(nested, at + 32, at + length);
                    into.put("link " + u64(at) + ' ' + u64(at + 8) + ' ' + u64(at + 16), nested.toString());
                }
                case 18 -> into.put("(description)", text(at, length));
                case 19 -> into.put("(name)", text(at, length));
                default -> throw new AssertionError("type " + type);
            }
        }

        String picture() {
            return openSpans().stream().map(this::span).sorted().collect(Collectors.joining("\n"));
        }
    }

    @Test
    void theHeaderSaysWhoseItIsAndWhereEverythingIs() throws IOException {
        assertEquals("KRKNSPAN", reader.text(0, 8));
        assertEquals(2, reader.u32(8), "version");
        assertEquals(1, reader.u32(12), "nanoTime");
        assertEquals(Files.size(tracer.file().path()), reader.u64(16));
        assertEquals(ProcessHandle.current().pid(), reader.u64(24));
        final long startedMs = reader.u64(32) / 1_000_000;
        assertTrue(before <= startedMs && startedMs <= System.currentTimeMillis());
        assertNotEquals(reader.u64(40), reader.u64(48), "incarnation");
        assertEquals(List.of(256, 64, 2, 512), List.of(reader.u32(56), reader.u32(60), reader.u32(64), reader.u32(68)));
        assertEquals(List.of(1024, 64, 8), List.of(reader.u32(76), reader.u32(80), reader.u32(84)));
        assertEquals(List.of(8, 4), List.of(reader.u32(116), reader.u32(124)), "overflow records");
        final int lanes = 2 * (256 + 512 * 256);
        final int[] lengths = {
            4096,
            4096 + 4 * 16384,
            64 * 8 * 64,
            64 + 1024 * 32,
            reader.u32(72),
            64 * 256,
            64 * 8,
            8 * 8 * 256,
            4 * 64 * 256,
            lanes
        };
        final int[] fields = {88, 92, 96, 100, 104, 108, 132, 112, 120, 128};
        int end = 4096;
        for (int i = 0; i < fields.length; i++) {
            assertEquals(end, reader.u32(fields[i]), "section " + i + " begins on the next page");
            end = (end + lengths[i] + 4095) / 4096 * 4096;
        }
        assertEquals(end, reader.u64(16));
    }

    @Test
    void theResourceIsPairsOfTexts() {
        final int at = reader.u32(88);
        final String[] texts = reader.text(at + 4, reader.u32(at)).split("\0", -1);
        final Map<String, String> resource = new LinkedHashMap<>();
        for (int i = 0; i + 1 < texts.length; i += 2) {
            resource.put(texts[i], texts[i + 1]);
        }
        assertEquals("reader's friend", resource.get("service.name"));
        assertEquals("köln", resource.get("region"));
        assertEquals("", resource.get("empty"));
        assertEquals("kraken-tracer", resource.get("telemetry.sdk.name"));
        assertEquals(1, texts.length % 2, "the last one ends with a NUL too");
        assertTrue(tracer.describe()
                .contains("warning: 2 resource attributes do not fit into a span file, and are left out there\n"));
    }

    @Test
    void symbolsStandWhereTheirIdsSay() {
        assertEquals("reader.digest", reader.symbol(DIGEST.symbol()));
        assertEquals("agent.retry", reader.symbol(Key.ofLong("agent.retry").symbol()), "names and keys are one table");
        assertEquals("später, mit €", reader.symbol(Key.ofLong("später, mit €").symbol()));
    }

    @Test
    void openSpansAreThereWithAllTheyHoldSoFar() {
        final Span outer =
                tracer.start(DOWNLOAD, SpanKind.SERVER).set(DIGEST, "sha256:ü").set(SIZE, 7);
        assertEquals(
                "agent.download_blob kind 2 status 0 {reader.digest=\"sha256:ü\", reader.size=7}", reader.picture());
        outer.event(RETRY).set(SIZE, 1).set(Key.ofBoolean("reader.inline " + "x".repeat(250)), true);
        outer.link(outer);
        outer.exception(new IllegalStateException("broken"));
        outer.error("why");
        final String ids = outer.traceIdHigh() + " " + outer.traceIdLow() + ' ' + outer.spanId();
        assertEquals(
                "agent.download_blob kind 2 status 2 {reader.digest=\"sha256:ü\", reader.size=7, event agent.retry="
                        + "{reader.size=1, reader.inline " + "x".repeat(250) + "=true} dropped 0, link " + ids
                        + "={}, thrown exception={exception.type=\"java.lang.IllegalStateException\","
                        + " exception.message=\"broken\"} dropped 0, (description)=why}",
                reader.picture());
        outer.end();
        assertEquals("", reader.picture());
    }

    @Test
    void aSpanThatHasGrownStandsInItsOverflowRecord() {
        final Span span = tracer.startDetached("n".repeat(300), SpanKind.CONSUMER, null);
        span.set(Key.ofLongs("reader.longs"), new long[100]).set(DIGEST, "x".repeat(3_000));
        final int record = reader.openSpans().get(0);
        assertTrue(record >= reader.u32(120) && record < reader.u32(128), "a large one");
        assertEquals(
                "n".repeat(300) + " kind 5 status 0 {reader.longs=100 longs, reader.digest=\"" + "x".repeat(3_000)
                        + "\"}",
                reader.picture());
        span.end();
    }

    @Test
    void idsFlagsAndTimesOfAnOpenSpan() {
        final Span parent = tracer.start(DOWNLOAD);
        final Span child = tracer.start(RETRY);
        for (int record : reader.openSpans()) {
            final Span span = reader.u64(record + 32) == child.spanId() ? child : parent;
            assertEquals(span.spanId(), reader.u64(record + 32));
            assertEquals(span.traceIdHigh(), reader.u64(record + 16));
            assertEquals(span.traceIdLow(), reader.u64(record + 24));
            assertEquals(span == child ? parent.spanId() : 0, reader.u64(record + 40));
            assertEquals(0x103, reader.file.getShort(record + 76));
            assertEquals(0, reader.u64(record + 56), "no end yet");
            final long startMs = reader.epochNs(reader.u32(record + 68), reader.u64(record + 48)) / 1_000_000;
            assertTrue(before - 2 <= startMs && startMs <= System.currentTimeMillis() + 2, "started at " + startMs);
        }
        assertEquals(2, reader.openSpans().size());
        child.end();
        parent.end();
    }

    @Test
    void countersAnchorsAndControlWords() {
        assertEquals(0, reader.u32(reader.u32(100)), "the first anchor");
        tracer.recording(false);
        assertEquals(0, reader.u32(reader.u32(92)));
        tracer.start(DOWNLOAD).end();
        tracer.start(DOWNLOAD).end();
        tracer.recording(true);
        assertEquals(1, reader.u32(reader.u32(92)));
        tracer.start(DOWNLOAD).end();
        assertEquals(2, reader.counter(0), "unrecorded");
        assertEquals(1, reader.counter(7), "shipped");
        assertEquals(1, reader.u64(reader.u32(128)), "published by lane 0");
        assertEquals(1, reader.u64(reader.u32(128) + 64), "slots consumed");
        assertEquals(1, reader.u64(reader.u32(128) + 72), "records consumed");
        assertEquals(0, reader.u64(reader.u32(128) + 256 + 512 * 256), "published by lane 1");
        long leases = 0;
        for (int i = 0; i < 64; i++) {
            leases += (reader.u64(reader.u32(108) + i * 256) + 1) / 2;
        }
        assertEquals(1, leases);
    }
}
