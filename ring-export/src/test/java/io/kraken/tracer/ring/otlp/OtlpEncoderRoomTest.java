package io.kraken.tracer.ring.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.kraken.tracer.Key;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.DecodingSink;
import io.kraken.tracer.ring.ExpectedSpan;
import io.kraken.tracer.ring.Harness;
import io.kraken.tracer.ring.RandomSpan;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests requests of every size: each span that fits is in exactly one request, those that can't fit are counted, and no
 * byte is misplaced.
 */
class OtlpEncoderRoomTest {

    private static Harness<DecodingSink> open(int requestBytes) {
        return Harness.driven(
                Harness.config().with(TracerConfig.RECORD_LENGTH, 512),
                environment -> new DecodingSink(environment, requestBytes));
    }

    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {4_000, 8_000, 50_000})
    void severalSmallRequestsCarryOneBatch(int requestBytes) {
        final Harness<DecodingSink> rig = open(requestBytes);
        final Set<ByteString> ids = new HashSet<>();
        for (int i = 0; i < 900; i++) {
            final Span span = rig.tracer.start(Harness.WORK, SpanKind.CLIENT);
            ids.add(ExpectedSpan.id(span.spanId()));
            span.set("number", i).set("text", "t".repeat(i % 100)).end();
        }
        final Ledger end = rig.close();
        rig.sink.assertSound();
        assertEquals(900, end.shipped());
        assertEquals(900, rig.sink.spans.size());
        rig.sink.spans.forEach(span -> assertTrue(ids.remove(span.getSpanId()), "twice: " + span));
        assertTrue(rig.sink.requests.size() > 1);
        rig.sink.requests.forEach(request -> assertTrue(request.getSerializedSize() <= requestBytes));
    }

    @Test
    void countsTooLargeRecordAndEncodesNeighbours() {
        final Harness<DecodingSink> rig = open(6_000);
        rig.spans(3);
        rig.tracer.start(Harness.WORK).set("large", "x".repeat(7_000)).end();
        rig.spans(3);
        final Ledger end = rig.close();
        rig.sink.assertSound();
        assertEquals(1, end.count(Counter.TOO_LARGE));
        assertEquals(6, end.shipped());
    }

    @Test
    void batchOfTooLargeRecordsGivesNoRequest() {
        final Harness<DecodingSink> rig = open(900);
        rig.spans(20);
        final Ledger end = rig.close();
        rig.sink.assertSound();
        assertEquals(20, end.count(Counter.TOO_LARGE));
        assertEquals(0, rig.sink.requests.size());
    }

    @Test
    void spansAreCompleteOrCountedAtEveryRequestSize() {
        for (int requestBytes = 400; requestBytes < 40_000; requestBytes += requestBytes / 16 + 3) {
            final SplittableRandom random = new SplittableRandom(requestBytes);
            final Harness<DecodingSink> rig = open(requestBytes);
            for (int i = 0; i < 12; i++) {
                final Span span = rig.tracer.start(Harness.WORK);
                final ExpectedSpan model = new ExpectedSpan(
                        ExpectedSpan.Limits.DEFAULT, span, null, Harness.WORK.toString(), SpanKind.INTERNAL);
                new RandomSpan(span, model, random, 300, 6_000).makeCalls();
                span.end();
            }
            final Ledger end = rig.close();
            rig.sink.assertSound();
            assertEquals(12, end.shipped() + end.count(Counter.TOO_LARGE), "seed and size " + requestBytes);
            assertEquals(end.shipped(), rig.sink.spans.size());
        }
    }

    /** The values that grow most when encoded, in a request that is just large enough. */
    @Test
    void reservedRoomSufficesForValuesThatGrow() {
        final String longKey = "k".repeat(255);
        final SpanName longName = SpanName.of("n".repeat(255));
        assertFitsWhenAccepted(span -> span.set(Key.ofBooleans("bits"), new boolean[2000]));
        assertFitsWhenAccepted(span -> span.set(Key.ofStrings("empty"), filled("", 1500)));
        assertFitsWhenAccepted(span -> span.set(Key.ofStrings("null"), new String[1500]));
        assertFitsWhenAccepted(span -> span.set(Key.ofLongs("negative"), filled(-1, 700)));
        assertFitsWhenAccepted(span -> span.name(longName));
        assertFitsWhenAccepted(span -> span.set(Key.ofBoolean(longKey), true));
        assertFitsWhenAccepted(span -> {
            for (int i = 0; i < 120; i++) {
                span.event(longName).set(Key.ofBoolean(longKey), false);
            }
        });
        assertFitsWhenAccepted(span -> {
            for (int i = 1; i < 120; i++) {
                span.link(new RemoteContext().set(i, i, i, 1)).set(Key.ofLong(longKey), -1);
            }
        });
        assertFitsWhenAccepted(span -> {
            for (int i = 0; i < 120; i++) {
                span.set(Key.ofBoolean(longKey.substring(3) + (100 + i)), true);
            }
        });
    }

    private static String[] filled(String text, int length) {
        final String[] texts = new String[length];
        java.util.Arrays.fill(texts, text);
        return texts;
    }

    private static long[] filled(long value, int length) {
        final long[] values = new long[length];
        java.util.Arrays.fill(values, value);
        return values;
    }

    private static void assertFitsWhenAccepted(Consumer<Span> filling) {
        int taken = 0;
        int refused = 0;
        for (int requestBytes = 1000; taken < 3; requestBytes += 97) {
            final Harness<DecodingSink> rig = open(requestBytes);
            final Span span = rig.tracer.start(Harness.WORK);
            filling.accept(span);
            span.end();
            final Ledger end = rig.close();
            rig.sink.assertSound();
            taken += (int) end.shipped();
            refused += (int) end.count(Counter.TOO_LARGE);
            assertEquals(1, end.shipped() + end.count(Counter.TOO_LARGE), end::toString);
        }
        assertTrue(refused > 0, "the smallest buffer must be too small");
    }
}
