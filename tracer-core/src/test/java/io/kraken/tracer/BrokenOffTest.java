package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.kraken.tracer.clock.TickClock;
import io.kraken.tracer.file.Counter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors of the JVM in the middle of a start or an end, here thrown by the clock. */
class BrokenOffTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final SpanName INNER = SpanName.of("inner");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final AtomicReference<Error> error = new AtomicReference<>();

    private Tracer tracer() {
        final SteppedClock clock = traced.clock;
        traced.settings(traced.config()
                .clock(
                        new TickClock() {
                            @Override
                            public long ticks() {
                                if (error.get() != null) {
                                    throw error.get();
                                }
                                return clock.ticks();
                            }

                            @Override
                            public boolean isTsc() {
                                return false;
                            }

                            @Override
                            public String describe() {
                                return "a clock that fails";
                            }
                        },
                        clock::epochNs));
        return traced.tracer();
    }

    private int free() {
        final List<Span> open = new ArrayList<>();
        for (Span span = detached(); span != Span.NOOP; span = detached()) {
            open.add(span);
        }
        open.forEach(Span::end);
        return open.size();
    }

    private Span detached() {
        return traced.tracer().startDetached(NAME, SpanKind.CLIENT, null);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptedStartIsDroppedAndCounted(boolean attached) {
        final Tracer tracer = tracer();
        final int free = free();
        final Span outer = tracer.start(NAME);
        error.set(new NoClassDefFoundError("of the test"));
        final int starts = 5 * TracerFixture.RECORDS;
        for (int i = 0; i < starts; i++) {
            assertSame(
                    Span.NOOP,
                    attached
                            ? tracer.start(INNER, SpanKind.INTERNAL, null)
                            : tracer.startDetached(INNER, SpanKind.CLIENT, null));
            assertSame(outer, tracer.current());
        }
        error.set(null);
        outer.end();
        assertNull(tracer.currentContext());
        traced.sink.sweep();
        assertEquals(starts, traced.count(Counter.FAILED));
        assertEquals(free - TracerFixture.CHUNK, free(), "all but the thread's own chunk");
    }

    @Test
    void recordsOfDeadThreadsAreFreed() {
        final Tracer tracer = tracer();
        final int free = free();
        for (int i = 0; i < TracerFixture.RECORDS; i++) {
            error.set(new NoClassDefFoundError("of the test"));
            Threads.elsewhere(thread -> {
                assertSame(Span.NOOP, tracer.start(INNER));
                assertSame(Span.NOOP, tracer.startDetached(INNER, SpanKind.CLIENT, null));
            });
            error.set(null);
            traced.sink.housekeeping().doWork(0);
            traced.sink.sweep();
        }
        assertEquals(free - TracerFixture.CHUNK, free(), "all but the chunk that is claimed for this thread");
        assertEquals(2 * TracerFixture.RECORDS, traced.count(Counter.FAILED));
    }

    /** Such threads are kept in few places, by the low bits of their numbers. */
    @Test
    void recordsOfManyDyingThreadsAreFreed() {
        final Tracer tracer = tracer();
        final int free = free();
        error.set(new NoClassDefFoundError("of the test"));
        for (int i = 0; i < TracerFixture.RECORDS / 2; i++) {
            Threads.elsewhere(thread -> assertSame(Span.NOOP, tracer.startDetached(INNER, SpanKind.CLIENT, null)));
        }
        error.set(null);
        for (int lists = 0; lists < 256; lists++) {
            traced.sink.housekeeping().doWork(0);
        }
        for (int chunks = 0; chunks < TracerFixture.RECORDS / TracerFixture.CHUNK; chunks++) {
            traced.sink.sweep();
        }
        assertEquals(free - TracerFixture.CHUNK, free(), "all but the chunk that is claimed for this thread");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptedEndIsFinishedLater(boolean attached) {
        final Tracer tracer = tracer();
        final Span outer = tracer.start(NAME);
        final Span span = attached ? tracer.start(INNER) : tracer.startDetached(INNER, SpanKind.CLIENT);
        final Scope scope = span.makeCurrent();
        error.set(new NoClassDefFoundError("of the test"));
        span.end();
        error.set(null);
        scope.close();
        assertSame(outer, tracer.current());
        outer.end();
        assertNull(tracer.currentContext());
        assertEquals(2, traced.sink.accepted());
    }

    /** The error comes out of the clock, which an event reads: the thread dies inside the setter. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptedSetterOfADeadThreadReleasesTheSpan(boolean hasChunk) {
        final Tracer tracer = tracer();
        final Span span = tracer.startDetached(NAME, SpanKind.CLIENT);
        Threads.elsewhere(thread -> {
            if (hasChunk) {
                tracer.start(INNER).end();
            }
            error.set(new StackOverflowError());
            assertThrows(StackOverflowError.class, () -> span.event("event"));
            error.set(null);
        });
        span.end();
        traced.sink.sweep();
        assertEquals(hasChunk ? 2 : 1, traced.sink.accepted());
        assertEquals(0, tracer.ledger().open());
    }

    @Test
    @SuppressWarnings("removal") // deprecated for removal from 20 on
    void threadDeathIsThrownOn() {
        final Tracer tracer = tracer();
        error.set(new ThreadDeath());
        assertThrows(ThreadDeath.class, () -> tracer.start(NAME));
        error.set(null);
        tracer.start(NAME).end();
        traced.sink.sweep();
        assertEquals(1, traced.count(Counter.FAILED));
    }
}
