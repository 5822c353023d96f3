package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.file.Counter;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cost of spans at their limit of attributes or of bytes, measured in entries visited, not in time. */
class AttributeLimitTest {

    private static final int CALLS = 20_000;
    /** Maximum average number of entries that a call visits. */
    private static final int MOST = 16;

    private static final SpanName NAME = SpanName.of("span");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private static LongKey[] keys(int count) {
        return IntStream.range(0, count).mapToObj(i -> Key.ofLong("key " + i)).toArray(LongKey[]::new);
    }

    private long visited() {
        long sum = 0;
        for (AttributeKeys keys : traced.tracer().activeRecorder().attributeKeys) {
            sum += keys.visited;
        }
        return sum;
    }

    private long visitsOf(int keys, IntFunction<LongKey> which) {
        try (Span span = traced.tracer().start(NAME)) {
            for (int i = 0; i < keys; i++) {
                span.set(which.apply(i), i);
            }
            final long before = visited();
            for (int i = 0; i < CALLS; i++) {
                span.set(which.apply(i), i);
            }
            return visited() - before;
        }
    }

    @ParameterizedTest
    @CsvSource({"16, 16", "128, 128", "128, 127", "128, 65", "1000, 1000", "128, 129", "128, 1000", "500, 2000"})
    void setCostsTheSameForAnyNumberOfAttributes(int limit, int distinct) {
        traced.with(TracerConfig.MAX_ATTRIBUTES, limit);
        final LongKey[] keys = keys(distinct);
        final long visits = visitsOf(distinct, i -> keys[i % distinct]);
        assertTrue(visits <= (long) MOST * CALLS, visits + " entries in " + CALLS + " calls");
    }

    @Test
    void lastValueOfEachKeyWithinTheLimitCounts() {
        traced.with(TracerConfig.MAX_ATTRIBUTES, 100);
        final LongKey[] keys = keys(150);
        try (Span span = traced.tracer().start(NAME)) {
            for (int i = 0; i < 15_000; i++) {
                span.set(keys[i % 150], i);
            }
        }
        final StringBuilder expected = new StringBuilder("span INTERNAL\n");
        for (int i = 0; i < 100; i++) {
            expected.append("  .key ")
                    .append(i)
                    .append(" = ")
                    .append(14_850 + i)
                    .append('\n');
        }
        assertEquals(expected + "  - dropped attributes 5000\n", traced.picture());
        assertEquals(5000, traced.count(Counter.DROPPED_ENTRIES));
    }

    @ParameterizedTest
    @CsvSource({"40, 100", "7, 8"})
    void setCostsTheSameIfTheSpanIsFull(int distinct, int length) {
        traced.with(TracerConfig.RECORDS, 2 * TracerFixture.CHUNK);
        final String[] keys =
                IntStream.range(0, distinct).mapToObj(i -> "text " + i).toArray(String[]::new);
        final Span[] hogs = new Span[2 * TracerFixture.CHUNK - 1];
        for (int i = 0; i < hogs.length; i++) {
            hogs[i] = traced.tracer().startDetached(NAME, SpanKind.INTERNAL);
        }
        try (Span span = traced.tracer().startDetached(NAME, SpanKind.INTERNAL)) {
            assertTrue(span.isRecording());
            for (int i = 0; i < CALLS; i++) {
                span.set(keys[i % distinct], "x".repeat(length));
            }
        }
        assertTrue(visited() > 0);
        assertTrue(visited() <= (long) MOST * CALLS, visited() + " entries in " + CALLS + " calls");
        for (Span hog : hogs) {
            hog.end();
        }
    }

    /** As many spans as there are tables, whose records all lead to the same table. */
    @Test
    void spansThatShareAPlaceKeepTheirKeys() {
        final String picture = setInTurns(16, 16);
        for (int i = 0; i < 16; i++) {
            assertTrue(picture.contains(".key 0 = " + (99_000 + i)), picture);
            assertTrue(picture.contains(".key 3 = " + (99_000 + i)), picture);
        }
        assertEquals(16, picture.split("dropped attributes 200", -1).length - 1);
    }

    /** More spans than tables: values are dropped and counted, and a call costs the same. */
    @Test
    void countsValuesDroppedWithTooManySpansAtTheLimit() {
        final String picture = setInTurns(64, 1);
        assertEquals(64, picture.split("\\.key 3 = ", -1).length - 1);
        final long dropped = traced.count(Counter.DROPPED_ENTRIES);
        assertTrue(dropped > 64 * 200, "beyond the limit, and some within it: " + dropped);
        assertTrue(visited() <= 64L * 600 * MOST, visited() + " entries");
    }

    /** Different keys with equal codes are limited like all others. */
    @Test
    void limitsKeysWithEqualCodes() {
        traced.with(TracerConfig.MAX_ATTRIBUTES, 4);
        final String[] keys = new String[1024];
        for (int i = 0; i < keys.length; i++) {
            final StringBuilder key = new StringBuilder();
            for (int bit = 0; bit < 10; bit++) {
                key.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            keys[i] = key.append("x".repeat(600)).toString(); // too long to be registered
        }
        try (Span span = traced.tracer().start(NAME)) {
            for (int round = 0; round < 3; round++) {
                for (String key : keys) {
                    span.set(key, round);
                }
            }
        }
        final int kept = traced.picture().split("Aa|BB", -1).length / 10;
        assertTrue(kept >= 4 && kept <= 8, "keys kept: " + kept);
    }

    /** Sets six keys, four of them within the limit, a hundred times. */
    private String setInTurns(int count, int distance) {
        traced.with(TracerConfig.MAX_ATTRIBUTES, 4);
        final LongKey[] keys = keys(6);
        final Span[] spans = new Span[count * distance];
        for (int i = 0; i < spans.length; i++) {
            spans[i] = traced.tracer().start(NAME);
        }
        for (int round = 0; round < 100; round++) {
            for (int i = 0; i < count; i++) {
                for (LongKey key : keys) {
                    spans[i * distance].set(key, 1000 * round + i);
                }
            }
        }
        for (int i = spans.length - 1; i >= 0; i--) {
            spans[i].end();
        }
        return traced.picture();
    }

    @Test
    void spansThatReachTheLimitTogetherKeepTheirKeys() {
        traced.with(TracerConfig.MAX_ATTRIBUTES, 4);
        final LongKey[] keys = keys(6);
        final Span[] spans = new Span[8];
        for (int i = 0; i < spans.length; i++) {
            spans[i] = traced.tracer().start(NAME);
        }
        for (int round = 0; round < 100; round++) {
            for (int i = 0; i < spans.length; i++) {
                for (LongKey key : keys) {
                    spans[i].set(key, 10 * round + i);
                }
            }
        }
        for (int i = spans.length - 1; i >= 0; i--) {
            spans[i].end();
        }
        final String picture = traced.picture();
        for (int i = 0; i < spans.length; i++) {
            assertTrue(picture.contains(".key 0 = " + (990 + i)), picture);
            assertTrue(picture.contains(".key 3 = " + (990 + i)), picture);
        }
        assertEquals(8, picture.split("dropped attributes 200", -1).length - 1);
    }
}
