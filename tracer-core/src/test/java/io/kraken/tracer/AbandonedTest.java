package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.file.Counter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of spans that are never ended and are abandoned by the exporter. */
class AbandonedTest {

    private static final SpanName FORGOTTEN = SpanName.of("forgotten");
    private static final SpanName OTHER = SpanName.of("other");
    private static final LongKey NUMBER = Key.ofLong("number");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    /** Calls abandon until the span is taken. */
    private void abandon(Span span) {
        final long deadline = System.nanoTime() + 20_000_000_000L;
        while (!traced.sink.abandon(span.record())) {
            assertTrue(System.nanoTime() - deadline < 0, "never seen outside the tracer");
            Thread.onSpinWait();
        }
    }

    /** Starts detached spans until one uses this object. */
    private List<Span> openUntil(Span span) {
        final List<Span> open = new ArrayList<>();
        do {
            open.add(traced.tracer().startDetached(OTHER, SpanKind.INTERNAL));
            assertNotSame(Span.NOOP, open.get(open.size() - 1));
        } while (open.get(open.size() - 1) != span);
        return open;
    }

    private void assertServesAgain(Span span) {
        openUntil(span).forEach(Span::end);
    }

    @Test
    void detachedSpanIsTakenAtOnceWithItsEntries() {
        final Span span =
                traced.tracer().startDetached(FORGOTTEN, SpanKind.SERVER).set(NUMBER, 1);
        assertTrue(traced.sink.abandon(span.record()));
        assertFalse(span.isRecording());
        span.set(NUMBER, 2).event("late");
        span.end();
        assertEquals("forgotten SERVER\n  .number = 1\n", traced.picture());
        assertEquals(Map.of("spans.abandoned", 1L, "misuse.after_end", 3L), traced.problems());
        assertServesAgain(span);
        assertEquals(0, traced.tracer().ledger().open());
    }

    @Test
    void partsAreTakenWithTheirSpan() {
        final String large = "x".repeat(5_000);
        final Span span =
                traced.tracer().startDetached(FORGOTTEN, SpanKind.SERVER).set("text", large);
        assertTrue(traced.sink.abandon(span.record()));
        assertEquals("forgotten SERVER\n  .text = \"" + large + "\"\n", traced.picture());
        assertEquals(21, traced.count(Counter.PARTS_TAKEN));
    }

    @Test
    void unrecordedSpanIsTaken() {
        traced.with(TracerConfig.SAMPLER, "always_off").with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED);
        final Span detached = traced.tracer().startDetached(FORGOTTEN, SpanKind.SERVER);
        final AtomicReference<Span> attached = new AtomicReference<>();
        Threads.elsewhere(thread -> attached.set(traced.tracer().start(FORGOTTEN)));
        abandon(detached);
        abandon(attached.get());
        detached.end();
        assertEquals(Map.of("spans.abandoned", 2L, "unrecorded", 2L, "misuse.after_end", 1L), traced.problems());
        assertEquals(0, traced.tracer().ledger().open());
        assertEquals(0, traced.sink.accepted());
    }

    /** With a chunk of its own, and without, as there are no such chunks. */
    @ParameterizedTest
    @ValueSource(ints = {TracerFixture.RECORDS, 2 * TracerFixture.CHUNK})
    void spanOfADeadThreadIsTaken(int records) {
        traced.with(TracerConfig.RECORDS, records);
        final AtomicReference<Span> left = new AtomicReference<>();
        Threads.elsewhere(thread -> left.set(traced.tracer().start(FORGOTTEN).set(NUMBER, 1)));
        abandon(left.get());
        assertEquals("forgotten INTERNAL\n  .number = 1\n", traced.picture());
        assertEquals(Map.of("spans.abandoned", 1L), traced.problems());
    }

    @ParameterizedTest
    @ValueSource(ints = {TracerFixture.RECORDS, 2 * TracerFixture.CHUNK})
    void spanOfAWaitingThreadIsTakenAndItsStackDropped(int records) throws Exception {
        traced.with(TracerConfig.RECORDS, records);
        final Tracer tracer = traced.tracer();
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicReference<Span> left = new AtomicReference<>();
        final Thread thread = new Thread(() -> Threads.elsewhere(worker -> {
            final Span outer = tracer.start(FORGOTTEN);
            final Span inner = tracer.start(FORGOTTEN).set(NUMBER, 1);
            left.set(inner);
            begun.countDown();
            goOn.await();
            assertSame(Span.NOOP, tracer.current());
            try (Span next = tracer.start(OTHER)) {
                assertNotEquals(outer.traceIdHigh(), next.traceIdHigh());
                assertSame(next, tracer.current());
                inner.set(NUMBER, 2).end();
                outer.end();
                assertSame(next, tracer.current());
            }
            assertSame(Span.NOOP, tracer.current());
        }));
        thread.start();
        begun.await();
        final Span inner = left.get();
        abandon(inner);
        assertEquals("forgotten INTERNAL\n  .number = 1\n", traced.picture());
        assertFalse(inner.isRecording());
        goOn.countDown();
        Threads.join(thread);
        assertEquals(
                Map.of("spans.abandoned", 1L, "misuse.after_end", 2L, "misuse.out_of_order", 1L), traced.problems());
        assertEquals(3, traced.sink.accepted());
    }

    @Test
    void formerOwnerCannotTouchTheReusedObject() throws Exception {
        traced.with(TracerConfig.RECORDS, 2 * TracerFixture.CHUNK); // all of them shared chunks
        final Tracer tracer = traced.tracer();
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicReference<Span> left = new AtomicReference<>();
        final Thread thread = new Thread(() -> Threads.elsewhere(worker -> {
            left.set(tracer.start(FORGOTTEN));
            begun.countDown();
            goOn.await();
            tracer.start(OTHER, SpanKind.CLIENT).end();
            tracer.startDetached(OTHER, SpanKind.CLIENT).end();
        }));
        thread.start();
        begun.await();
        abandon(left.get());
        final List<Span> open = openUntil(left.get());
        open.subList(0, open.size() - 1).forEach(Span::end);
        goOn.countDown();
        Threads.join(thread);
        left.get().end();
        assertEquals(
                "forgotten INTERNAL\nother CLIENT\nother CLIENT\n",
                traced.picture()
                        .lines()
                        .filter(line -> !line.equals("other INTERNAL"))
                        .map(line -> line + '\n')
                        .reduce("", String::concat));
    }

    @Test
    void runningThreadKeepsItsSpan() {
        final AtomicReference<Span> running = new AtomicReference<>();
        final AtomicBoolean done = new AtomicBoolean();
        final Thread thread = new Thread(() -> {
            running.set(traced.tracer().start(FORGOTTEN));
            while (!done.get()) {
                Thread.onSpinWait();
            }
        });
        thread.start();
        while (running.get() == null) {
            Thread.onSpinWait();
        }
        for (int i = 0; i < 1_000; i++) {
            assertFalse(traced.sink.abandon(running.get().record()), "it may be writing");
        }
        done.set(true);
        abandon(running.get());
        Threads.join(thread);
        assertEquals(1, traced.sink.accepted());
    }

    /** If records are no longer scarce before the thread was seen outside the tracer, its span is like any other. */
    @Test
    void askedThreadMayKeepItsSpan() {
        final Span span = traced.tracer().start(FORGOTTEN);
        assertFalse(traced.sink.abandon(span.record()), "its thread is running");
        span.set(NUMBER, 1);
        assertFalse(traced.sink.abandon(span.record()), "its thread is running");
        assertTrue(span.isRecording());
        Threads.elsewhere(thread -> span.set(NUMBER, 2).end());
        span.end();
        assertEquals("forgotten INTERNAL\n  .number = 1\n", traced.picture());
        assertEquals(Map.of("misuse.wrong_thread", 2L, "misuse.after_end", 1L), traced.problems());
        assertSame(Span.NOOP, traced.tracer().current());
    }

    @Test
    void askedThreadMayKeepItsUnrecordedSpan() {
        traced.with(TracerConfig.SAMPLER, "always_off").with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED);
        final Span span = traced.tracer().start(FORGOTTEN);
        assertFalse(traced.sink.abandon(span.record()));
        span.set(NUMBER, 1);
        assertFalse(traced.sink.abandon(span.record()));
        span.baggage("who", "me");
        assertEquals("me", span.baggage("who"));
        span.end();
        assertEquals(Map.of("unrecorded", 1L), traced.problems());
        assertSame(Span.NOOP, traced.tracer().current());
    }

    /** The span that was current below the task is gone: its record may hold another thread's span. */
    @Test
    void taskThatOutlivesItsSpanLeavesNothingCurrent() throws Exception {
        final Tracer tracer = traced.tracer();
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicReference<Span> below = new AtomicReference<>();
        final Thread thread = new Thread(() -> Threads.elsewhere(worker -> {
            below.set(tracer.start(FORGOTTEN));
            TracedTasks.callable(tracer, () -> {
                        begun.countDown();
                        goOn.await();
                        return tracer.start(OTHER); // left open
                    })
                    .call()
                    .end();
            assertSame(Span.NOOP, tracer.current());
            try (Span next = tracer.start(OTHER)) {
                assertSame(next, tracer.current());
            }
            assertSame(Span.NOOP, tracer.current());
        }));
        thread.start();
        begun.await();
        abandon(below.get());
        goOn.countDown();
        Threads.join(thread);
    }

    @Test
    void traceStateAndBaggageAreReleased() {
        final int before = TraceBaggagePool.process().inUse();
        for (int i = 0; i < 100; i++) {
            final Span span = traced.tracer().startDetached(FORGOTTEN, SpanKind.SERVER);
            span.baggage("who", "me");
            abandon(span);
        }
        assertEquals(before, TraceBaggagePool.process().inUse());
    }

    /** A race of ending and abandoning: each span ends or is taken, once. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void concurrentlyEndedSpansAreTakenOnce(boolean detached) {
        traced.sink.keeping(false);
        final Tracer tracer = traced.tracer();
        final AtomicReference<Span> current = new AtomicReference<>();
        final AtomicBoolean done = new AtomicBoolean();
        final AtomicInteger starts = new AtomicInteger();
        final int rounds = 20_000;
        Threads.run(2, thread -> {
            for (int i = 0; thread == 0 && i < rounds; i++) {
                Span span = Span.NOOP;
                while (span == Span.NOOP) { // all records wait to be abandoned, which needs this thread to wait
                    starts.incrementAndGet();
                    span = detached ? tracer.startDetached(OTHER, SpanKind.CLIENT) : tracer.start(OTHER);
                    if (span == Span.NOOP) {
                        LockSupport.parkNanos(1);
                    }
                }
                current.set(span);
                span.set(NUMBER, i).name("other name").set("text", "y".repeat(i % 300));
                if (i % 64 == 0) {
                    LockSupport.parkNanos(1); // so that other threads see this one waiting
                }
                span.end();
            }
            done.set(done.get() || thread == 0);
            for (int other = 0; thread == 1 && !done.get(); other = (other + 1) % TracerFixture.RECORDS) {
                final Span span = current.get();
                if (span != null) {
                    traced.sink.abandon(span.record());
                }
                traced.sink.abandon(other); // refused before
            }
        });
        // Spans that were refused while the thread ran are taken now that it is dead.
        for (int record = 0; record < TracerFixture.RECORDS; record++) {
            while (!traced.sink.abandon(record)) {
                Thread.onSpinWait();
            }
        }
        assertEquals(starts.get(), tracer.ledger().started());
        assertEquals(starts.get() - rounds, traced.count(Counter.RECORDS_FULL));
        assertEquals(rounds, traced.sink.accepted());
        assertTrue(traced.count(Counter.ABANDONED) > 0);
        assertEquals(0, traced.count(Counter.INTERNAL_ERRORS));
    }
}
