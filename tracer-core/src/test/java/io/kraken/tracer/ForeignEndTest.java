package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A span from {@code start} that another thread ends: it is exported, once, and is no longer current. */
class ForeignEndTest {

    private static final SpanName A = SpanName.of("a");
    private static final SpanName B = SpanName.of("b");
    private static final SpanName C = SpanName.of("c");
    private static final LongKey N = Key.ofLong("n");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @Test
    void isFinishedAtTheNextAccessOfItsThread() {
        final Tracer tracer = traced.tracer();
        final Span a = tracer.start(A).set(N, 1);
        traced.clock.advance(100);
        Threads.elsewhere(thread -> a.end());
        assertFalse(a.isRecording());
        traced.clock.advance(1000);
        a.set(N, 2); // too late
        assertNull(tracer.currentContext());
        tracer.start(B).end();
        assertEquals("a INTERNAL\n  .n = 1\nb INTERNAL\n", traced.picture());
        assertEquals(Map.of("misuse.wrong_thread", 1L, "misuse.after_end", 1L), traced.problems());
        final var first = traced.sink.published().get(0).bytes();
        final long ticks = RecordLayout.endTicks(first, 0) - RecordLayout.startTicks(first, 0);
        assertTrue(ticks >= 100 && ticks < 1000, "it ended when it was ended, after " + ticks);
    }

    @Test
    void lateEndOfTheOwnerFinishesIt() {
        final Span a = traced.tracer().start(A);
        Threads.elsewhere(thread -> a.end());
        a.end();
        assertEquals("a INTERNAL\n", traced.picture());
        assertEquals(Map.of("misuse.wrong_thread", 1L, "misuse.after_end", 1L), traced.problems());
    }

    @Test
    void spansAboveAndBelowStayCurrent() {
        final Tracer tracer = traced.tracer();
        final Span a = tracer.start(A);
        final Span b = tracer.start(B);
        final Span c = tracer.start(C);
        Threads.elsewhere(thread -> b.end());
        assertSame(c, tracer.current());
        c.end();
        assertSame(a, tracer.current());
        tracer.start(C).set(N, 7).end();
        a.end();
        assertNull(tracer.currentContext());
        assertEquals("a INTERNAL\n  b INTERNAL\n    c INTERNAL\n  c INTERNAL\n    .n = 7\n", traced.picture());
        assertEquals(Map.of("misuse.wrong_thread", 1L), traced.problems());
    }

    @Test
    void isExportedWhileItsThreadIsIdle() throws Exception {
        final Tracer tracer = traced.tracer();
        final ExecutorService pool = Executors.newSingleThreadExecutor();
        try {
            for (int round = 1; round <= 3 * TracerFixture.CHUNK; round++) {
                pool.submit(() -> tracer.start(A)).get().end();
                if (round % 3 != 0) {
                    traced.picture(round); // exported while the thread waits for its next task
                }
            }
            pool.submit(() -> assertNull(tracer.currentContext())).get();
            pool.submit(() -> tracer.start(B).end()).get();
        } finally {
            pool.shutdown();
        }
        assertEquals("a INTERNAL\n".repeat(3 * TracerFixture.CHUNK) + "b INTERNAL\n", traced.picture());
        assertEquals(Map.of("misuse.wrong_thread", 3L * TracerFixture.CHUNK), traced.problems());
    }

    @Test
    void otherOpenSpansOfAWaitingThreadStayCurrent() throws Exception {
        final Tracer tracer = traced.tracer();
        final AtomicReference<Span> inner = new AtomicReference<>();
        final CountDownLatch ended = new CountDownLatch(1);
        final ExecutorService pool = Executors.newSingleThreadExecutor();
        try {
            final Future<?> task = pool.submit(() -> {
                try (Span a = tracer.start(A)) {
                    inner.set(tracer.start(B));
                    assertTrue(ended.await(20, TimeUnit.SECONDS));
                    assertSame(a, tracer.current());
                    tracer.start(C).end();
                }
                return null;
            });
            while (inner.get() == null) {
                Thread.onSpinWait();
            }
            inner.get().end();
            assertEquals("", traced.picture());
            ended.countDown();
            task.get();
        } finally {
            pool.shutdown();
        }
        assertEquals("a INTERNAL\n  b INTERNAL\n  c INTERNAL\n", traced.picture());
    }

    /** A subclass of {@link Thread} may do anything in the methods that it overrides. */
    @Test
    void callsNoOverriddenMethodOfItsThread() throws Exception {
        final Tracer tracer = traced.tracer();
        final AtomicReference<Span> begun = new AtomicReference<>();
        final CountDownLatch end = new CountDownLatch(1);
        final Thread thread =
                new Thread(() -> {
                    begun.set(tracer.start(A));
                    try {
                        end.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }) {
                    @Override
                    public State getState() {
                        throw new IllegalStateException("the program's");
                    }

                    @Override
                    public StackTraceElement[] getStackTrace() {
                        throw new IllegalStateException("the program's");
                    }
                };
        thread.start();
        while (begun.get() == null) {
            Thread.onSpinWait();
        }
        begun.get().end();
        assertEquals("a INTERNAL\n", traced.picture(1));
        end.countDown();
        Threads.join(thread);
    }

    /** The exporter decides while the thread waits, and stores its decision after the thread has gone on. */
    @Test
    void stackDroppedLateKeepsWhatBeganSince() {
        final Tracer tracer = traced.tracer();
        final Recorder recorder = tracer.activeRecorder();
        final Span left = tracer.start(A);
        final ThreadState state = recorder.thread();
        final int top = state.top;
        left.end();
        try (Span request = tracer.start(B)) {
            recorder.dropStack(state, top);
            assertSame(request, tracer.current());
            tracer.start(C).end();
        }
        assertEquals("a INTERNAL\nb INTERNAL\n  c INTERNAL\n", traced.picture());
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void isFinishedAfterTheDeathOfItsThread() {
        final Span[] left = new Span[2];
        Threads.elsewhere(thread -> {
            left[0] = traced.tracer().start(A);
            left[1] = traced.tracer().start(B);
        });
        left[0].end();
        left[1].end();
        assertEquals("a INTERNAL\n  b INTERNAL\n", traced.picture(2));
    }

    @Test
    void unrecordedSpanIsNoLongerCurrent() {
        traced.with(TracerConfig.SAMPLING_RATE, 0.0).with(TracerConfig.RECORD, "sampled");
        final Tracer tracer = traced.tracer();
        final Span a = tracer.start(A);
        Threads.elsewhere(thread -> a.end());
        assertNull(tracer.currentContext());
        assertEquals(Map.of("misuse.wrong_thread", 1L, "unrecorded", 1L), traced.problems());
    }

    private record Round(int number, Span span) {}

    /** Owner and another thread end the same spans: each is exported once, and none stays current. */
    @Test
    void racingEndsCountAsOne() {
        final Tracer tracer = traced.tracer();
        final AtomicReference<Round> newest = new AtomicReference<>();
        final AtomicInteger ended = new AtomicInteger();
        final int rounds = 10_000;
        traced.sink.keeping(false);
        Threads.run(2, thread -> {
            if (thread == 1) {
                for (int done = 0; done < rounds; ) {
                    final Round round = newest.get();
                    if (round != null && round.number != done) {
                        round.span.end();
                        done = round.number;
                        ended.set(done);
                    }
                }
                return;
            }
            for (int i = 1; i <= rounds; i++) {
                final Span span = tracer.start(A);
                newest.set(new Round(i, span));
                for (int n = 0; n < 1 + i % 40; n++) {
                    span.set(N, n);
                }
                if (i % 3 == 0) {
                    span.end();
                    assertNull(tracer.currentContext());
                }
                while (ended.get() < i) { // otherwise it could end the next span in this record
                    Thread.onSpinWait();
                }
                assertNull(tracer.currentContext());
                tracer.start(B).end();
            }
        });
        assertEquals(2 * rounds, traced.sink.accepted());
        assertEquals(0, traced.count(Counter.INTERNAL_ERRORS));
        assertTrue(traced.count(Counter.MISUSE_WRONG_THREAD) > rounds / 2);
    }
}
