package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The account of all spans, in every state of a tracer. */
class LedgerTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final LongKey NUMBER = Key.ofLong("number");
    private static final int THREADS = 8;

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @TempDir
    Path directory;

    private void starts(int count) {
        for (int i = 0; i < count; i++) {
            traced.tracer().start(NAME).end();
        }
    }

    private String ledger() {
        return traced.tracer().ledger().toString();
    }

    @Test
    void everySpanIsPublished() {
        starts(3);
        assertEquals(
                "ledger started=3 ended=3 unrecorded=0 published=3 shipped=3 rejected=0 dropped=0 open=0 lost=0"
                        + " buffered=0 not_kept=0",
                ledger());
    }

    @Test
    void spansAreOnlyCountedWhileRecordingIsOff() {
        starts(1);
        final Span open = traced.tracer().start(NAME);
        traced.tracer().recording(false);
        traced.tracer().startDetached(NAME, SpanKind.SERVER).set(NUMBER, 2).end();
        traced.tracer().start("name", SpanKind.SERVER).set(NUMBER, 3).end();
        assertSame(open, traced.tracer().current());
        open.set(NUMBER, 1).end();
        traced.tracer().recording(true);
        starts(1);
        assertEquals(
                "ledger started=5 ended=5 unrecorded=2 published=3 shipped=3 rejected=0 dropped=0 open=0 lost=0"
                        + " buffered=0 not_kept=0",
                ledger());
        assertEquals("span INTERNAL\nspan INTERNAL\n  .number = 1\nspan INTERNAL\n", traced.picture());
    }

    @Test
    void dropsOneSpanMoreThanRecords() {
        final List<Span> open = openAll();
        assertSame(Span.NOOP, traced.tracer().start(NAME));
        assertSame(Span.NOOP, traced.tracer().current());
        assertEquals(
                "ledger started=514 ended=2 unrecorded=0 published=0 shipped=0 rejected=0 dropped=2 open=512 lost=0"
                        + " buffered=0 not_kept=0",
                ledger());
        assertEquals(Map.of("dropped.records_full", 2L), traced.problems());
        open.remove(17).end();
        open.remove(117).end();
        starts(5);
        open.forEach(Span::end);
        assertEquals(
                "ledger started=519 ended=519 unrecorded=0 published=517 shipped=517 rejected=0 dropped=2 open=0 lost=0"
                        + " buffered=0 not_kept=0",
                ledger());
    }

    /** Starts as many detached spans as possible; one more has been dropped. */
    private List<Span> openAll() {
        final List<Span> open = new ArrayList<>();
        for (Span span = traced.tracer().startDetached(NAME, SpanKind.INTERNAL);
                span != Span.NOOP;
                span = traced.tracer().startDetached(NAME, SpanKind.INTERNAL)) {
            open.add(span);
        }
        return open;
    }

    @Test
    void smallestPoolIsUsedToTheLastRecord() {
        traced.with(TracerConfig.RECORDS, 1);
        final List<Span> open = openAll();
        assertEquals(2 * TracerFixture.CHUNK, open.size());
        Threads.elsewhere(thread -> assertSame(Span.NOOP, traced.tracer().start(NAME)));
        open.remove(40).end();
        Threads.elsewhere(thread -> starts(1));
        open.forEach(Span::end);
        assertEquals(Map.of("dropped.records_full", 2L), traced.problems());
        assertEquals(129, traced.tracer().ledger().published());
    }

    @Test
    void chunksOfDeadThreadsAreReused() {
        for (int i = 0; i < 2; i++) {
            Threads.elsewhere(thread -> starts(1));
        }
        final List<Span> open = openAll();
        assertEquals(TracerFixture.RECORDS - 2 * TracerFixture.CHUNK, open.size());
        do { // the garbage collector clears the reference to a dead thread
            System.gc();
            traced.sink.housekeeping().doWork(0);
            open.addAll(openAll());
        } while (open.size() < TracerFixture.RECORDS);
        open.forEach(Span::end);
        assertEquals(TracerFixture.RECORDS + 2, traced.tracer().ledger().published());
    }

    @Test
    void countsSpansDroppedWithoutAFreeRecord() {
        traced.sink.refusing(true);
        for (int i = 0; i < 4; i++) {
            try (Span span = traced.tracer().start(NAME)) {
                span.exception(new RuntimeException("x".repeat(1000)));
            }
        }
        traced.sink.refusing(false);
        starts(1);
        assertEquals(Map.of("dropped.records_full", 4L), traced.problems());
        assertEquals(
                "ledger started=5 ended=5 unrecorded=0 published=1 shipped=1 rejected=0 dropped=4 open=0 lost=0"
                        + " buffered=0 not_kept=0",
                ledger());
    }

    @Test
    void exceptionsOfTheSinkAreHidden() {
        for (Throwable thrown : new Throwable[] {
            new IllegalStateException("a"),
            new StackOverflowError("b"),
            new OutOfMemoryError("c"),
            new AssertionError("d")
        }) {
            traced.sink.failing(thrown);
            try (Span span = traced.tracer().start(NAME)) {
                span.set(NUMBER, 1);
            }
            traced.tracer().startDetached(NAME, SpanKind.INTERNAL).end();
            assertSame(Span.NOOP, traced.tracer().current());
            assertTrue(traced.tracer().describe().contains("last error: " + thrown), traced.tracer()::describe);
        }
        assertEquals(Map.of("dropped.records_full", 8L, "errors.internal", 8L), traced.problems());
        traced.sink.failing(null);
        starts(64);
        assertEquals(
                "ledger started=72 ended=72 unrecorded=0 published=64 shipped=64 rejected=0 dropped=8 open=0 lost=0"
                        + " buffered=0 not_kept=0",
                ledger());
    }

    @Test
    void spansOpenAtCloseAreCountedAtTheirEnd() {
        final Tracer tracer = traced.tracer();
        final Span attached = tracer.start(NAME);
        final Span detached = tracer.startDetached(NAME, SpanKind.SERVER);
        final Ledger atClose = tracer.close(Duration.ofMillis(7));
        assertEquals(List.of("close 7000000"), traced.sink.calls());
        assertEquals(2, atClose.open());
        assertFalse(tracer.isEnabled());
        attached.set(NUMBER, 1).event("e");
        detached.end();
        attached.end();
        assertSame(Span.NOOP, tracer.current());
        assertSame(Span.NOOP, tracer.start(NAME));
        assertSame(Span.NOOP, tracer.startDetached(NAME, SpanKind.SERVER));
        tracer.recording(true);
        assertSame(Span.NOOP, tracer.start(NAME));
        assertEquals(Map.of("dropped.started_after_close", 3L, "dropped.ended_after_close", 2L), traced.problems());
        assertEquals(
                "ledger started=5 ended=5 unrecorded=0 published=0 shipped=0 rejected=0 dropped=5 open=0 lost=0"
                        + " buffered=0 not_kept=0",
                tracer.close(Duration.ofSeconds(1)).toString());
        assertEquals(1, traced.sink.calls().size(), "a second close only returns the ledger");
        assertTrue(tracer.describe().startsWith("tracer: unknown_service:java, closed\n"));
    }

    @Test
    void closeAcceptsAnyTimeout() {
        traced.tracer().close(Duration.ofSeconds(-5));
        assertEquals(List.of("close 0"), traced.sink.calls());
        final CapturingSink others = new CapturingSink();
        for (Duration timeout : new Duration[] {null, Duration.ofNanos(3), Duration.ofSeconds(Long.MAX_VALUE)}) {
            Tracer.create(traced.config(), others).close(timeout);
        }
        final long year = Duration.ofDays(365).toNanos();
        assertEquals(List.of("close 0", "close 3", "close " + year), others.calls());
    }

    @Test
    void exceptionsOfOtherSinkMethodsAreHidden() throws Exception {
        final RecordSink broken = new RecordSink() {
            @Override
            public int claim() {
                return NONE;
            }

            @Override
            public int share(int number) {
                return NONE;
            }

            @Override
            public void pass(int chunk) {}

            @Override
            public void usedUp(int chunk) {}

            @Override
            public void nudge() {}

            @Override
            public double occupancy() {
                return 1;
            }

            @Override
            public long waiting() {
                throw new IllegalStateException("waiting");
            }

            @Override
            public void close(long timeoutNs) {
                throw new IllegalStateException("close");
            }

            @Override
            public String describe() {
                throw new IllegalStateException("describe");
            }
        };
        final TracerConfig config = traced.config().with(TracerConfig.FILE, directory.toString());
        final Tracer tracer = Tracer.create(config, (file, settings, time) -> broken);
        tracer.start(NAME).end();
        assertTrue(tracer.describe().contains("sink: java.lang.IllegalStateException: describe"));
        assertEquals(0, tracer.ledger().lost());
        assertTrue(Files.exists(tracer.file().path()));
        assertEquals(0, tracer.close(Duration.ZERO).lost());
        assertFalse(Files.exists(tracer.file().path()), "everything else is closed");
        assertTrue(tracer.ledger().count(Counter.INTERNAL_ERRORS) >= 4);
    }

    @Test
    void ledgerHasATextForm() {
        traced.sink.refusing(true);
        starts(2);
        final Ledger ledger = traced.tracer().ledger();
        assertEquals("dropped.records_full 2\nclock.anchors 1\n", ledger.details());
        assertEquals(2, ledger.count(Counter.RECORDS_FULL));
        assertEquals(0, Ledger.EMPTY.lost() + Ledger.EMPTY.started());
        assertEquals("", Ledger.EMPTY.details());
    }

    @Test
    void manyThreadsLoseNoSpan() {
        traced.sink.keeping(false);
        final Tracer tracer = traced.tracer();
        final AtomicLong started = new AtomicLong();
        Threads.run(THREADS, thread -> {
            for (int i = 0; i < 5_000; i++) {
                try (Span span = tracer.start(NAME)) {
                    span.set(NUMBER, i).event("e").set(NUMBER, i);
                    try (Span child = tracer.start(NAME, SpanKind.CLIENT)) {
                        child.set("k", "x".repeat(i % 500));
                    }
                    final Span detached = tracer.startDetached(NAME, SpanKind.PRODUCER);
                    span.set("open", true);
                    detached.end();
                }
                started.addAndGet(3);
                if (i % 1_000 == 0) {
                    tracer.recording(thread % 2 == 0);
                    traced.sink.refusing(i % 4_000 == 0);
                }
            }
        });
        final Ledger ledger = tracer.ledger();
        assertEquals(started.get(), ledger.started());
        assertEquals(THREADS * 15_000L, ledger.started());
        assertEquals(0, ledger.count(Counter.FAILED) + ledger.count(Counter.INTERNAL_ERRORS));
    }

    @Test
    void closingDuringWorkLosesNoSpan() {
        final Tracer tracer = traced.tracer();
        traced.sink.keeping(false);
        final AtomicLong started = new AtomicLong();
        Threads.run(THREADS, thread -> {
            long mine = 0;
            while (tracer.isEnabled() || mine % 100 != 0) {
                try (Span span = tracer.start(NAME)) {
                    tracer.startDetached(NAME, SpanKind.CLIENT)
                            .set(NUMBER, mine)
                            .end();
                    span.set(NUMBER, mine);
                }
                mine += 2;
                if (thread == 0 && mine == 10_000) {
                    tracer.close(Duration.ZERO);
                }
            }
            started.addAndGet(mine);
        });
        assertEquals(started.get(), tracer.ledger().started());
        assertTrue(tracer.ledger().published() > 0);
    }

    /** On virtual threads, if there are any: they share chunks, platform threads own them. */
    @Test
    void tenThousandThreadsLoseNoSpan() throws Exception {
        traced.sink.keeping(false);
        final Tracer tracer = traced.tracer();
        final ExecutorService executor = Runtime.version().feature() < 21
                ? Executors.newFixedThreadPool(THREADS)
                : (ExecutorService) Executors.class
                        .getMethod("newVirtualThreadPerTaskExecutor")
                        .invoke(null);
        for (int i = 0; i < 10_000; i++) {
            executor.execute(() -> {
                try (Span span = tracer.start(NAME)) {
                    Thread.yield(); // possibly to another carrier thread
                    tracer.start(NAME, SpanKind.CLIENT).set(NUMBER, 1).end();
                    span.set(NUMBER, 2);
                }
            });
        }
        executor.shutdown();
        assertTrue(executor.awaitTermination(1, TimeUnit.MINUTES));
        assertEquals(20_000, tracer.ledger().started());
        assertTrue(Set.of("dropped.records_full").containsAll(traced.problems().keySet()), traced.problems()::toString);
    }

    @Test
    void racingEndsOfADetachedSpanCountOnce() {
        traced.sink.keeping(false);
        final int rounds = 2_000;
        final Span[] spans = new Span[1];
        final CyclicBarrier barrier =
                new CyclicBarrier(4, () -> spans[0] = traced.tracer().startDetached(NAME, SpanKind.INTERNAL));
        Threads.run(4, thread -> {
            for (int i = 0; i < rounds; i++) {
                barrier.await();
                spans[0].set(NUMBER, i).set("text", "x".repeat(i % 300)).end();
            }
        });
        assertEquals(rounds, traced.tracer().ledger().published());
        assertEquals(0, traced.count(Counter.INTERNAL_ERRORS));
        assertTrue(traced.count(Counter.MISUSE_AFTER_END) >= 3L * rounds, "at least the end of each loser");
    }
}
