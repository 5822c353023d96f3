package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.BreakerState;
import io.kraken.tracer.file.ControlFile;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.sampling.SamplingRule;
import io.kraken.tracer.sampling.Threshold;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What is recorded, sampled and propagated, by settings, control words and load. */
@SuppressWarnings("try") // some spans are only ended
class DecidingTest {

    private static final SpanName NAME = SpanName.of("deciding.name");
    private static final SpanName INNER = SpanName.of("deciding.inner");
    private static final SpanName RARE = SpanName.of("deciding.rare");
    private static final String IDS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(101);

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final RemoteContext caller = new RemoteContext();
    private long nowNs;

    private RemoteContext caller(String flags, String state) {
        final Map<String, String> headers = new HashMap<>(Map.of("traceparent", IDS + flags));
        if (!state.isEmpty()) {
            headers.put("tracestate", state);
        }
        return traced.tracer().propagation().extract(headers, HeaderGetter.ofMap(), caller);
    }

    private Map<String, String> sent(TraceContext context) {
        final Map<String, String> headers = new HashMap<>();
        traced.tracer().propagation().inject(context, headers, HeaderSetter.ofMap());
        return headers;
    }

    private void ticks(int count) {
        for (int i = 0; i < count; i++) {
            nowNs += TICK_NS;
            traced.sink.housekeeping().doWork(nowNs);
        }
    }

    @Test
    void recordsAndSamplesAllWithoutThresholdByDefault() {
        try (Span span = traced.tracer().start(NAME)) {
            assertTrue(span.isRecording());
            assertTrue(span.isSampled());
            assertEquals("", span.traceState());
        }
    }

    @Test
    void recordsUnsampledSpansForHindsight() {
        traced.with(TracerConfig.SAMPLER, "always_off");
        try (Span span = traced.tracer().start(NAME)) {
            assertTrue(span.isRecording());
            assertFalse(span.isSampled());
            assertEquals("02", sent(span).get("traceparent").substring(53));
            try (Span inner = traced.tracer().start(INNER)) {
                assertTrue(inner.isRecording());
                assertFalse(inner.isSampled());
            }
        }
        assertEquals("deciding.name INTERNAL flags=102\n  deciding.inner INTERNAL flags=102\n", traced.picture());
    }

    @Test
    void recordsOnlySampledSpansIfSet() {
        traced.with(TracerConfig.SAMPLER, "parentbased_always_off")
                .with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED);
        try (Span span = traced.tracer().start(NAME)) {
            assertFalse(span.isRecording());
            assertFalse(span.isSampled());
            traced.tracer().start(INNER).end();
        }
        try (Span span = traced.tracer().start(NAME, SpanKind.SERVER, caller("01", ""))) {
            assertTrue(span.isRecording());
        }
        assertEquals("deciding.name SERVER flags=301\n", traced.picture());
        assertEquals(Map.of("unrecorded", 2L), traced.problems());
    }

    @Test
    void recordsNothingIfSet() {
        traced.with(TracerConfig.RECORD, TracerConfig.RECORD_NONE);
        traced.tracer().start(NAME, SpanKind.SERVER, caller("01", "")).end();
        traced.tracer().recording(true);
        ticks(2);
        traced.tracer().start(NAME).end();
        assertEquals(Map.of("unrecorded", 2L), traced.problems());
    }

    @Test
    void shareIsPropagatedAsThreshold() {
        traced.with(TracerConfig.SAMPLING_RATE, 0.5);
        int sampled = 0;
        for (int i = 0; i < 64; i++) {
            try (Span span = traced.tracer().start(NAME)) {
                final boolean reaches = (span.traceIdLow() & TraceContext.RANDOM_PART) >= Threshold.of(0.5);
                assertEquals(reaches, span.isSampled());
                final String state = reaches ? "ot=th:8" : "";
                assertEquals(state, span.traceState());
                try (Span inner = traced.tracer().start(INNER)) {
                    assertEquals(reaches, inner.isSampled());
                    assertEquals(state, inner.traceState());
                    assertEquals(reaches ? state : null, sent(inner).get("tracestate"));
                }
                sampled += reaches ? 1 : 0;
            }
        }
        assertTrue(sampled > 8 && sampled < 56, () -> "chosen by chance");
        assertTrue(traced.picture().contains("ot=th:8"), traced::picture);
        assertEquals(0, TraceBaggagePool.process().inUse());
    }

    @Test
    void decidingAllocatesNothing() {
        traced.sink.keeping(false);
        traced.with(TracerConfig.SAMPLING_RATE, 0.5)
                .with(TracerConfig.SAMPLING_RULES, SamplingRule.parseAll("path:/a/*/b=0.5;operation:deciding.r*=0.3"))
                .with(TracerConfig.SAMPLING_LIMIT, 1000.0)
                .with(TracerConfig.SAMPLING_LOWER_BOUND, 1.0)
                .with(TracerConfig.SAMPLING_ADAPTIVE, true);
        final Tracer tracer = traced.tracer();
        final RemoteContext asked = caller.clear().path("/a/1/b/2");
        Garbage.assertNone(() -> {
            final Span span = tracer.start(NAME, SpanKind.SERVER, asked);
            tracer.start(RARE).end();
            span.end();
            tracer.start(INNER).end();
        });
    }

    @Test
    void usesTheRandomnessOfTheCaller() {
        traced.with(TracerConfig.SAMPLER, "traceidratio").with(TracerConfig.SAMPLER_ARG, "0.25");
        final RemoteContext high = caller("01", "a=1,ot=x:y;th:4;rv:ffffffffffffff,b=2");
        try (Span span = traced.tracer().start(NAME, SpanKind.SERVER, high)) {
            assertTrue(span.isSampled());
            assertEquals("ot=th:c;x:y;rv:ffffffffffffff,a=1,b=2", span.traceState());
        }
        final RemoteContext low = caller("01", "a=1,ot=th:4;rv:00000000000000,b=2");
        try (Span span = traced.tracer().start(NAME, SpanKind.SERVER, low)) {
            assertFalse(span.isSampled());
            assertEquals("ot=rv:00000000000000,a=1,b=2", span.traceState());
        }
        final RemoteContext only = caller("01", "ot=th:4,b=2,ot=th:1");
        try (Span span = traced.tracer().start(NAME, SpanKind.SERVER, only)) {
            assertFalse(span.isSampled(), "by the random part of its id, 48eb211c80319c");
            assertEquals("b=2", span.traceState());
        }
    }

    @Test
    void thresholdReplacesTheLastMembersIfThereIsNoRoom() {
        traced.with(TracerConfig.SAMPLER, "traceidratio").with(TracerConfig.SAMPLER_ARG, "1");
        final String long1 = "a=" + "1".repeat(250);
        final RemoteContext full = caller("01", long1 + ",b=" + "2".repeat(120) + ",c=" + "3".repeat(130));
        try (Span span = traced.tracer().start(NAME, SpanKind.SERVER, full)) {
            assertEquals("ot=th:0," + long1 + ",b=" + "2".repeat(120), span.traceState());
        }
    }

    @Test
    void followsTheCallerAndKeepsItsThreshold() {
        traced.with(TracerConfig.SAMPLING_RATE, 0.0);
        try (Span span = traced.tracer().start(NAME, SpanKind.SERVER, caller("01", "ot=th:c,v=1"))) {
            assertTrue(span.isSampled());
            assertEquals("ot=th:c,v=1", span.traceState());
        }
        traced.tracer().start(NAME).end();
        assertEquals(2, traced.sink.accepted());
    }

    @Test
    void appliesRulesOfOperationsAndPaths() {
        traced.with(
                TracerConfig.SAMPLING_RULES,
                SamplingRule.parseAll("path:/health=0;path:/namespace/*/blobs/*=0,record;operation:deciding.r*=1"));
        final Tracer tracer = traced.tracer();
        try (Span span = tracer.start(NAME, SpanKind.SERVER, caller.clear().path("/health/live"))) {
            assertFalse(span.isRecording());
        }
        try (Span span = tracer.start(NAME, SpanKind.SERVER, caller.clear().path("/namespace/a/blobs/b"))) {
            assertTrue(span.isRecording());
            assertFalse(span.isSampled());
            try (Span rare = tracer.start(RARE)) { // its own rule samples more than its parent's
                assertTrue(rare.isSampled());
                assertEquals("ot=th:0", rare.traceState());
                try (Span below = tracer.start(INNER)) {
                    assertTrue(below.isSampled());
                }
            }
            try (Span other = tracer.start(INNER)) {
                assertFalse(other.isSampled());
            }
        }
        try (Span span = tracer.start(NAME, SpanKind.SERVER, caller("00", ""))) {
            try (Span rare = tracer.start(RARE)) { // unless another process has denied the trace
                assertFalse(rare.isSampled());
            }
        }
        try (Span span = tracer.start(NAME, SpanKind.SERVER, caller.clear().path("/other"))) {
            assertTrue(span.isSampled());
        }
        assertEquals(Map.of("unrecorded", 1L), traced.problems());
    }

    @Test
    void spanBelowAnUnrecordedOneCanBeSampled() {
        traced.with(TracerConfig.SAMPLING_RULES, SamplingRule.parseAll("operation:deciding.rare=1"))
                .with(TracerConfig.SAMPLER, "parentbased_always_off")
                .with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED);
        try (Span span = traced.tracer().start(NAME)) {
            assertFalse(span.isRecording());
            try (Span rare = traced.tracer().start(RARE)) {
                assertTrue(rare.isRecording());
                assertEquals(span.traceId(), rare.traceId());
                traced.tracer().start(INNER).end();
            }
        }
        assertEquals(
                "deciding.rare INTERNAL\n  ~ ot=th:0\n  deciding.inner INTERNAL\n    ~ ot=th:0\n", traced.picture());
    }

    @Test
    void appliesControlWordsAtTheNextRead(@TempDir Path directory) throws IOException {
        traced.with(TracerConfig.FILE, directory.toString()).with(TracerConfig.SAMPLING_RATE, 0.0);
        final Tracer tracer = traced.tracer();
        final ControlFile outside = ControlFile.open(tracer.file().path());
        final ControlWords words = ControlWords.EMPTY
                .withRate(1.0)
                .withOperation("deciding.r*", new ControlWords.Rate(0, 0))
                .withLimit(3.0);
        ticks(1);
        assertFalse(isSampled(NAME));
        outside.write(ControlWords.Author.BRIDGE, words);
        ticks(1);
        assertTrue(isSampled(NAME));
        assertFalse(isSampled(RARE));
        assertEquals(2, sampledOf(10), "three a second");
        outside.write(ControlWords.Author.OPERATOR, ControlWords.EMPTY.withRecording(false));
        ticks(1);
        tracer.start(NAME).end();
        assertEquals(1, traced.count(Counter.UNRECORDED));
        ticks(1);
        assertTrue(outside.inForce(ControlWords.Author.OPERATOR));
        assertEquals(1.0, SpanFileReader.open(tracer.file().path()).status().samplingRate());
        outside.clear(ControlWords.Author.OPERATOR);
        outside.clear(ControlWords.Author.BRIDGE);
        ticks(1);
        assertFalse(isSampled(NAME));
        assertEquals(1, traced.count(Counter.UNRECORDED));
    }

    private boolean isSampled(SpanName name) {
        try (Span span = traced.tracer().start(name)) {
            return span.isSampled();
        }
    }

    private int sampledOf(int count) {
        int sampled = 0;
        for (int i = 0; i < count; i++) {
            sampled += isSampled(NAME) ? 1 : 0;
        }
        return sampled;
    }

    @Test
    void fullRingOpensTheBreakerWhichProbesAndCloses() {
        traced.with(TracerConfig.BREAKER_ENABLED, true)
                .with(TracerConfig.BREAKER_COOLDOWN, Duration.ofSeconds(10))
                .with(TracerConfig.BREAKER_THRESHOLD, 0.8);
        final Tracer tracer = traced.tracer();
        final Span before = tracer.start(NAME);
        traced.sink.occupancy(1);
        ticks(60);
        traced.sink.occupancy(0);
        assertEquals(BreakerState.OPEN, state());
        tracer.start(INNER).end();
        assertEquals(1, traced.count(Counter.UNRECORDED));
        ticks(110);
        assertEquals(BreakerState.HALF_OPEN, state());
        before.end();
        assertAnEighthIsRecorded(NAME);
        ticks(60);
        assertEquals(BreakerState.CLOSED, state());
        assertTrue(isSampled(NAME));
    }

    @Test
    void recordsOnlySampledTracesUnderLoadAndCompletesBegunOnes() {
        traced.with(TracerConfig.BREAKER_ENABLED, true)
                .with(TracerConfig.BREAKER_SAMPLED_THRESHOLD, 0.5)
                .with(TracerConfig.SAMPLER, "parentbased_always_off");
        final Tracer tracer = traced.tracer();
        final Span before = tracer.start(NAME);
        assertTrue(before.isRecording());
        traced.sink.occupancy(0.7);
        ticks(60);
        assertEquals(BreakerState.SAMPLED_ONLY, state());
        assertTrue(tracer.describe().contains("breaker: sampled-only, opened 0 times, load 0."), tracer::describe);
        try (Span inner = tracer.start(INNER)) {
            assertTrue(inner.isRecording(), "its trace has been recorded from the start");
        }
        before.end();
        try (Span span = tracer.start(NAME)) {
            assertFalse(span.isRecording());
            assertFalse(span.isSampled());
        }
        try (Span span = tracer.start(NAME, SpanKind.SERVER, caller("01", ""))) {
            assertTrue(span.isRecording());
        }
        assertEquals(1, traced.count(Counter.UNRECORDED));
        traced.sink.occupancy(0);
        ticks(80);
        assertEquals(BreakerState.CLOSED, state());
        try (Span span = tracer.start(NAME)) {
            assertTrue(span.isRecording());
        }
    }

    private void assertAnEighthIsRecorded(SpanName name) {
        final long unrecorded = traced.count(Counter.UNRECORDED);
        for (int i = 0; i < 800; i++) {
            traced.tracer().start(name).end();
        }
        final long probed = 800 - (traced.count(Counter.UNRECORDED) - unrecorded);
        assertTrue(probed > 20 && probed < 300, () -> "an eighth, by chance: " + probed);
    }

    @Test
    void probeAlsoAppliesToSpansRaisedByAnOperation() {
        traced.with(TracerConfig.BREAKER_ENABLED, true)
                .with(TracerConfig.BREAKER_COOLDOWN, Duration.ofSeconds(10))
                .with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED)
                .with(TracerConfig.SAMPLER, "parentbased_always_off")
                .with(TracerConfig.SAMPLING_RULES, SamplingRule.parseAll("operation:deciding.rare=1"));
        traced.tracer();
        traced.sink.occupancy(1);
        ticks(60);
        traced.sink.occupancy(0);
        ticks(110);
        assertEquals(BreakerState.HALF_OPEN, state());
        int recorded = 0;
        for (int i = 0; i < 800; i++) {
            try (Span root = traced.tracer().start(NAME);
                    Span rare = traced.tracer().start(RARE)) {
                assertFalse(root.isRecording());
                recorded += rare.isRecording() ? 1 : 0;
            }
        }
        final int probed = recorded;
        assertTrue(probed > 20 && probed < 300, () -> "an eighth, by chance: " + probed);
    }

    private BreakerState state() {
        return traced.tracer().file().status().breaker();
    }

    @Test
    void measuresTheCostOfOneSpanInAThousand() {
        traced.sink.keeping(false);
        for (int i = 0; i < 10 * ThreadState.MEASURED_EVERY; i++) {
            try (Span span = traced.tracer().start(NAME)) {
                assertNotEquals(0, span.spanId());
            }
        }
        assertEquals(10, traced.count(Counter.COST_SPANS));
        // Readings: before, by and after the start; by and after the end; one of them only serves the measurement.
        // measurement.
        assertEquals(10 * 2, traced.count(Counter.COST_NANOS));
    }
}
