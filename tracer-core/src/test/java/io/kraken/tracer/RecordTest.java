package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.file.RecordLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Filling, growing and truncating records. */
class RecordTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final SpanName EVENT = SpanName.of("event");
    private static final StringKey TEXT = Key.ofString("text");
    private static final StringKey OTHER = Key.ofString("other");
    private static final LongKey NUMBER = Key.ofLong("number");
    /** With fixed ids, whatever other tests have put into the symbol table. */
    private static final LongKey[] KEYS = {Key.ofLong("key 0"), Key.ofLong("key 1"), Key.ofLong("key 2")};

    private static final int HEADER = RecordLayout.HEADER_LENGTH;
    /** For a record of 256 bytes and its parts. */
    private static final int MOST = 64 * 256;

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private int length() {
        return traced.lastRecord().capacity();
    }

    @Test
    void bareSpanIsItsHeader() {
        traced.tracer().start(NAME).end();
        assertEquals(HEADER, length());
    }

    @Test
    void attributeTakesTagAndValue() {
        traced.tracer().start(NAME).set(NUMBER, 1).end();
        assertEquals(HEADER + 4 + 8, length());
        traced.tracer().start(NAME).set(TEXT, "abc").end();
        assertEquals(HEADER + 4 + 4 + 3, length());
        traced.tracer().start(NAME).set(Key.ofBoolean("flag"), true).end();
        assertEquals(HEADER + 4, length());
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512, 1024, 2048, 4096})
    void recordOfAnySizeGrowsByParts(int recordLength) {
        traced.with(TracerConfig.RECORD_LENGTH, recordLength).with(TracerConfig.MAX_ATTRIBUTES, 10_000);
        final int room = recordLength - HEADER;
        final List<Integer> lengths = new ArrayList<>(List.of(0, 1, room - 9, room - 8, room - 7));
        for (int parts : new int[] {1, 2}) { // values that end at the end of a part, a byte before, or in the next
            final int whole = recordLength + parts * (recordLength - RecordLayout.PART_HEADER_LENGTH) - HEADER - 8;
            lengths.addAll(List.of(whole - 1, whole, whole + 1));
        }
        final int most = RecordLayout.maxLength(recordLength) - HEADER - 8;
        lengths.addAll(List.of(most - 1, most));
        for (int length : lengths) {
            try (Span span = traced.tracer().start(NAME)) {
                span.set(TEXT, "x".repeat(length));
            }
        }
        final int[] written = traced.sink.published().stream()
                .mapToInt(record -> record.bytes().capacity() - HEADER - 8)
                .toArray();
        assertEquals(lengths, Arrays.stream(written).boxed().toList());
        assertEquals(Map.of(), traced.problems());
        assertPartsAreFree();
    }

    @Test
    void tooLargeValueFillsTheSpan() {
        final int most = MOST - HEADER - 8;
        for (int length : new int[] {most + 1, 1_000_000}) {
            try (Span span = traced.tracer().start(NAME)) {
                span.set(TEXT, "x".repeat(length));
            }
            assertEquals("span INTERNAL\n  .text = \"" + "x".repeat(most) + "\"\n", traced.picture());
            traced.sink.forget();
        }
        assertEquals(Map.of("truncated.values", 2L), traced.problems());
        assertPartsAreFree();
    }

    @Test
    void spanWithPartsKeepsItsEntries() {
        final StringBuilder expected = new StringBuilder("span SERVER\n");
        try (Span span = traced.tracer().start(NAME, SpanKind.SERVER)) {
            for (int i = 0; i < 100; i++) {
                span.set("key." + i, "value " + i + " " + "v".repeat(90));
                expected.append("  .key.")
                        .append(i)
                        .append(" = \"value ")
                        .append(i)
                        .append(' ');
                expected.append("v".repeat(90)).append("\"\n");
            }
            span.event(EVENT).set(NUMBER, 7).set(TEXT, "t".repeat(400));
            expected.append("  * event {number=7, text=\"")
                    .append("t".repeat(400))
                    .append("\"}\n");
            span.exception(new RuntimeException()).set(NUMBER, 1);
            expected.append("  * exception {exception.type=\"java.lang.RuntimeException\", number=1}");
            expected.append(" thrown RuntimeException\n");
            span.error("at last");
            expected.append("  ! ERROR \"at last\"\n");
        }
        assertEquals(expected.toString(), traced.picture());
        assertTrue(length() > 40 * 256);
        assertEquals(Map.of(), traced.problems());
        assertPartsAreFree();
    }

    @Test
    void growsWithinAnEvent() {
        traced.with(TracerConfig.MAX_DETAIL_ATTRIBUTES, 399);
        try (Span span = traced.tracer().start(NAME)) {
            span.set(TEXT, "x".repeat(100));
            final SpanAnnotation event = span.event(EVENT);
            for (int i = 0; i <= 199; i++) {
                event.set(TEXT, "y".repeat(i / 4)).set(NUMBER, i);
            }
        }
        assertEquals(
                "span INTERNAL\n  .text = \"" + "x".repeat(100) + "\"\n  * event {number=198, text=\"" + "y".repeat(49)
                        + "\"} dropped 1\n",
                traced.picture());
        assertEquals(Map.of("truncated.entries", 1L), traced.problems());
    }

    /** Starts spans until only this many records are free. */
    private List<Span> hogs(int left) {
        final List<Span> hogs = new ArrayList<>();
        for (int i = TracerFixture.RECORDS; i > left; i--) {
            hogs.add(traced.tracer().startDetached(NAME, SpanKind.INTERNAL));
        }
        return hogs;
    }

    private Span detached(SpanName name) {
        return traced.tracer().startDetached(name, SpanKind.INTERNAL);
    }

    @Test
    void compactsWithoutAFreeRecord() {
        final List<Span> hogs = hogs(1);
        final Span span = detached(EVENT);
        for (int i = 0; i < 100; i++) {
            span.set(NUMBER, i).set(TEXT, "value " + i).set(KEYS[i % 3], i);
        }
        span.set(OTHER, "o".repeat(1000)).set(TEXT, "no room any more");
        span.event(EVENT);
        span.link(span);
        span.end();
        final String picture = traced.picture();
        assertTrue(length() <= 256);
        assertTrue(picture.matches("""
                (?s)event INTERNAL
                  .key 1 = 97
                  .key 2 = 98
                  .number = 99
                  .text = "value 99"
                  .key 0 = 99
                  .other = "o+"
                  - dropped attributes 1
                  - dropped events 1
                  - dropped links 1
                """), picture);
        assertEquals(Map.of("truncated.values", 1L, "truncated.entries", 3L), traced.problems());
        hogs.forEach(Span::end);
        assertPartsAreFree();
    }

    @Test
    void truncatesValueToAvailableParts() {
        final List<Span> hogs = hogs(9);
        final Span span = detached(NAME).set(TEXT, "x".repeat(500)); // two parts
        span.set(OTHER, "y".repeat(5_000)).set(NUMBER, 1);
        span.end();
        hogs.forEach(Span::end);
        final String picture = Picture.of(
                traced.tracer().file().symbols(), traced.sink.published().subList(0, 1));
        assertTrue(
                picture.matches("span INTERNAL\n  .text = \"x{500}\"\n  .other = \"y+\"\n(  .number = 1\n)?"), picture);
        assertEquals(1, traced.problems().get("truncated.values"));
        assertPartsAreFree();
    }

    @Test
    void countsNameOrDescriptionWithoutRoom() {
        traced.with(TracerConfig.RECORD_LENGTH, 128);
        final List<Span> hogs = hogs(1);
        final Span span = detached(NAME);
        span.set(TEXT, "twelve bytes")
                .set(NUMBER, 1)
                .error("no room for so long a description")
                .name("n".repeat(300));
        span.end();
        assertEquals("<no name> INTERNAL\n  .text = \"twelve bytes\"\n  .number = 1\n  ! ERROR\n", traced.picture());
        assertEquals(2, traced.problems().get("truncated.entries"));
        hogs.forEach(Span::end);
    }

    @Test
    void everyRecordCanBeAPart() {
        final int all = 3 * TracerFixture.CHUNK; // too few for chunks owned by threads
        traced.with(TracerConfig.RECORDS, all);
        for (int round = 0; round < 3; round++) {
            final List<Span> hogs = new ArrayList<>();
            int records = 0;
            while (records < all) {
                hogs.add(detached(NAME).set(TEXT, "x".repeat(MOST - HEADER - 8)));
                records += 1 + RecordLayout.maxParts(256);
            }
            assertSame(Span.NOOP, detached(NAME));
            hogs.forEach(Span::end);
            assertEquals(Map.of("truncated.values", round + 1L, "dropped.records_full", round + 1L), traced.problems());
        }
    }

    @Test
    void truncatesValueAtACodePoint() {
        final List<Span> hogs = hogs(1);
        for (int shift = 0; shift < 8; shift++) {
            detached(EVENT)
                    .set(OTHER, "s".repeat(shift) + "€\uD83D\uDE00".repeat(100))
                    .end();
            final byte[] entries = new byte[length() - HEADER - 8];
            traced.lastRecord().get(HEADER + 8, entries);
            final String read = new String(entries, StandardCharsets.UTF_8);
            assertTrue(read.matches("s{" + shift + "}(€\uD83D\uDE00)+€?"), read);
            assertTrue(256 - length() < 4, "truncated no more than necessary");
        }
        hogs.forEach(Span::end);
        assertEquals(Map.of("truncated.values", 8L), traced.problems());
    }

    @Test
    void arraysAreRecordedCompletelyOrNotAtAll() {
        final long[] large = new long[2_000];
        final long[] tooLarge = new long[2_048];
        final String[] texts = new String[100];
        Arrays.fill(texts, "text ü");
        try (Span span = traced.tracer().start(NAME)) {
            span.set(Key.ofLongs("numbers"), tooLarge).set(Key.ofDoubles("ratios"), new double[10_000]);
            span.set(Key.ofBooleans("flags"), new boolean[100_000]).set(Key.ofStrings("texts"), new String[10_000]);
            span.set(Key.ofStrings("texts"), texts);
        }
        try (Span span = traced.tracer().start(NAME)) {
            span.set(Key.ofLongs("numbers"), large).set(Key.ofStrings("texts"), texts);
        }
        assertEquals(
                "span INTERNAL\n  .texts = strings"
                        + Arrays.stream(texts).map(t -> '"' + t + '"').toList()
                        + "\n  - dropped attributes 4\nspan INTERNAL\n  .numbers = longs"
                        + Arrays.toString(large) + "\n  - dropped attributes 1\n",
                traced.picture());
        assertEquals(Map.of("truncated.entries", 5L), traced.problems());
        assertPartsAreFree();
    }

    @Test
    void droppedCountsSaturate() {
        traced.with(TracerConfig.MAX_EVENTS, 0);
        try (Span span = traced.tracer().start(NAME)) {
            for (int i = 0; i < 70_000; i++) {
                span.event(EVENT);
            }
        }
        assertEquals("span INTERNAL\n  - dropped events 65535\n", traced.picture());
        assertEquals(Map.of("truncated.entries", 70_000L), traced.problems());
    }

    /** For random content in any order and amount, a reader finds a well-formed record. */
    @Test
    void randomContentsMakeWellFormedRecords() {
        traced.with(TracerConfig.RECORD_LENGTH, 128).with(TracerConfig.MAX_ATTRIBUTES, 20);
        final Random random = new Random(42);
        for (int i = 0; i < 3_000; i++) {
            final Span span = traced.tracer().startDetached("random " + i % 100, SpanKind.SERVER, null);
            for (int entries = random.nextInt(60); entries > 0; entries--) {
                addAnything(span, random);
            }
            span.end();
        }
        assertEquals(
                3_000,
                traced.picture().lines().filter(line -> line.startsWith("ran")).count());
        assertPartsAreFree();
    }

    private static void addAnything(Span span, Random random) {
        final String text = "€".repeat(random.nextInt(9)) + "x".repeat(1 << random.nextInt(11));
        final String key = "k" + random.nextInt(30) + (random.nextInt(9) == 0 ? "long".repeat(80) : "");
        switch (random.nextInt(9)) {
            case 0 -> span.set(key, text);
            case 1 -> span.set(key, random.nextBoolean());
            case 2 -> span.set(Key.ofStrings("array"), new String[] {text, null, key});
            case 3 -> span.set(Key.ofLongs("array"), new long[random.nextInt(50)]);
            case 4 -> span.event(key).set(NUMBER, 1).set(TEXT, text);
            case 5 -> span.exception(new RuntimeException(text)).set(OTHER, text);
            case 6 -> span.link(span).set(TEXT, text);
            case 7 -> span.error(text);
            default -> span.set(key, random.nextLong());
        }
    }

    /** No part is leaked: every record can be open at once. */
    private void assertPartsAreFree() {
        final List<Span> all = new ArrayList<>();
        while (all.size() <= TracerFixture.RECORDS) {
            final Span shared = detached(NAME);
            final Span span = shared.isRecording() ? shared : traced.tracer().start(NAME);
            if (!span.isRecording()) {
                break;
            }
            all.add(span);
        }
        assertEquals(TracerFixture.RECORDS, all.size());
        for (int i = all.size() - 1; i >= 0; i--) {
            all.get(i).end();
        }
    }
}
