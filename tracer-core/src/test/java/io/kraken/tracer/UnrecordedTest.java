package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.Propagator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Unrecorded spans: they propagate their context, and cost nothing else. */
@SuppressWarnings("try") // scopes are only closed
class UnrecordedTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final SpanName INNER = SpanName.of("inner");
    private static final StringKey TEXT = Key.ofString("text");
    private static final String SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final String DENIED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final RemoteContext caller = new RemoteContext();

    /** With its own traces neither sampled nor recorded. */
    private Tracer unsampled() {
        return traced.with(TracerConfig.SAMPLER, "parentbased_always_off")
                .with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED)
                .tracer();
    }

    private Tracer off() {
        traced.tracer().recording(false);
        return traced.tracer();
    }

    private RemoteContext caller(Tracer tracer, String... headers) {
        final Map<String, String> carrier = new HashMap<>();
        for (int i = 0; i < headers.length; i += 2) {
            carrier.put(headers[i], headers[i + 1]);
        }
        return tracer.propagation().extract(carrier, HeaderGetter.ofMap(), caller);
    }

    private static Map<String, String> sent(Tracer tracer, TraceContext context) {
        final Map<String, String> headers = new HashMap<>();
        tracer.propagation().inject(context, headers, HeaderSetter.ofMap());
        return headers;
    }

    @Test
    void newTraceIsPropagatedUnsampled() {
        final Tracer tracer = unsampled();
        final Span root = tracer.start(NAME);
        assertSame(root, tracer.current());
        assertTrue(root.isValid());
        assertFalse(root.isSampled());
        assertFalse(root.isRecording());
        final Span child = tracer.start(INNER);
        assertNotSame(root, child);
        assertEquals(root.traceId(), child.traceId());
        assertEquals(root.toString(), sent(tracer, child).get("traceparent"));
        assertTrue(root.toString().endsWith("-02"), root::toString);
        child.end();
        assertSame(root, tracer.current());
        root.end();
        assertSame(Span.NOOP, tracer.current());
        assertNotEquals(root.traceId(), startAndEnd(tracer));
        assertEquals(Map.of("unrecorded", 3L), traced.problems());
        assertEquals("", traced.picture());
    }

    private static String startAndEnd(Tracer tracer) {
        try (Span span = tracer.start(NAME)) {
            return span.traceId();
        }
    }

    @Test
    void callersContextIsPropagatedUnchanged() {
        final Tracer tracer = off();
        for (String parent : new String[] {SAMPLED, DENIED}) {
            try (Span span = tracer.start(NAME, SpanKind.SERVER, caller(tracer, "traceparent", parent))) {
                assertEquals(parent, sent(tracer, span).get("traceparent"));
                assertSame(Span.NOOP, tracer.start(INNER));
                assertEquals(parent, sent(tracer, tracer.currentContext()).get("traceparent"));
                try (Span inner = tracer.start(INNER, SpanKind.CLIENT, span)) {
                    assertEquals(parent, sent(tracer, inner).get("traceparent"));
                }
            }
        }
        assertEquals(Map.of("unrecorded", 6L), traced.problems());
    }

    @Test
    void traceStateAndBaggageArePropagated() {
        final Tracer tracer = off();
        final RemoteContext from =
                caller(tracer, "traceparent", SAMPLED, "tracestate", "x=1,ot=th:8", "baggage", "k=v");
        try (Span span = tracer.start(NAME, SpanKind.SERVER, from)) {
            span.baggage("own", "1");
            try (Span inner = tracer.start(INNER, SpanKind.CLIENT, span)) {
                final Map<String, String> headers = sent(tracer, inner);
                assertEquals("x=1,ot=th:8", headers.get("tracestate"));
                assertEquals("k=v,own=1", headers.get("baggage"));
            }
        }
        final Span detached = tracer.startDetached(NAME, SpanKind.CLIENT, from);
        detached.baggage("other", "2");
        assertEquals("k=v,other=2", sent(tracer, detached).get("baggage"));
        detached.end();
        assertEquals(0, TraceBaggagePool.process().inUse());
    }

    @Test
    void recordsNothingAndCountsNoMisuse() {
        final Tracer tracer = unsampled();
        final Span attached = tracer.start("name", SpanKind.SERVER);
        final Span detached = tracer.startDetached(NAME, SpanKind.INTERNAL);
        for (Span span : new Span[] {attached, detached}) {
            span.set(TEXT, "a").set("b", 1).name("other").error("bad");
            assertSame(SpanAnnotation.NOOP, span.event(NAME));
            assertSame(SpanAnnotation.NOOP, span.exception(new IllegalStateException()));
            assertSame(SpanAnnotation.NOOP, span.link(new RemoteContext().set(1, 1, 1, 1)));
            assertFalse(span.isError());
            span.end();
        }
        assertEquals(Map.of("unrecorded", 2L), traced.problems());
        attached.end();
        detached.end();
        attached.set(TEXT, "late");
        assertEquals(Map.of("unrecorded", 2L, "misuse.after_end", 3L), traced.problems());
    }

    @Test
    void objectIsReusedForARecordedSpan() {
        final Tracer tracer = unsampled();
        tracer.start(NAME).end();
        tracer.startDetached(NAME, SpanKind.INTERNAL).end();
        final RemoteContext from = caller(tracer, "traceparent", SAMPLED);
        for (int i = 0; i < 2 * TracerFixture.CHUNK; i++) {
            tracer.start(NAME, SpanKind.SERVER, from).set(TEXT, "t").end();
        }
        assertEquals("span SERVER flags=301\n  .text = \"t\"\n".repeat(2 * TracerFixture.CHUNK), traced.picture());
    }

    @Test
    void noTraceBeginsWhileNothingIsRecorded() {
        final Tracer tracer = off();
        assertSame(Span.NOOP, tracer.start(NAME));
        assertSame(Span.NOOP, tracer.startDetached(NAME, SpanKind.INTERNAL));
        assertSame(Span.NOOP, tracer.start(NAME, SpanKind.SERVER, caller(tracer)));
        assertNull(tracer.currentContext());
        try (Span span = tracer.start(NAME, SpanKind.SERVER, caller(tracer, "baggage", "k=v"))) {
            assertSame(Span.NOOP, tracer.start(INNER));
            assertEquals("k=v", sent(tracer, tracer.currentContext()).get("baggage"));
        }
        assertEquals(Map.of("unrecorded", 5L), traced.problems());
    }

    @Test
    void isCurrentOnOtherThreads() {
        final Tracer tracer = unsampled();
        final Span span = tracer.start(NAME);
        final Span detached = tracer.startDetached(NAME, SpanKind.INTERNAL, null);
        final ContextSnapshot here = tracer.snapshot();
        Threads.elsewhere(thread -> {
            try (Scope scope = span.makeCurrent()) {
                assertEquals(span.traceId(), startAndEnd(tracer));
            }
            try (Scope scope = here.makeCurrent()) {
                assertEquals(span.traceId(), startAndEnd(tracer));
                assertSame(span, tracer.current());
                span.end(); // by another thread than its owner, which is counted
                assertSame(Span.NOOP, tracer.current());
            }
            try (Scope scope = detached.makeCurrent()) {
                assertEquals(detached.traceId(), startAndEnd(tracer));
                detached.end();
                assertSame(Span.NOOP, tracer.current());
                assertEquals(detached.traceId(), startAndEnd(tracer));
            }
            assertNull(tracer.currentContext());
        });
        assertNull(tracer.currentContext());
        assertEquals(Map.of("unrecorded", 6L, "misuse.wrong_thread", 1L), traced.problems());
    }

    @Test
    void parentIsTheLastRecordedSpanAfterSwitchingOff() {
        final Tracer tracer = traced.tracer();
        final Span recorded = tracer.start(NAME);
        tracer.recording(false);
        assertSame(Span.NOOP, tracer.start(INNER));
        assertSame(recorded, tracer.current());
        final Span inner = tracer.start(INNER, SpanKind.INTERNAL, recorded);
        assertEquals(recorded.toString(), sent(tracer, inner).get("traceparent"));
        tracer.recording(true);
        tracer.start("below", SpanKind.CLIENT).end(); // its parent is not recorded
        inner.end();
        tracer.start("beside", SpanKind.CLIENT).end();
        recorded.end();
        assertEquals("span INTERNAL\n  beside CLIENT\n", traced.picture());
        assertEquals(Map.of("unrecorded", 3L), traced.problems());
    }

    @Test
    void readsNoClock() {
        final Tracer tracer = unsampled();
        final long before = traced.clock.ticks();
        try (Span span = tracer.start(NAME)) {
            tracer.start(INNER).end();
            tracer.startDetached(INNER, SpanKind.CLIENT, span).end();
        }
        assertEquals(before + 1, traced.clock.ticks());
    }

    @Test
    void allocatesNothing() {
        traced.sink.keeping(false);
        final Tracer tracer = unsampled();
        final RemoteContext from = caller(tracer, "traceparent", DENIED, "tracestate", "x=1");
        Garbage.assertNone(() -> {
            final Span span = tracer.start(NAME, SpanKind.SERVER, from);
            tracer.start(INNER).set(TEXT, "a").end();
            tracer.startDetached(INNER, SpanKind.CLIENT, span).end();
            span.end();
        });
    }

    @Test
    void isDroppedIfNoRecordIsFree() {
        final Tracer tracer = unsampled();
        final Span[] open = new Span[TracerFixture.RECORDS];
        for (int i = 0; i < open.length; i++) {
            open[i] = tracer.startDetached(NAME, SpanKind.INTERNAL);
        }
        assertSame(Span.NOOP, tracer.start(NAME));
        for (Span span : open) {
            span.end();
        }
        assertEquals(Map.of("unrecorded", (long) open.length, "dropped.records_full", 1L), traced.problems());
    }

    @Test
    void disabledTracerPropagatesReceivedContexts() {
        final Tracer tracer = Tracer.create(new TracerConfig().with(TracerConfig.ENABLED, false), traced.sink);
        assertFalse(tracer.isEnabled());
        assertTrue(tracer.isPropagating());
        assertSame(Span.NOOP, tracer.start(NAME));
        assertSame(Span.NOOP, tracer.start(NAME, SpanKind.SERVER, caller(tracer)));
        final RemoteContext from = caller(tracer, "traceparent", SAMPLED, "tracestate", "x=1", "baggage", "k=v");
        try (Span span = tracer.start(NAME, SpanKind.SERVER, from)) {
            assertSame(Span.NOOP, tracer.start(INNER));
            final Map<String, String> all = Map.of("traceparent", SAMPLED, "tracestate", "x=1", "baggage", "k=v");
            assertEquals(all, sent(tracer, tracer.currentContext()));
            final ContextSnapshot here = tracer.snapshot();
            Threads.elsewhere(thread -> {
                try (Scope scope = here.makeCurrent()) {
                    assertEquals(all, sent(tracer, tracer.currentContext()));
                }
                assertNull(tracer.currentContext());
            });
            final Runnable work =
                    TracedTasks.runnable(tracer, () -> assertEquals(all, sent(tracer, tracer.currentContext())));
            final Callable<Object> call = TracedTasks.callable(tracer, () -> sent(tracer, tracer.currentContext()));
            Threads.elsewhere(thread -> {
                work.run();
                assertEquals(all, call.call());
                assertNull(tracer.currentContext());
            });
            assertFalse(span.isRecording());
        }
        assertNull(tracer.currentContext());
        assertSame(Span.NOOP, tracer.current());
        assertEquals(0, TraceBaggagePool.process().inUse());
        tracer.close();
    }

    @Test
    void disabledTracerTakesBackSpansOfDeadThreads() {
        final Tracer tracer = Tracer.create(new TracerConfig().with(TracerConfig.ENABLED, false), traced.sink);
        final RemoteContext from = caller(tracer, "traceparent", SAMPLED);
        for (int i = 0; i < 1024; i++) {
            Threads.elsewhere(thread -> assertNotSame(Span.NOOP, tracer.start(NAME, SpanKind.SERVER, from)));
        }
        try (Span span = tracer.start(NAME, SpanKind.SERVER, from)) {
            assertNotSame(Span.NOOP, span);
        }
        tracer.close();
    }

    /** Decisions, and a deferred one. */
    @ParameterizedTest
    @CsvSource({
        "b3, 0",
        "b3, 1",
        "b3, d",
        "b3, 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "b3, 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "b3, 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
        "b3, 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-d",
        "uber-trace-id, 0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:0",
        "uber-trace-id, 0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:3",
        "uber-trace-id, 0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:8",
        "uber-trace-id, 0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:9",
        "baggage, k=v"
    })
    void disabledTracerDecidesNothing(String name, String value) throws Exception {
        final TracerConfig config = new TracerConfig()
                .with(TracerConfig.ENABLED, false)
                .with(TracerConfig.PROPAGATORS, name.equals("uber-trace-id") ? "jaeger" : "b3,baggage");
        try (Tracer tracer = Tracer.create(config, traced.sink);
                Span span = tracer.start(NAME, SpanKind.SERVER, caller(tracer, name, value))) {
            assertEquals(Map.of(name, value), sent(tracer, span));
            assertEquals(Map.of(name, value), sent(tracer, new RemoteContext().copy(span)));
            final Callable<Map<String, String>> work =
                    TracedTasks.callable(tracer, () -> sent(tracer, tracer.currentContext()));
            Threads.elsewhere(thread -> assertEquals(Map.of(name, value), work.call()));
        }
        assertEquals(0, TraceBaggagePool.process().inUse());
    }

    @Test
    void disabledTracerWithoutPropagatorsPropagatesNothing() {
        final TracerConfig config =
                new TracerConfig().with(TracerConfig.ENABLED, false).with(TracerConfig.PROPAGATORS, Propagator.NONE);
        final Tracer tracer = Tracer.create(config, traced.sink);
        assertFalse(tracer.isPropagating());
        assertSame(Span.NOOP, tracer.start(NAME, SpanKind.SERVER, caller.set(1, 1, 1, 1)));
    }
}
