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
 * A reader written only from the class comments of {@link SpanFileLayout} and {@link RecordLayout}, with the numbers
 * given there: what another process, in whatever language, can read of a live tracer's file.
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
    void startTracerAndOpenItsFile() throws IOException {
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
    void ledgerBalances() {
        assertEquals(0, tracer.ledger().lost());
        assertEquals(0, tracer.ledger().open());
        assertEquals(0, reader.u32(200), "not closed yet");
        tracer.close();
        assertEquals(1, reader.u32(200), "closed");
    }

    /** The file through a mapping of its own, or the bytes of one span of it. */
    private static final class Reader {
        final ByteBuffer file;

        Reader(Path path) throws IOException {
            try (FileChannel channel = FileChannel.open(path)) {
                file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
                        .order(ByteOrder.LITTLE_ENDIAN);
            }
        }

        Reader(byte[] span) {
            file = ByteBuffer.wrap(span).order(ByteOrder.LITTLE_ENDIAN);
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
            final int at = u32(96) + id * 8;
            return text(at + 4, u32(at));
        }

        long counter(int number) {
            long sum = 0;
            for (int stripe = 0; stripe < u32(76); stripe++) {
                sum += u64(u32(88) + (number * u32(76) + stripe) * 64);
            }
            return sum;
        }

        long epochNs(int anchor, long ticks) {
            final int entry = u32(92) + 64 + Integer.remainderUnsigned(anchor, u32(68)) * 32;
            assertEquals(anchor + 1L, u64(entry));
            return u64(entry + 16) + (long) ((ticks - u64(entry + 8)) * file.getDouble(entry + 24));
        }

        int record(int number) {
            return u32(104) + number * u32(56);
        }

        /** Offsets of the records whose use is untaken and in this state: 1 open, 2 done. */
        List<Integer> untaken(int state) {
            final List<Integer> found = new ArrayList<>();
            for (int i = 0; i < u32(60) * 64; i++) {
                final long word = u64(record(i));
                final long taken = u64(u32(100) + i / 64 * 128) >>> i % 64;
                if ((word & 7) == state && (word >>> 24 & 1) != (taken & 1)) {
                    found.add(record(i));
                }
            }
            return found;
        }

        /** Header and entries, those in parts too. */
        Reader whole(int record) {
            final byte[] bytes = new byte[file.getShort(record + 62) & 0xFFFF];
            int done = Math.min(bytes.length, u32(56));
            file.get(record, bytes, 0, done);
            int part = record;
            for (int number = 1; done < bytes.length; number++) {
                assertTrue((u64(record) & 8) != 0, "extended");
                part = record(u32(part + (number == 1 ? 72 : 16)) - 1);
                assertEquals(5, u64(part) & 7);
                assertEquals(record, record(u32(part + 8)));
                assertEquals(number, u32(part + 12));
                assertEquals((int) (u64(record) >>> 24), u32(part + 20));
                final int count = Math.min(bytes.length - done, u32(56) - 24);
                file.get(part + 24, bytes, done, count);
                done += count;
            }
            return new Reader(bytes);
        }

        /** A span's name, kind and status numbers, and its entries so far. */
        String span(int record) {
            final Reader span = whole(record);
            final Map<String, String> entries = new LinkedHashMap<>();
            span.entries(this, entries, 80, span.file.capacity());
            final int symbol = span.u32(56) & 0xFFFFFF;
            final String name = symbol == 0 ? entries.remove("(name)") : symbol(symbol);
            return name + " kind " + (span.file.get(59) & 0xF) + " status " + (span.file.get(59) >>> 4) + ' ' + entries;
        }

        private void entries(Reader symbols, Map<String, String> into, int from, int end) {
            for (int at = from; at < end; ) {
                final int type = u32(at) & 0xFF;
                final int symbol = u32(at) >>> 8;
                at += 4;
                String key = "(" + type + ')';
                if (symbol == 0xFFFFFF) {
                    key = text(at + 4, u32(at));
                    at += 4 + u32(at);
                } else if (symbol != 0) {
                    key = symbols.symbol(symbol);
                }
                final int fixed = type <= 2 ? 8 : type <= 4 ? 0 : -1;
                final int length = fixed >= 0 ? fixed : u32(at);
                at += fixed >= 0 ? 0 : 4;
                value(symbols, into, key, type, at, length);
                at += length;
                assertTrue(at <= end, "an entry exceeds the end");
            }
        }

        private void value(Reader symbols, Map<String, String> into, String key, int type, int at, int length) {
            switch (type) {
                case 1 -> into.put(key, Long.toString(u64(at)));
                case 2 -> into.put(key, Double.toString(file.getDouble(at)));
                case 3, 4 -> into.put(key, type == 3 ? "false" : "true");
                case 5 -> into.put(key, '"' + text(at, length) + '"');
                case 6 -> into.put(key, length / 8 + " longs");
                case 16, 20 -> {
                    final Map<String, String> nested = new LinkedHashMap<>();
                    entries(symbols, nested, at + 12, at + length);
                    into.put((type == 16 ? "event " : "thrown ") + key, nested + " dropped " + u32(at + 8));
                }
                case 17 -> {
                    final Map<String, String> nested = new LinkedHashMap<>();
                    entries(symbols, nested, at + 32, at + length);
                    into.put("link " + u64(at) + ' ' + u64(at + 8) + ' ' + u64(at + 16), nested.toString());
                }
                case 18 -> into.put("(description)", text(at, length));
                case 19 -> into.put("(name)", text(at, length));
                default -> throw new AssertionError("type " + type);
            }
        }

        String picture() {
            return picture(1);
        }

        String picture(int state) {
            return untaken(state).stream().map(this::span).sorted().collect(Collectors.joining("\n"));
        }
    }

    @Test
    void headerHasIdentityAndOffsets() throws IOException {
        assertEquals("KRKNSPAN", reader.text(0, 8));
        assertEquals(3, reader.u32(8), "version");
        assertEquals(1, reader.u32(12), "nanoTime");
        assertEquals(Files.size(tracer.file().path()), reader.u64(16));
        assertEquals(ProcessHandle.current().pid(), reader.u64(24));
        final long startedMs = reader.u64(32) / 1_000_000;
        assertTrue(before <= startedMs && startedMs <= System.currentTimeMillis());
        assertNotEquals(reader.u64(40), reader.u64(48), "incarnation");
        assertEquals(List.of(256, 2), List.of(reader.u32(56), reader.u32(60)));
        assertEquals(List.of(1024, 64, 8), List.of(reader.u32(68), reader.u32(72), reader.u32(76)));
        final int[] lengths = {
            4096, 4096 + 4 * 16384, 64 * 8 * 64, 64 + 1024 * 32, reader.u32(64), 2 * 128, 2 * 64 * 256, 8 * 2 * 64 * 256
        };
        int end = 4096;
        for (int i = 0; i < lengths.length; i++) {
            assertEquals(end, reader.u32(80 + i * 4), "section " + i + " begins on the next page");
            end = (end + lengths[i] + 4095) / 4096 * 4096;
        }
        assertEquals(end, reader.u64(16));
    }

    @Test
    void resourceIsReadAsPairs() {
        final int at = reader.u32(80);
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
    void symbolsAreAtTheOffsetsOfTheirIds() {
        assertEquals("reader.digest", reader.symbol(DIGEST.symbol()));
        assertEquals("agent.retry", reader.symbol(Key.ofLong("agent.retry").symbol()), "names and keys are one table");
        assertEquals("später, mit €", reader.symbol(Key.ofLong("später, mit €").symbol()));
    }

    @Test
    void readsOpenSpansWithTheirEntries() {
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
    void readsSpanWithParts() {
        final Span span = tracer.startDetached("n".repeat(300), SpanKind.CONSUMER, null);
        span.set(Key.ofLongs("reader.longs"), new long[100]).set(DIGEST, "x".repeat(3_000));
        final String expected = "n".repeat(300) + " kind 5 status 0 {reader.longs=100 longs, reader.digest=\""
                + "x".repeat(3_000) + "\"}";
        assertEquals(expected, reader.picture());
        sink.taking(false);
        span.end();
        assertEquals("", reader.picture());
        assertEquals(expected, reader.picture(2));
        assertTrue(reader.untaken(5).size() > 10, "parts are taken with their span");
        sink.taking(true);
        assertEquals(1, sink.accepted());
        assertEquals("", reader.picture(2));
        assertEquals(List.of(), reader.untaken(5));
    }

    @Test
    void readsEndedSpansUntilTheyAreTaken() {
        sink.taking(false);
        tracer.start(DOWNLOAD).set(SIZE, 1).end();
        tracer.startDetached(RETRY, SpanKind.CLIENT).error(null).end();
        assertEquals(
                "agent.download_blob kind 1 status 0 {reader.size=1}\nagent.retry kind 3 status 2 {}",
                reader.picture(2));
        for (int record : reader.untaken(2)) {
            assertTrue(reader.u64(record + 48) >= reader.u64(record + 40), "ends after it has started");
        }
        sink.taking(true);
        assertEquals(2, sink.accepted());
        assertEquals("", reader.picture(2));
    }

    @Test
    void readsIdsFlagsAndTimesOfAnOpenSpan() {
        final Span parent = tracer.start(DOWNLOAD);
        final Span child = tracer.start(RETRY);
        for (int record : reader.untaken(1)) {
            final Span span = reader.u64(record + 24) == child.spanId() ? child : parent;
            assertEquals(span.spanId(), reader.u64(record + 24));
            assertEquals(span.traceIdHigh(), reader.u64(record + 8));
            assertEquals(span.traceIdLow(), reader.u64(record + 16));
            assertEquals(span == child ? parent.spanId() : 0, reader.u64(record + 32));
            assertEquals(0x103, reader.u64(record) >>> 8 & 0xFFFF);
            final int anchor = reader.file.getShort(record + 60) & 0xFFFF; // few enough anchors have been set
            final long startMs = reader.epochNs(anchor, reader.u64(record + 40)) / 1_000_000;
            assertTrue(before - 2 <= startMs && startMs <= System.currentTimeMillis() + 2, "started at " + startMs);
        }
        assertEquals(2, reader.untaken(1).size());
        child.end();
        parent.end();
    }

    @Test
    void readsCountersAnchorsAndControlWords() {
        assertEquals(0, reader.u32(reader.u32(92)), "the first anchor");
        tracer.recording(false);
        assertEquals(0, reader.u32(reader.u32(84)));
        tracer.start(DOWNLOAD).end();
        tracer.start(DOWNLOAD).end();
        tracer.recording(true);
        assertEquals(1, reader.u32(reader.u32(84)));
        tracer.start(DOWNLOAD).end();
        assertEquals(1, sink.accepted());
        assertEquals(2, reader.counter(0), "unrecorded");
        assertEquals(1, reader.counter(5), "taken");
        assertEquals(1, reader.counter(9), "shipped");
        long uses = 0;
        for (int i = 0; i < 128; i++) {
            uses += reader.u64(reader.record(i)) >>> 24;
        }
        assertEquals(1, uses);
    }
}
