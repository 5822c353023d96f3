package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.text.Hex;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parents and children: nesting, explicit and remote parents, and spans used by other threads. */
class ContextTest {

    private static final SpanName A = SpanName.of("a");
    private static final SpanName B = SpanName.of("b");
    private static final SpanName C = SpanName.of("c");
    private static final LongKey N = Key.ofLong("n");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @Test
    void spanIsAChildOfTheEnclosingOne() {
        final Tracer tracer = traced.tracer();
        try (Span a = tracer.start(A)) {
            assertSame(a, tracer.current());
            try (Span b = tracer.start(B)) {
                assertSame(b, tracer.currentContext());
                tracer.start("deeper", SpanKind.CLIENT).end();
                tracer.startDetached(C, SpanKind.PRODUCER).end();
                assertSame(b, tracer.current());
            }
            tracer.start(C).end();
            assertSame(a, tracer.current());
        }
        assertSame(Span.NOOP, tracer.current());
        assertNull(tracer.currentContext());
        tracer.start(A).end();
        assertEquals("""
                a INTERNAL
                  b INTERNAL
                    deeper CLIENT
                    c PRODUCER
                  c INTERNAL
                a INTERNAL
                """, traced.picture());
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void eachTraceHasItsOwnId() {
        try (Span a = traced.tracer().start(A);
                Span b = traced.tracer().start(B);
                Span other = traced.tracer().start(C, SpanKind.SERVER, null)) {
            assertEquals(a.traceId(), b.traceId());
            assertNotEquals(a.spanId(), b.spanId());
            assertNotEquals(a.traceId(), other.traceId());
            assertEquals("00-" + a.traceId() + '-' + Hex.id(a.spanId()) + "-03", a.toString());
        }
        assertEquals("a INTERNAL\n  b INTERNAL\nc SERVER\n", traced.picture());
    }

    @Test
    void spansThatEndOutOfOrderKeepTheirParents() {
        final Tracer tracer = traced.tracer();
        final Span a = tracer.start(A);
        final Span b = tracer.start(B);
        final Span c = tracer.start(C);
        a.end();
        assertSame(c, tracer.current());
        tracer.start("under c", SpanKind.INTERNAL).end();
        c.end();
        assertSame(b, tracer.current());
        tracer.start("under b", SpanKind.INTERNAL).end();
        b.end();
        assertSame(Span.NOOP, tracer.current());
        assertEquals("""
                a INTERNAL
                  b INTERNAL
                    c INTERNAL
                      under c INTERNAL
                    under b INTERNAL
                """, traced.picture());
        assertEquals(Map.of("misuse.out_of_order", 1L), traced.problems());
    }

    @Test
    void explicitParentMayBeASpanAScopeOrACopy() {
        final Tracer tracer = traced.tracer();
        final Span a = tracer.startDetached(A, SpanKind.SERVER);
        final RemoteContext kept = new RemoteContext().copy(a);
        tracer.start(B, SpanKind.INTERNAL, a).end();
        tracer.startDetached(C, SpanKind.CLIENT, a).end();
        tracer.start("by name", SpanKind.INTERNAL, a).end();
        tracer.startDetached("detached by name", SpanKind.INTERNAL, a).end();
        try (Scope scope = a.makeCurrent()) {
            tracer.start(B, SpanKind.CONSUMER, scope).end();
        }
        a.end();
        tracer.start(B, SpanKind.PRODUCER, kept).end();
        assertEquals("""
                a SERVER
                  b INTERNAL
                  c CLIENT
                  by name INTERNAL
                  detached by name INTERNAL
                  b CONSUMER
                  b PRODUCER
                """, traced.picture());
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void copyOfNullIsInvalid() {
        final RemoteContext kept = new RemoteContext();
        try (Span span = traced.tracer().start(A)) {
            assertEquals(
                    span.toString(), kept.copy(traced.tracer().currentContext()).toString());
        }
        assertFalse(kept.copy(traced.tracer().currentContext()).isValid(), "cleared of the previous request");
    }

    @Test
    void endedParentIsUsedAndCounted() {
        final Span a = traced.tracer().start(A);
        a.end();
        traced.tracer().start(B, SpanKind.INTERNAL, a).end();
        assertEquals("a INTERNAL\n  b INTERNAL\n", traced.picture());
        assertEquals(Map.of("misuse.stale_parent", 1L), traced.problems());
    }

    @Test
    void flagsAreInheritedFromTheParent() {
        final Tracer tracer = traced.tracer();
        final RemoteContext remote = new RemoteContext();
        final int[] given = {0, TraceContext.SAMPLED, TraceContext.RANDOM, 0xFF};
        for (int flags : given) {
            try (Span server = tracer.start(A, SpanKind.SERVER, remote.set(1, 2, 3, flags))) {
                assertEquals(flags & 3, server.flags());
                assertEquals((flags & 1) != 0, server.isSampled());
                tracer.start(B).end();
            }
        }
        assertEquals("""
                a SERVER flags=300
                  b INTERNAL flags=100
                a SERVER flags=301
                  b INTERNAL flags=101
                a SERVER flags=302
                  b INTERNAL flags=102
                a SERVER flags=303
                  b INTERNAL
                """, traced.picture());
        assertEquals(3, RecordLayout.parentId(traced.lastRecord(), 0));
    }

    @Test
    void invalidParentBeginsATrace() {
        final Tracer tracer = traced.tracer();
        try (Span around = tracer.start(A)) {
            final RemoteContext context = new RemoteContext();
            for (TraceContext parent : new TraceContext[] {null, context.set(0, 0, 1, 1), context.clear(), Span.NOOP}) {
                final Span span = tracer.start(B, SpanKind.SERVER, parent);
                assertNotEquals(around.traceId(), span.traceId());
                span.end();
            }
        }
        assertEquals("a INTERNAL\n" + "b SERVER\n".repeat(4), traced.picture());
    }

    @ParameterizedTest
    @CsvSource({
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 1",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00, 0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03, 3",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff, 3",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fc, 0",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 1",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings, 1",
        "fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02-, 2"
    })
    void readsValidTraceparent(String header, int flags) {
        final RemoteContext context = new RemoteContext().parse(header);
        assertEquals(
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0" + flags,
                context.toString(),
                "what is sent on is of version 00");
        assertEquals(0x0af7651916cd43ddL, context.traceIdHigh());
        assertEquals(0x8448eb211c80319cL, context.traceIdLow());
        assertEquals(0xb7ad6b7169203331L, context.spanId());
    }

    @Test
    void idsOfAllOnesAreValid() {
        final String header = "00-" + "f".repeat(32) + '-' + "f".repeat(16) + "-01";
        assertEquals(header, new RemoteContext().parse(header).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011",
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7aD6b7169203331-01",
                "0G-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033:1-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331--1",
                "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
                "0 -0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\n",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\u0660\u0661",
                "\u0000\u0000-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "-------------------------------------------------------"
            })
    void malformedTraceparentIsInvalid(String header) {
        final RemoteContext context = new RemoteContext().set(1, 2, 3, 1).parse(header);
        assertFalse(context.isValid(), context::toString);
        assertEquals("00-" + "0".repeat(32) + '-' + "0".repeat(16) + "-00", context.toString());
        assertFalse(new RemoteContext().set(1, 2, 3, 1).parse(null).isValid());
    }

    @Test
    void detachedSpanIsEndedByAnotherThread() {
        final Tracer tracer = traced.tracer();
        final Span span = tracer.startDetached(A, SpanKind.SERVER).set(N, 1);
        assertSame(Span.NOOP, tracer.current());
        Threads.elsewhere(thread -> {
            span.set(N, 2).event("there");
            tracer.start(B, SpanKind.INTERNAL, span).end();
            span.end();
        });
        span.end();
        assertEquals("a SERVER\n  .n = 2\n  * there\n  b INTERNAL\n", traced.picture());
        assertEquals(Map.of("misuse.after_end", 1L), traced.problems());
    }

    @Test
    void attachedSpanRefusesOtherThreads() {
        final Tracer tracer = traced.tracer();
        final Span span = tracer.start(A);
        Threads.elsewhere(thread -> span.set(N, 1).event("e").set(N, 2));
        Threads.elsewhere(thread -> tracer.start(B, SpanKind.INTERNAL, span).end());
        assertEquals(Map.of("misuse.wrong_thread", 2L), traced.problems());
        span.set(N, 3).end();
        assertEquals("a INTERNAL\n  .n = 3\n  b INTERNAL\n", traced.picture());
    }

    @Test
    void spanIsMadeCurrentOnAnotherThread() {
        final Tracer tracer = traced.tracer();
        final Span span = tracer.start(A);
        Threads.elsewhere(thread -> {
            try (Scope scope = span.makeCurrent()) {
                assertSame(span, tracer.current());
                assertSame(scope, tracer.currentContext());
                try (Span b = tracer.start(B)) {
                    tracer.start(C).end();
                    assertSame(b, tracer.current());
                }
                assertSame(span, tracer.current());
            }
            assertSame(Span.NOOP, tracer.current());
        });
        span.end();
        assertEquals("a INTERNAL\n  b INTERNAL\n    c INTERNAL\n", traced.picture());
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void childrenHaveTheScopesSpanAsParentAfterItsEnd() {
        final Tracer tracer = traced.tracer();
        final Span span = tracer.startDetached(A, SpanKind.INTERNAL);
        try (Scope scope = span.makeCurrent()) {
            Threads.elsewhere(thread -> span.end());
            assertSame(Span.NOOP, tracer.current());
            assertSame(scope, tracer.currentContext());
            tracer.start(B).end();
        }
        assertEquals("a INTERNAL\n  b INTERNAL\n", traced.picture());
    }

    @Test
    void scopesTolerateAnyOrderOfClosing() {
        final Tracer tracer = traced.tracer();
        final Span a = tracer.startDetached(A, SpanKind.INTERNAL);
        final Span b = tracer.startDetached(B, SpanKind.INTERNAL);
        final Scope outer = a.makeCurrent();
        final Scope inner = b.makeCurrent();
        Threads.elsewhere(thread -> outer.close());
        assertSame(b, tracer.current());
        outer.close();
        assertSame(b, tracer.current());
        outer.close();
        inner.close();
        inner.close();
        assertSame(Span.NOOP, tracer.current());
        final Scope again = a.makeCurrent();
        inner.close();
        assertNotSame(inner, again, "a closed scope is not reused at once");
        assertSame(a, tracer.current());
        again.close();
        a.end();
        b.end();
        assertEquals(Map.of("misuse.out_of_order", 1L), traced.problems());
    }

    @Test
    void manyScopesAndSpansNest() {
        final Tracer tracer = traced.tracer();
        final Span a = tracer.startDetached(A, SpanKind.INTERNAL);
        final Scope[] scopes = new Scope[50];
        for (int i = 0; i < scopes.length; i++) {
            scopes[i] = a.makeCurrent();
        }
        final Span[] spans = new Span[50];
        for (int i = 0; i < spans.length; i++) {
            spans[i] = tracer.start(B);
        }
        for (int i = spans.length - 1; i >= 0; i--) {
            assertSame(spans[i], tracer.current());
            spans[i].end();
        }
        for (int i = scopes.length - 1; i >= 0; i--) {
            assertSame(a, tracer.current());
            scopes[i].close();
        }
        assertSame(Span.NOOP, tracer.current());
        a.end();
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void concurrentlyEndedParentsAndLinksAreConsistentOrAbsent() {
        final Tracer tracer = traced.tracer();
        final Map<Long, Long> traces = new ConcurrentHashMap<>();
        final AtomicReference<Span> pooled = new AtomicReference<>(Span.NOOP);
        final AtomicBoolean done = new AtomicBoolean();
        final List<long[]> met = new ArrayList<>();
        Threads.run(2, thread -> {
            while (thread == 0 && !done.get()) {
                final Span span = tracer.startDetached(A, SpanKind.INTERNAL);
                traces.put(span.spanId(), span.traceIdHigh());
                pooled.compareAndSet(Span.NOOP, span); // repeatedly, also after it is reused
                span.end();
            }
            for (int i = 0; thread == 1 && i < 20_000; i++) {
                final Span child = tracer.startDetached(B, SpanKind.INTERNAL, pooled.get());
                traces.put(child.spanId(), child.traceIdHigh()); // its object may be the pooled one
                for (int n = 0; n < 20; n++) {
                    child.link(pooled.get());
                }
                try (Scope scope = pooled.get().makeCurrent()) {
                    final Span below = tracer.start(C, SpanKind.INTERNAL, scope);
                    traces.put(below.spanId(), below.traceIdHigh());
                    below.end();
                }
                child.end();
                if (i % 100 == 0) {
                    traced.sink.drain().forEach(published -> addParentAndLinks(published.bytes(), met));
                }
            }
            done.set(true);
        });
        for (long[] ids : met) {
            assertEquals(traces.get(ids[0]), ids[1]);
        }
        assertTrue(met.size() > 10_000);
    }

    /** Span id and high half of the trace id of each span. */
    private static void addParentAndLinks(ByteBuffer record, List<long[]> to) {
        if (RecordLayout.parentId(record, 0) != 0) {
            to.add(new long[] {RecordLayout.parentId(record, 0), RecordLayout.traceIdHigh(record, 0)});
        }
        final EntryCursor links = new EntryCursor().wrap(record, RecordLayout.HEADER_LENGTH, record.capacity());
        while (links.next()) {
            to.add(new long[] {record.getLong(links.valueOffset() + 16), record.getLong(links.valueOffset())});
        }
    }

    @Test
    void tracersDoNotSeeEachOthersSpans() {
        final CapturingSink otherSink = new CapturingSink();
        try (Tracer other = Tracer.create(traced.config(), otherSink);
                Span a = traced.tracer().start(A)) {
            assertSame(Span.NOOP, other.current());
            try (Scope scope = a.makeCurrent()) {
                assertSame(scope, traced.tracer().currentContext());
                assertSame(Span.NOOP, other.current());
            }
            other.start(B, SpanKind.INTERNAL, a).end();
            assertEquals(a.spanId(), RecordLayout.parentId(otherSink.last().bytes(), 0));
            assertEquals(0, other.ledger().lost());
        }
        assertEquals("a INTERNAL\n", traced.picture());
    }
}
