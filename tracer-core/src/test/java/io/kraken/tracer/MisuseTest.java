package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.file.Ledger;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Misuse of the API has no consequence for the program, and is counted. */
class MisuseTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final SpanName OTHER = SpanName.of("other");
    private static final StringKey TEXT = Key.ofString("text");
    private static final LongKey NUMBER = Key.ofLong("number");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @Test
    void nullForAnyParameterNeverThrows() throws Exception {
        final Tracer tracer = traced.tracer();
        final Span span = tracer.start(NAME);
        callAllWithNulls(span);
        callAllWithNulls(span.event(OTHER));
        callAllWithNulls(span.makeCurrent());
        callAllWithNulls(tracer);
        callAllWithNulls(Span.NOOP);
        callAllWithNulls(SpanAnnotation.NOOP);
        callAllWithNulls(Scope.NOOP);
        callAllWithNulls(new RemoteContext());
        callAllWithNulls(Tracer.disabled());
        span.end();
        assertEquals("span INTERNAL\n  * other\n  ! OK\n", traced.picture());
        assertEquals(Set.of("misuse.argument"), traced.problems().keySet());
    }

    /** All methods except those that end something or wait. */
    private void callAllWithNulls(Object target) throws Exception {
        for (Method method : target.getClass().getMethods()) {
            final boolean ours = method.getDeclaringClass().getName().startsWith("io.kraken")
                    && !Modifier.isStatic(method.getModifiers());
            if (!ours || method.getName().equals("close") && target instanceof Tracer || endsSpan(method, target)) {
                continue;
            }
            final Class<?>[] types = method.getParameterTypes();
            final Object[] arguments = new Object[types.length];
            for (int i = 0; i < types.length; i++) {
                arguments[i] = types[i] == boolean.class
                        ? Boolean.TRUE
                        : types[i] == int.class
                                ? (Object) 1
                                : types[i] == long.class ? (Object) 1L : types[i] == double.class ? 1.0 : null;
            }
            try {
                final Object result = method.invoke(target, arguments);
                if (result instanceof Scope) {
                    ((Scope) result).close();
                }
            } catch (InvocationTargetException e) {
                throw new AssertionError(method + " threw", e.getCause());
            }
        }
    }

    private static boolean endsSpan(Method method, Object target) {
        return target instanceof Span && target != Span.NOOP && method.getName().matches("end|close");
    }

    @Test
    void factoriesAcceptNullAndEmptyTexts() {
        assertEquals("", SpanName.of(null).toString());
        assertEquals("", SpanName.of("").toString());
        assertEquals("", Key.ofLong(null).toString());
        for (String name : new String[] {null, ""}) {
            try (Span span = traced.tracer().start(SpanName.of(name))) {
                span.event(SpanName.of(name)).set(NUMBER, 1);
                span.name(name);
            }
        }
        assertEquals(" INTERNAL\n  *  {number=1}\n".repeat(2), traced.picture());
        assertEquals(Map.of("misuse.argument", 1L), traced.problems());
    }

    @Test
    void startWithoutNameOrKindIsRefused() {
        final Tracer tracer = traced.tracer();
        assertSame(Span.NOOP, tracer.start((SpanName) null));
        assertSame(Span.NOOP, tracer.start(NAME, null));
        assertSame(Span.NOOP, tracer.start((String) null, SpanKind.SERVER));
        assertSame(Span.NOOP, tracer.start(NAME, null, null));
        assertSame(Span.NOOP, tracer.start((String) null, SpanKind.SERVER, null));
        assertSame(Span.NOOP, tracer.startDetached(NAME, null));
        assertSame(Span.NOOP, tracer.startDetached((SpanName) null, SpanKind.SERVER, null));
        assertSame(Span.NOOP, tracer.startDetached("name", null, null));
        assertEquals(Map.of("misuse.argument", 8L), traced.problems());
    }

    @Test
    void noopSpanDoesNothing() {
        final Span noop = Tracer.disabled().start(NAME, SpanKind.SERVER);
        assertSame(Span.NOOP, noop);
        assertSame(noop, noop.set(TEXT, "a").set(NUMBER, 1).name("b").ok().error("c"));
        assertSame(SpanAnnotation.NOOP, noop.event(OTHER).set(TEXT, "a"));
        assertSame(SpanAnnotation.NOOP, noop.link(new RemoteContext().set(1, 1, 1, 1)));
        assertSame(Scope.NOOP, noop.makeCurrent());
        assertFalse(noop.isRecording());
        assertFalse(noop.isValid());
        noop.makeCurrent().close();
        noop.end();
        noop.close();
        final Tracer off = Tracer.disabled();
        assertSame(Ledger.EMPTY, off.ledger());
        assertSame(Span.NOOP, off.startDetached(NAME, SpanKind.SERVER));
        assertSame(Span.NOOP, off.current());
        off.recording(true);
        off.close();
        assertFalse(off.isEnabled());
        assertEquals("tracer: off (no tracer was configured)\n", off.describe());
    }

    @Test
    void doesNotCallGetMessageForADroppedEvent() {
        final boolean[] called = new boolean[1];
        final RuntimeException expensive = new RuntimeException() {
            private static final long serialVersionUID = 1;

            @Override
            public String getMessage() {
                called[0] = true;
                return "message";
            }
        };
        final Span ended = traced.tracer().start(NAME);
        ended.end();
        ended.exception(expensive);
        Span.NOOP.exception(expensive);
        assertFalse(called[0]);
        assertEquals(Map.of("misuse.after_end", 1L), traced.problems());
    }

    @Test
    void annotationIsValidUntilSomethingElseIsAdded() {
        try (Span span = traced.tracer().start(NAME)) {
            final SpanAnnotation event = span.event(OTHER).set(NUMBER, 1);
            span.set(NUMBER, 2);
            event.set(TEXT, "too late").set(NUMBER, 3);
            final SpanAnnotation next = span.event(NAME);
            event.set(TEXT, "still too late");
            next.set(NUMBER, 4);
        }
        assertEquals("""
                span INTERNAL
                  .number = 2
                  * other {number=1}
                  * span {number=4}
                """, traced.picture());
        assertEquals(Map.of("misuse.argument", 3L), traced.problems());
    }

    @Test
    void annotationOfAnEndedSpanDoesNotTouchALaterSpan() {
        final Span span = traced.tracer().start(NAME);
        final SpanAnnotation event = span.event(OTHER);
        span.end();
        for (int i = 1; i < TracerFixture.RECORDS; i++) {
            traced.tracer().start(NAME).end();
        }
        try (Span reborn = traced.tracer().start(NAME)) {
            assertSame(span, reborn);
            event.set(NUMBER, 1);
            reborn.event(OTHER).set(NUMBER, 2);
            event.set(NUMBER, 3);
        }
        assertEquals("span INTERNAL\n  * other {number=2}\n", lastPicture());
        assertEquals(2, traced.problems().values().stream().mapToLong(n -> n).sum());
    }

    @Test
    void unclosedScopesAreDroppedForNewOnes() {
        final Tracer tracer = traced.tracer();
        final Span leaked = tracer.startDetached(NAME, SpanKind.INTERNAL);
        final Span wanted = tracer.startDetached(OTHER, SpanKind.INTERNAL);
        final int rounds = 10 * ThreadState.MAX_SCOPES;
        Threads.elsewhere(thread -> {
            final Scope first = leaked.makeCurrent();
            for (int i = 1; i < rounds; i++) {
                assertNotSame(Scope.NOOP, leaked.makeCurrent());
                try (Scope scope = wanted.makeCurrent()) {
                    assertSame(wanted, tracer.current());
                    assertSame(scope, tracer.currentContext());
                }
                assertSame(leaked, tracer.current());
            }
            first.close(); // dropped, and possibly reused
            assertSame(leaked, tracer.current());
        });
        leaked.end();
        wanted.end();
        final long dropped = traced.problems().get("misuse.open_scopes");
        assertTrue(rounds - ThreadState.MAX_SCOPES <= dropped && dropped <= rounds, dropped + " of " + rounds);
    }

    /** A span that can't be found on the stack may soon be reused, so nothing on that stack is current any more. */
    @Test
    void tooDeepStackOfUnendedSpansIsDropped() {
        final int tooDeep = (1 << 16) + 2;
        final Tracer tracer = traced.with(TracerConfig.RECORDS, 1 << 17).tracer();
        final Span first = tracer.start(NAME);
        for (int i = 0; i < tooDeep; i++) {
            assertNotSame(Span.NOOP, tracer.start(OTHER));
        }
        first.end();
        assertSame(Span.NOOP, tracer.current());
        try (Span next = tracer.start(NAME)) {
            assertSame(next, tracer.current());
        }
        assertSame(Span.NOOP, tracer.current());
        assertEquals(1, traced.problems().get("misuse.out_of_order"));
        traced.leavesOpen(tooDeep);
    }

    @Test
    void deepScopesUnwindInOrderAfterTheOldestWereDropped() {
        final Tracer tracer = traced.tracer();
        final Span outer = tracer.start(NAME);
        final Span inner = tracer.startDetached(OTHER, SpanKind.INTERNAL);
        nest(tracer, inner, 2 * ThreadState.MAX_SCOPES);
        assertSame(outer, tracer.current());
        inner.end();
        outer.end();
        assertEquals(Set.of("misuse.open_scopes"), traced.problems().keySet());
    }

    private static void nest(Tracer tracer, Span span, int levels) {
        try (Scope scope = span.makeCurrent()) {
            assertSame(scope, tracer.currentContext());
            if (levels > 1) {
                nest(tracer, span, levels - 1);
                assertTrue(tracer.currentContext().isValid());
            }
        }
    }

    /** The array is read twice, first for its size: a modification in between must not write over other spans. */
    @Test
    void concurrentlyModifiedArrayStaysInsideItsRecord() {
        final Tracer tracer = traced.tracer();
        final Key.StringsKey texts = Key.ofStrings("texts");
        final String[] values = new String[8];
        final String full = "x".repeat(30);
        final AtomicBoolean done = new AtomicBoolean();
        Threads.run(2, thread -> {
            if (thread == 0) {
                for (int i = 0; !done.get(); i++) {
                    values[i & 7] = (i >> 3 & 1) == 0 ? full : null;
                }
                return;
            }
            try {
                for (int i = 1; i <= 50_000; i++) {
                    tracer.start(NAME).set(texts, values).set(NUMBER, i).end();
                    if (i % 100 == 0) {
                        assertTrue(traced.picture().endsWith("\n  .number = " + i + '\n'));
                        traced.sink.forget();
                    }
                }
            } finally {
                done.set(true);
            }
        });
        assertEquals(Map.of(), traced.problems());
    }

    /**
     * Until all records have been used once more. After that the object is reused, and a stale reference is a reference
     * to the newer span, whose thread may then write into it or end it. That is the price of pooling, stated in the
     * class comment of {@link Span}; how soon records are reused is decided by the exporter.
     */
    @ParameterizedTest
    @ValueSource(ints = {2 * TracerFixture.CHUNK, TracerFixture.RECORDS}) // shared chunks only; own chunks, too
    void endedSpanIsRecognisedUntilItsObjectIsReused(int records) {
        traced.with(TracerConfig.RECORDS, records);
        final Span stale = traced.tracer().start(NAME);
        stale.end();
        for (int i = 1; i < records; i++) {
            try (Span span = traced.tracer().start(OTHER)) {
                assertNotSame(stale, span);
                stale.set(NUMBER, i);
                stale.error("late");
                stale.end();
            }
        }
        assertEquals(Map.of("misuse.after_end", 3L * (records - 1)), traced.problems());
        assertEquals("span INTERNAL\n" + "other INTERNAL\n".repeat(records - 1), traced.picture());
        try (Span reborn = traced.tracer().start(OTHER)) {
            assertSame(stale, reborn);
            stale.set(NUMBER, 7);
        }
        assertEquals("other INTERNAL\n  .number = 7\n", lastPicture());
    }

    @Test
    void lateCallsOnADetachedSpanDoNotTouchOthers() {
        final Span stale = traced.tracer().startDetached(NAME, SpanKind.CLIENT);
        stale.end();
        for (int i = 1; i < TracerFixture.RECORDS; i++) {
            final Span span = traced.tracer().startDetached(OTHER, SpanKind.CLIENT);
            assertNotSame(stale, span);
            Threads.elsewhere(timer -> {
                stale.error("timeout");
                stale.end();
            });
            assertTrue(span.isRecording());
            span.end();
        }
        assertEquals(Map.of("misuse.after_end", 2L * (TracerFixture.RECORDS - 1)), traced.problems());
        assertEquals("span CLIENT\n" + "other CLIENT\n".repeat(TracerFixture.RECORDS - 1), traced.picture());
    }

    /** Setters never affect a span of another thread. An end does, as for a span that was handed over. */
    @Test
    void staleReferenceToAnotherThreadsSpanIsRefused() {
        traced.with(TracerConfig.RECORDS, 2 * TracerFixture.CHUNK); // all of them shared chunks
        final Span stale = traced.tracer().start(NAME);
        stale.end();
        final Span[] reborn = new Span[1];
        Threads.elsewhere(thread -> {
            final List<Span> open = new ArrayList<>();
            do {
                open.add(traced.tracer().start(OTHER));
            } while (open.get(open.size() - 1) != stale);
            reborn[0] = open.remove(open.size() - 1);
            open.forEach(Span::end);
        });
        assertSame(stale, reborn[0]);
        stale.set(NUMBER, 1);
        stale.event(OTHER).set(NUMBER, 2);
        assertEquals(2, traced.problems().get("misuse.wrong_thread"));
        assertNotNull(stale.traceId());
        stale.end();
        assertEquals(3, traced.problems().get("misuse.wrong_thread"));
        assertEquals("other INTERNAL\n", lastPicture());
    }

    private String lastPicture() {
        return Picture.of(traced.tracer().file().symbols(), List.of(traced.sink.last()));
    }
}
