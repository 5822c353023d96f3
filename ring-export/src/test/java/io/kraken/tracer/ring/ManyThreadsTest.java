package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CoreAccess;
import io.kraken.tracer.Scope;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SunUnsafe;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** Tests with many threads and many tracers: their remaining state is bounded, and every span is counted. */
class ManyThreadsTest {

    private static final int RECORDS = 16 * 1024;
    /** Number of threads that may own a chunk and a second one. */
    private static final int OWNERS = RECORDS / 64 / 4;

    /** All records except those of a chunk that the checking thread owns. */
    private static final int FREE = RECORDS - 64;

    private static final int SPANS_OF_WORK = 3;

    /** Starts may wait for records that rest: resting records are used when none other becomes free in that time. */
    private static TracerConfig config() {
        return Harness.config().with(TracerConfig.RECORDS, RECORDS).with(TracerConfig.FULL_WAIT_MICROS, 200_000);
    }

    private static void work(Tracer tracer) {
        try (Span outer = tracer.start(Harness.WORK, SpanKind.SERVER)) {
            final Span detached = tracer.startDetached(Harness.WORK, SpanKind.CLIENT);
            final Scope scope = detached.makeCurrent();
            tracer.start(Harness.WORK).set("text", "value").end();
            scope.close();
            detached.end();
            outer.set("text", "another value");
        }
    }

    /** Starts detached spans until no record is free, then ends them; returns their number. */
    private static int free(Tracer tracer) {
        final List<Span> open = new ArrayList<>();
        for (Span span = tracer.startDetached(Harness.WORK, SpanKind.CLIENT);
                span != Span.NOOP;
                span = tracer.startDetached(Harness.WORK, SpanKind.CLIENT)) {
            open.add(span);
        }
        open.forEach(Span::end);
        return open.size();
    }

    private static void runAndJoin(List<Thread> threads) throws InterruptedException {
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** Threads come in bursts, each of more threads than may own chunks. */
    @Test
    void tenThousandShortThreadsLeaveNoState() throws InterruptedException {
        final int threads = 10_000;
        final int burst = 2 * OWNERS;
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        for (int begun = 0; begun < threads; begun += burst) {
            final List<Thread> all = new ArrayList<>();
            for (int i = begun; i < Math.min(threads, begun + burst); i++) {
                all.add(new Thread(() -> work(rig.tracer)));
            }
            runAndJoin(all);
            assertTrue(CoreAccess.threadStates(rig.tracer) <= 2 * burst, "new threads remove the states of dead ones");
        }
        Harness.await("the states of all threads to be removed", () -> CoreAccess.threadStates(rig.tracer) == 0);
        Harness.await("all spans to be shipped", () -> rig.tracer.ledger().buffered() == 0);
        assertEquals(SPANS_OF_WORK * threads, rig.tracer.ledger().started());
        Harness.await("all records to be free", () -> rig.tracer.ledger().buffered() == 0 && free(rig.tracer) >= FREE);
        final Ledger end = rig.close();
        assertEquals(0, end.open());
        assertEquals(end.started(), end.shipped() + end.dropped());
    }

    @Tag("slow")
    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void millionVirtualThreadsLeaveNoState() throws Exception {
        final int threads = 1_000_000;
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        final ExecutorService executor = (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        final Semaphore atATime = new Semaphore(4_000);
        for (int i = 0; i < threads; i++) {
            atATime.acquire();
            executor.execute(() -> {
                work(rig.tracer);
                atATime.release();
            });
        }
        executor.shutdown();
        assertTrue(executor.awaitTermination(2, TimeUnit.MINUTES));
        assertEquals(0, CoreAccess.threadStates(rig.tracer));
        final Ledger end = rig.close();
        assertEquals(SPANS_OF_WORK * (long) threads, end.started());
        assertEquals(0, end.open());
        assertEquals(end.started(), end.shipped() + end.dropped());
    }

    @Test
    void twentyTracersKeepTheirSpansSeparate(@TempDir Path directory) throws InterruptedException {
        final int tracers = 20;
        final int rounds = 200;
        final List<Harness<DiscardSink>> rigs = new ArrayList<>();
        for (int i = 0; i < tracers; i++) {
            rigs.add(Harness.threaded(
                    config().with(TracerConfig.RECORDS, 2048).with(TracerConfig.FILE, directory.toString()),
                    DiscardSink::new));
        }
        final List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            threads.add(new Thread(() -> {
                for (int round = 0; round < rounds; round++) {
                    for (Harness<DiscardSink> rig : rigs) {
                        try (Span other = rigs.get(round % tracers).tracer.start(Harness.WORK)) {
                            work(rig.tracer);
                            assertSame(other, rigs.get(round % tracers).tracer.current());
                        }
                    }
                }
            }));
        }
        runAndJoin(threads);
        for (Harness<DiscardSink> rig : rigs) {
            final Ledger end = rig.close();
            assertEquals((SPANS_OF_WORK + 1) * 8L * rounds, end.started());
            assertEquals(0, end.open());
            assertEquals(end.started(), end.shipped() + end.dropped());
        }
        assertEquals(0, directory.toFile().list().length, "all files are deleted with their tracers");
    }

    /**
     * Each simulated minute two threads start and leave a span each that is never ended: after an hour these may be
     * abandoned.
     */
    @Test
    void dayOfForgottenSpansDoesNotExhaustRecords() throws InterruptedException {
        final AtomicLong nowNs = new AtomicLong();
        final TracerConfig config = CoreAccess.ticks(Rig.settings(), nowNs::get, nowNs::get);
        final int minutes = (int) TimeUnit.DAYS.toMinutes(1);
        try (Rig rig = new Rig(DiscardSink::new, config.with(TracerConfig.ABANDON_AFTER, Duration.ofHours(1)))) {
            for (int minute = 0; minute < minutes; minute++) {
                final List<Thread> threads = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    threads.add(new Thread(() -> {
                        work(rig.tracer);
                        rig.tracer.start(Harness.WORK);
                    }));
                }
                runAndJoin(threads);
                nowNs.addAndGet(TimeUnit.MINUTES.toNanos(1));
                rig.step(TimeUnit.MINUTES.toMillis(1)).step(0);
            }
            final Ledger day = rig.ledger();
            assertEquals(2L * minutes * (SPANS_OF_WORK + 1), day.started());
            assertEquals(0, day.dropped(), day::toString);
            assertEquals(2L * minutes, day.open() + day.count(Counter.ABANDONED));
            for (int i = 0; i < 256; i++) {
                rig.doWork();
            }
            assertEquals(0, CoreAccess.threadStates(rig.tracer));
        }
    }

    /** Erases thread-locals as the workers of some pools do after each task. */
    private static void eraseThreadLocals() {
        try {
            final MethodHandle offset = SunUnsafe.method("objectFieldOffset", long.class, Field.class);
            final MethodHandle put = SunUnsafe.method("putObject", void.class, Object.class, long.class, Object.class);
            final long at = (long) offset.invokeExact(Thread.class.getDeclaredField("threadLocals"));
            put.invokeExact((Object) Thread.currentThread(), at, (Object) null);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Two threads whose ids have the same low bits, so that each replaces the other in the first-level lookup of thread
     * states.
     */
    @Test
    void threadsWithErasedThreadLocalsKeepTheirState() throws InterruptedException {
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        final Tracer tracer = rig.tracer;
        final Semaphore[] turns = {new Semaphore(1), new Semaphore(0)};
        final List<Throwable> failures = new ArrayList<>();
        final List<Thread> alike = new ArrayList<>();
        while (alike.size() < 2) {
            final int number = alike.size();
            final Thread thread = new Thread(() -> {
                try {
                    takeTurns(tracer, turns[number], turns[1 - number]);
                    if (number == 0) { // while the other thread is still alive
                        Harness.await("free records", () -> free(tracer) >= RECORDS - 4 * 64);
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
                turns[1 - number].release(1_000);
            });
            if (alike.isEmpty() || (thread.getId() - alike.get(0).getId()) % 256 == 0) {
                alike.add(thread);
            }
        }
        runAndJoin(alike);
        assertEquals(List.of(), failures);
        final Ledger end = rig.close();
        assertEquals(0, end.count(Counter.MISUSE_OUT_OF_ORDER));
        assertEquals(0, end.open());
    }

    private static void takeTurns(Tracer tracer, Semaphore mine, Semaphore others) throws InterruptedException {
        for (int turn = 0; turn < 2 * OWNERS; turn++) {
            mine.acquire();
            final Span span = tracer.start(Harness.WORK);
            eraseThreadLocals();
            others.release();
            mine.acquire();
            assertSame(span, tracer.current());
            tracer.start(Harness.WORK).end();
            span.end();
            others.release();
        }
    }
}
