package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.LongKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The records that a thread gets, and what happens to them when it dies. Of eight chunks threads may own two. */
class ThreadChunksTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final SpanName INNER = SpanName.of("inner");
    private static final LongKey NUMBER = Key.ofLong("number");
    private static final int OWNERS = 2;

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private void starts(int count) {
        for (int i = 0; i < count; i++) {
            traced.tracer().start(NAME).end();
        }
    }

    /** Runs the step that the exporter runs in each of its duty cycles. */
    private void feed() {
        traced.sink.housekeeping().doWork(0);
    }

    /** Starts detached spans until no record is left for another one, and ends them. */
    private int shared() {
        final List<Span> open = new ArrayList<>();
        for (Span span = traced.tracer().startDetached(NAME, SpanKind.CLIENT);
                span != Span.NOOP;
                span = traced.tracer().startDetached(NAME, SpanKind.CLIENT)) {
            open.add(span);
        }
        open.forEach(Span::end);
        return open.size();
    }

    @Test
    void threadUsesItsChunkAndThenTheOneClaimedForIt() {
        traced.sink.keeping(false);
        starts(1);
        feed();
        traced.sink.refusing(true);
        starts(2 * TracerFixture.CHUNK - 1);
        assertEquals(Map.of(), traced.problems());
        starts(1);
        assertEquals(Map.of("dropped.records_full", 1L), traced.problems());
        traced.sink.refusing(false);
        starts(1);
        assertEquals(2 * TracerFixture.CHUNK + 1, traced.sink.accepted());
    }

    @Test
    void threadWithNextChunkGetsNoOther() {
        starts(1);
        for (int i = 0; i < 10; i++) {
            feed();
        }
        assertEquals(TracerFixture.RECORDS - 2 * TracerFixture.CHUNK, shared());
    }

    @Test
    void deadThreadReleasesBothChunks() {
        final Thread thread = new Thread(() -> {
            starts(1);
            feed();
        });
        thread.start();
        Threads.join(thread);
        assertEquals(TracerFixture.RECORDS - 2 * TracerFixture.CHUNK, shared());
        feed();
        assertEquals(TracerFixture.RECORDS - TracerFixture.CHUNK, shared(), "one was claimed for this thread");
    }

    @Test
    void openSpanOfADeadThreadKeepsOneRecord() {
        Threads.elsewhere(thread -> {
            starts(1);
            traced.tracer().start(NAME);
            starts(1);
        });
        feed();
        assertEquals(TracerFixture.RECORDS - 1, shared());
        traced.leavesOpen(1);
    }

    @Test
    void slotsOfDeadThreadsAreReused() {
        traced.tracer();
        for (int round = 0; round < 5; round++) {
            Threads.run(OWNERS, thread -> starts(TracerFixture.CHUNK));
            feed();
        }
        final CyclicBarrier barrier = new CyclicBarrier(OWNERS);
        Threads.run(OWNERS, thread -> {
            starts(1);
            barrier.await();
            if (thread == 0) {
                assertEquals(TracerFixture.RECORDS - OWNERS * TracerFixture.CHUNK, shared());
            }
            barrier.await();
        });
    }

    @Test
    void threadsWithoutOwnChunksShareTheOthers() throws Exception {
        final int threads = 40;
        final Tracer tracer = traced.tracer();
        final CyclicBarrier barrier = new CyclicBarrier(threads);
        Threads.run(threads, thread -> {
            for (int i = 0; i < 20; i++) {
                try (Span span = tracer.start(NAME, SpanKind.SERVER)) {
                    span.set(NUMBER, thread);
                    try (Span inner = tracer.start(INNER)) {
                        inner.set(NUMBER, thread);
                        assertSame(inner, tracer.current());
                        if (i == 0) {
                            barrier.await();
                        }
                    }
                }
            }
        });
        assertEquals(Map.of(), traced.problems());
        final String[] lines = traced.picture().split("\n");
        assertEquals(threads * 20 * 4, lines.length);
        for (int i = 0; i < lines.length; i += 4) {
            assertEquals("span SERVER", lines[i]);
            assertEquals("  inner INTERNAL", lines[i + 2]);
            assertEquals("  " + lines[i + 1], lines[i + 3], "of one thread");
        }
    }

    /** Attached spans of virtual threads, which resume on other carrier threads. */
    @Test
    void virtualThreadsKeepTheirSpans() throws Exception {
        if (Runtime.version().feature() < 21) {
            return;
        }
        traced.with(TracerConfig.RECORDS, 64 * 1024);
        final Tracer tracer = traced.tracer();
        final int tasks = 2_000;
        final ExecutorService executor = (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        for (int i = 0; i < tasks; i++) {
            final int number = i;
            executor.execute(() -> {
                try (Span span = tracer.start(NAME, SpanKind.SERVER)) {
                    Thread.yield();
                    span.set(NUMBER, number);
                    try (Span inner = tracer.start(INNER)) {
                        LockSupport.parkNanos(1_000_000); // unmounts it from its carrier thread
                        inner.set(NUMBER, number).set("text", "x".repeat(number % 600));
                    }
                }
            });
        }
        executor.shutdown();
        assertTrue(executor.awaitTermination(1, TimeUnit.MINUTES));
        assertEquals(Map.of(), traced.problems());
        assertEquals(2 * tasks, traced.sink.accepted());
        final String[] lines = traced.picture().split("\n");
        assertEquals(5 * tasks, lines.length);
        for (int i = 0; i < lines.length; i += 5) {
            assertEquals("  " + lines[i + 1], lines[i + 3], "of one thread");
        }
    }
}
