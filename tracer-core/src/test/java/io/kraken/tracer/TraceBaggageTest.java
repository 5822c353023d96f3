package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.sampling.Sampling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Trace state and baggage within a process, with its spans. */
class TraceBaggageTest {

    private static final SpanName A = SpanName.of("a");
    private static final SpanName B = SpanName.of("b");
    private static final SpanName C = SpanName.of("c");
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final RemoteContext caller = new RemoteContext();
    private int held;

    @BeforeEach
    void count() {
        held = TraceBaggagePool.process().inUse();
    }

    /** All places have been released. */
    @AfterEach
    void compare() {
        assertEquals(held, TraceBaggagePool.process().inUse(), "leaked places");
    }

    private RemoteContext caller(String state, String baggage) {
        final Map<String, String> headers = Map.of("traceparent", PARENT, "tracestate", state, "baggage", baggage);
        return traced.tracer().propagation().extract(headers, HeaderGetter.ofMap(), caller);
    }

    private Map<String, String> sent(TraceContext context) {
        final Map<String, String> headers = new HashMap<>();
        traced.tracer().propagation().inject(context, headers, HeaderSetter.ofMap());
        return headers;
    }

    /** Eight setters wait, so the ninth injection finds no pooled buffer. */
    @Test
    void setterThatThrowsReleasesTheContext() {
        final Span span = traced.tracer().startDetached(A, SpanKind.SERVER, caller("", "tenant=k"));
        assertThrows(IllegalStateException.class, () -> nested(span, 8));
        span.end();
    }

    private void nested(Span span, int levels) {
        traced.tracer().propagation().inject(span, this, (carrier, name, value) -> {
            if (levels == 0) {
                throw new IllegalStateException("the request is closed");
            }
            nested(span, levels - 1);
        });
    }

    @Test
    void deadThreadWithOpenScopesHoldsNothing() {
        final Tracer tracer = traced.tracer();
        final Span span = tracer.startDetached(A, SpanKind.SERVER, caller("", "tenant=k"));
        for (int i = 0; i < 3; i++) {
            Threads.elsewhere(thread -> span.makeCurrent().baggage("tenant"));
        }
        span.end();
        for (int lists = 0; lists < 256; lists++) {
            traced.sink.housekeeping().doWork(0);
        }
    }

    @Test
    void recordsConfiguredBaggageKeysAtTheStart() {
        traced.with(TracerConfig.BAGGAGE_ATTRIBUTES, List.of("tenant", "tier", "broken", "own"));
        final Tracer tracer = traced.tracer();
        final RemoteContext from = caller("", "tenant=k%C3%B6ln%20%zz,tier=1;meta,other=x,broken=%FF,tier=2");
        try (Span server = tracer.start(A, SpanKind.SERVER, from)) {
            server.baggage("own", "mine");
            tracer.start(B).end();
            tracer.startDetached(C, SpanKind.INTERNAL, server).set("tier", "3").end();
        }
        final String tenant = ".baggage.tenant = \"köln %zz\"\n";
        assertEquals(
                "a SERVER flags=301\n  " + tenant + "  .baggage.tier = \"2\"\n  - dropped attributes 1\n"
                        + "  b INTERNAL flags=101\n    " + tenant
                        + "    .baggage.tier = \"2\"\n    .baggage.own = \"mine\"\n    - dropped attributes 1\n"
                        + "  c INTERNAL flags=101\n    " + tenant
                        + "    .baggage.tier = \"2\"\n    .baggage.own = \"mine\"\n    .tier = \"3\"\n"
                        + "    - dropped attributes 1\n",
                traced.picture());
    }

    @Test
    void recordingBaggageAllocatesNothing() {
        traced.sink.keeping(false);
        traced.with(TracerConfig.BAGGAGE_ATTRIBUTES, List.of("tenant"));
        final Tracer tracer = traced.tracer();
        final RemoteContext from = caller("", "tenant=k%C3%B6ln");
        Garbage.assertNone(() -> tracer.start(A, SpanKind.SERVER, from).end());
    }

    @Test
    void recordsTraceStateWithEverySpan() {
        final Tracer tracer = traced.tracer();
        try (Span server = tracer.start(A, SpanKind.SERVER, caller("x=1,y=2", "k=v"))) {
            tracer.start(B).end();
            tracer.start("late", SpanKind.CLIENT).end();
            tracer.startDetached(C, SpanKind.INTERNAL, server).end();
            tracer.startDetached("late", SpanKind.INTERNAL, server).end();
        }
        assertEquals("""
                a SERVER flags=301
                  ~ x=1,y=2
                  b INTERNAL flags=101
                    ~ x=1,y=2
                  late CLIENT flags=101
                    ~ x=1,y=2
                  c INTERNAL flags=101
                    ~ x=1,y=2
                  late INTERNAL flags=101
                    ~ x=1,y=2
                """, traced.picture());
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void linkHasTheTraceStateOfItsSpan() {
        final Tracer tracer = traced.tracer();
        final Key.BooleanKey first = Key.ofBoolean("first");
        caller("x=1,y=2", "k=v");
        final String ids = caller.toString().substring(3, 52);
        final Span other = tracer.startDetached(A, SpanKind.SERVER, caller);
        final String others = other.toString().substring(3, 52);
        try (Span span = tracer.start(B)) {
            span.link(caller).set(first, true);
            span.link(other).set(first, false);
            span.link(caller("", "k=v"));
        }
        other.end();
        assertEquals("""
                a SERVER flags=301
                  ~ x=1,y=2
                b INTERNAL
                  -> CALLER flags=301 ~ x=1,y=2 {first=true}
                  -> OTHER flags=101 ~ x=1,y=2 {first=false}
                  -> CALLER flags=301
                """.replace("CALLER", ids).replace("OTHER", others), traced.picture());
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void linkIsRecordedWithoutRoomForItsTraceState() {
        final Key.LongKey number = Key.ofLong("number");
        caller("a=" + "v".repeat(254) + ",b=" + "w".repeat(252), "");
        final int largest = 64 * traced.config().get(TracerConfig.RECORD_LENGTH);
        try (Span span = traced.tracer().start(A)) {
            span.set("text", "x".repeat(largest - 400)).link(caller).set(number, 7);
        }
        final String picture = traced.picture();
        assertTrue(
                picture.endsWith("x\"\n  -> " + caller.toString().substring(3, 52) + " flags=301 {number=7}\n"),
                picture);
        assertEquals(Map.of("truncated.entries", 1L), traced.problems());
    }

    @Test
    void spansPropagateTheCallersData() {
        final Tracer tracer = traced.tracer();
        try (Span server = tracer.start(A, SpanKind.SERVER, caller("x=1,y=2", "k=v;m"))) {
            try (Span client = tracer.start(B, SpanKind.CLIENT)) {
                final Map<String, String> expected =
                        Map.of("traceparent", client.toString(), "tracestate", "x=1,y=2", "baggage", "k=v;m");
                assertEquals(expected, sent(client));
                assertEquals(expected, sent(tracer.currentContext()));
                assertEquals(expected, sent(new RemoteContext().copy(client)));
                assertEquals("v", client.baggage("k"));
                assertEquals("x=1,y=2", client.traceState());
            }
            assertEquals("v", server.baggage("k"));
        }
        assertEquals(Map.of(), sent(tracer.currentContext()));
    }

    @Test
    void traceWithoutEitherCarriesNothing() {
        final Tracer tracer = traced.tracer();
        try (Span span = tracer.start(A, SpanKind.SERVER, caller.parse(PARENT))) {
            assertEquals(Map.of("traceparent", span.toString()), sent(span));
            assertEquals(held, TraceBaggagePool.process().inUse());
            assertEquals("", span.traceState());
            assertNull(span.baggage("k"));
        }
        assertEquals("a SERVER flags=301\n", traced.picture());
    }

    @Test
    void reusedObjectsCarryTheNextTracesData() {
        final Tracer tracer = traced.tracer();
        for (int i = 0; i < 100; i++) {
            try (Span span = tracer.start(A, SpanKind.SERVER, caller("x=" + i, "k=" + i))) {
                assertEquals("x=" + i, span.traceState());
                assertEquals(Integer.toString(i), span.baggage("k"));
            }
            try (Span span = tracer.start(A)) {
                assertNull(span.baggage("k"));
                assertEquals("", span.traceState());
            }
        }
        assertTrue(TraceBaggagePool.process().inUse() == held);
    }

    @Test
    void baggageIsInheritedByLaterChildren() {
        final Tracer tracer = traced.tracer();
        try (Span server = tracer.start(A, SpanKind.SERVER, caller("x=1", "k=v"))) {
            final Span before = tracer.startDetached(B, SpanKind.INTERNAL);
            server.baggage("user", "J\u00fcrgen").baggage("k", "w");
            try (Span after = tracer.start(C)) {
                assertEquals("J\u00fcrgen", after.baggage("user"));
                assertEquals("w", after.baggage("k"));
                assertEquals("user=J%C3%BCrgen,k=w", sent(after).get("baggage"));
                after.baggage("user", null).baggage("k", null);
                assertNull(sent(after).get("baggage"));
                assertEquals("x=1", after.traceState());
            }
            assertEquals("J\u00fcrgen", server.baggage("user"));
            assertEquals("v", before.baggage("k"));
            assertNull(before.baggage("user"));
            before.end();
        }
        assertFalse(traced.picture().contains("user"), "it is not recorded");
    }

    @Test
    void baggageNeedsNoCaller() {
        try (Span span = traced.tracer().start(A)) {
            span.baggage("k", "v");
            assertEquals("k=v", sent(span).get("baggage"));
            traced.tracer().start(B).end();
        }
        assertEquals("a INTERNAL\n  b INTERNAL\n", traced.picture());
    }

    @Test
    void countsBaggageWithoutRoom() {
        try (Span span = traced.tracer().start(A)) {
            span.baggage("a b", "v").baggage("k", "v".repeat(9_000)).baggage(null, "v");
            assertEquals(held, TraceBaggagePool.process().inUse());
        }
        Span.NOOP.baggage("k", "v");
        assertEquals(Map.of("misuse.argument", 2L, "context.lost", 1L), traced.problems());
    }

    @Test
    void baggageOfAnEndedSpanIsGone() {
        final Span span = traced.tracer().start(A).baggage("k", "v");
        span.end();
        span.baggage("k", "w");
        assertNull(span.baggage("k"));
        assertEquals(Map.of("misuse.after_end", 1L), traced.problems());
    }

    @Test
    void scopeCarriesItsSpansDataAfterTheEnd() {
        final Tracer tracer = traced.tracer();
        final Span span = tracer.startDetached(A, SpanKind.SERVER, caller("x=1", "k=v"));
        try (Scope scope = span.makeCurrent()) {
            tracer.start(B).end();
            tracer.current().baggage("k", "w");
            try (Span child = tracer.start(B)) {
                assertEquals("w", child.baggage("k"));
            }
            span.end();
            try (Span child = tracer.start(C)) {
                assertEquals("w", child.baggage("k"));
                assertEquals("x=1", child.traceState());
            }
            assertEquals("w", scope.baggage("k"));
        }
    }

    @Test
    void keptContextCarriesACopy() {
        final Tracer tracer = traced.tracer();
        final Span span = tracer.start(A, SpanKind.SERVER, caller("x=1,kraken=d", "k=v"));
        final RemoteContext kept = new RemoteContext().copy(span);
        final RemoteContext again = new RemoteContext().copy(kept);
        span.end();
        caller.clear();
        assertEquals(Sampling.DEBUG, again.sampling());
        try (Span later = tracer.start(B, SpanKind.INTERNAL, again)) {
            assertEquals("x=1,kraken=d", later.traceState());
            assertEquals("v", later.baggage("k"));
        }
        assertEquals("", again.copy(null).traceState());
        assertEquals("v", kept.copy(kept).baggage("k"));
    }

    @Test
    void childOnAnotherThreadCarriesTheSame() {
        final Tracer tracer = traced.tracer();
        final Span span = tracer.startDetached(A, SpanKind.SERVER, caller("x=1", "k=v"));
        Threads.elsewhere(thread -> {
            try (Span child = tracer.start(B, SpanKind.INTERNAL, span)) {
                assertEquals("x=1", child.traceState());
                span.baggage("k", "w");
                span.end();
                assertEquals("v", child.baggage("k"));
            }
        });
    }

    @Test
    void otherTracersOfTheProcessInheritIt() {
        final Span span = traced.tracer().start(A, SpanKind.SERVER, caller("x=1", "k=v"));
        try (Tracer other = Tracer.create(traced.config(), new CapturingSink())) {
            final Span child = other.start(B, SpanKind.INTERNAL, span);
            assertEquals("x=1", child.traceState());
            assertEquals("v", child.baggage("k"));
            child.end();
        }
        span.end();
    }

    @Test
    void deniedTraceAndItsChildrenAreNotSampled() {
        final Tracer tracer = traced.tracer();
        new Propagation("b3").extract(Map.of("b3", "0"), HeaderGetter.ofMap(), caller);
        try (Span server = tracer.start(A, SpanKind.SERVER, caller)) {
            assertEquals(TraceContext.RANDOM, server.flags());
            assertEquals(Sampling.DENIED, server.sampling());
            assertTrue(sent(server).get("traceparent").endsWith("-02"));
            tracer.start(B).end();
        }
        assertEquals("a SERVER flags=102\n  b INTERNAL flags=102\n", traced.picture());
    }

    @Test
    void deferredTraceIsSampled() {
        final String ids = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
        new Propagation("b3").extract(Map.of("b3", ids), HeaderGetter.ofMap(), caller);
        try (Span server = traced.tracer().start(A, SpanKind.SERVER, caller)) {
            assertEquals(caller.traceId(), server.traceId());
            assertEquals(Sampling.SAMPLED, server.sampling());
            assertEquals(TraceContext.SAMPLED, server.flags(), "whether the id is random is unknown");
        }
    }

    @Test
    void debugTraceStaysDebug() {
        final Propagation b3 = new Propagation("b3");
        for (String header : new String[] {"d", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-d"}) {
            b3.extract(Map.of("b3", header), HeaderGetter.ofMap(), caller);
            try (Span server = traced.tracer().start(A, SpanKind.SERVER, caller)) {
                assertEquals(Sampling.DEBUG, server.sampling());
                final Map<String, String> out = new HashMap<>();
                b3.inject(server, out, HeaderSetter.ofMap());
                assertTrue(out.get("b3").endsWith("-d"));
            }
        }
        assertEquals("a SERVER\n  ~ kraken=d\na SERVER flags=301\n  ~ kraken=d\n", traced.picture());
    }

    @Test
    void newTraceMayHaveBaggage() {
        final Map<String, String> headers = Map.of("baggage", "k=v", "traceparent", "malformed", "tracestate", "x=1");
        traced.tracer().propagation().extract(headers, HeaderGetter.ofMap(), caller);
        try (Span server = traced.tracer().start(A, SpanKind.SERVER, caller)) {
            assertEquals("v", server.baggage("k"));
            assertEquals("", server.traceState());
            assertNotEquals(0, server.traceIdHigh());
            assertEquals(TraceContext.SAMPLED | TraceContext.RANDOM, server.flags());
        }
    }

    @Test
    void longestTraceStateIsRecordedCompletely() {
        final String longest = "a=" + "v".repeat(254) + ",b=" + "w".repeat(252);
        traced.tracer().start(A, SpanKind.SERVER, caller(longest, "")).end();
        assertEquals("a SERVER flags=301\n  ~ " + longest + '\n', traced.picture());
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void countsLostContextsIfAllPlacesAreHeld() {
        final TraceBaggagePool pool = new TraceBaggagePool(16);
        final List<Long> taken = new ArrayList<>();
        caller("x=1", "k=v");
        for (int i = 0; i < 16; i++) {
            taken.add(pool.inherit(caller));
            assertNotEquals(TraceBaggagePool.NONE, taken.get(i));
        }
        assertEquals(TraceBaggagePool.NONE, pool.inherit(caller));
        assertEquals(TraceBaggagePool.NONE, pool.with(taken.get(0), "k", "w"));
        assertEquals(16, pool.inUse());
        pool.release(taken.get(3));
        assertFalse(pool.hold(taken.get(3)));
        final long again = pool.with(taken.get(0), "k", "w");
        assertEquals("w", pool.at(again).baggage.get("k"));
        assertFalse(pool.hold(taken.get(3)), "a stale handle is recognised");
        assertTrue(pool.hold(again));
        pool.release(again);
        pool.release(again);
        assertEquals(15, pool.inUse());
    }

    @Test
    void concurrentThreadsKeepTheDataOfTheirTrace() {
        final Tracer tracer = traced.tracer();
        traced.sink.keeping(false);
        final Span[] servers = new Span[4];
        for (int i = 0; i < servers.length; i++) {
            servers[i] = tracer.startDetached(A, SpanKind.SERVER, caller("x=" + i, "k=" + i));
        }
        Threads.run(4, thread -> {
            for (int i = 0; i < 20_000; i++) {
                final int trace = (thread + i) % servers.length;
                try (Span child = tracer.start(B, SpanKind.INTERNAL, servers[trace])) {
                    if (child.isRecording()) {
                        assertEquals("x=" + trace, child.traceState());
                        child.baggage("n", "v");
                        assertEquals("v", child.baggage("n"));
                        assertEquals(Integer.toString(trace), child.baggage("k"));
                    }
                }
            }
        });
        for (Span server : servers) {
            server.end();
        }
        assertEquals(Map.of(), traced.problems());
    }
}
