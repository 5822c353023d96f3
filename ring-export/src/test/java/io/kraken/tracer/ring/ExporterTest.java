package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.view.SpanData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Tests of the exporter's own thread: when it wakes up, and what happens to spans when it is too slow. */
class ExporterTest {

    private static final int RECORDS = 2048;
    private static final long IDLE_PERIOD_MILLIS = 50;
    /** Waits until its pauses have reached the maximum. */
    private static final int CYCLES_TO_IDLE = 16;

    private static TracerConfig config() {
        return Harness.config().with(TracerConfig.RECORDS, RECORDS);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void singleSpansNeverWakeIt() {
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        for (int i = 0; i < 20; i++) {
            rig.spans(50);
            Harness.await("all spans to be shipped", () -> rig.tracer.ledger().buffered() == 0);
        }
        assertEquals(0, rig.count(Counter.NUDGES));
        rig.close();
    }

    @Test
    void isWokenOncePerCycleWhenManyFindNoRecord() {
        final Harness<ScriptedSink> rig =
                Harness.threaded(config().with(ExportSettings.SWEEP_MILLIS, 1000), ScriptedSink::new);
        for (int round = 0; round < 3; round++) {
            final CountDownLatch inside = new CountDownLatch(1);
            final CountDownLatch go = new CountDownLatch(1);
            rig.sink.onWork = () -> {
                inside.countDown();
                awaitQuietly(go);
            };
            awaitQuietly(inside); // the exporter is in a cycle, so a nudge from here on is for the next one
            final long before = rig.count(Counter.NUDGES);
            final long dropped = rig.count(Counter.RECORDS_FULL);
            rig.spans(2 * RECORDS);
            assertEquals(before + 1, rig.count(Counter.NUDGES));
            assertTrue(rig.count(Counter.RECORDS_FULL) > dropped);
            rig.sink.onWork = () -> {};
            go.countDown();
            Harness.await(
                    "all recorded spans are shipped", () -> rig.tracer.ledger().buffered() == 0);
        }
        rig.close();
    }

    /** By itself it would sweep again in ten minutes: a lost nudge would make the test time out. */
    @Test
    void noNudgeIsLost() {
        final Harness<ScriptedSink> rig =
                Harness.threaded(config().with(ExportSettings.SWEEP_MILLIS, 600_000), ScriptedSink::new);
        final AtomicInteger cycles = new AtomicInteger();
        rig.sink.onWork = cycles::incrementAndGet;
        for (int round = 0; round < 500; round++) {
            final int cyclesBefore = cycles.get();
            final long nudgesBefore = rig.count(Counter.NUDGES);
            for (int i = 0; i < 100 && rig.count(Counter.NUDGES) == nudgesBefore; i++) {
                rig.spans(64);
            }
            Harness.await("another cycle", () -> cycles.get() > cyclesBefore);
        }
        rig.close();
    }

    /** Counts cycles per elapsed time, however long that was. */
    private static void assertIdle(Harness<ScriptedSink> rig) {
        final AtomicInteger cycles = new AtomicInteger();
        rig.sink.onWork = cycles::incrementAndGet;
        final long begunNs = System.nanoTime();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1500));
        final int counted = cycles.get();
        final long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNs);
        assertTrue(counted <= CYCLES_TO_IDLE + millis / IDLE_PERIOD_MILLIS, counted + " cycles in " + millis + " ms");
    }

    @Test
    void idleExporterWakesAtMostTwentyTimesASecond() {
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        assertIdle(rig);
        rig.spans(10);
        assertIdle(rig);
        rig.close();
    }

    @Test
    void openSpansInMostRecordsDoNotKeepItAwake() {
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        final List<Span> open = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            open.add(rig.detached());
        }
        assertIdle(rig);
        open.forEach(Span::end);
        rig.close();
    }

    @Test
    void threadsThatOwnChunksDoNotKeepItAwake() throws InterruptedException {
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        final CountDownLatch started = new CountDownLatch(30);
        final CountDownLatch go = new CountDownLatch(1);
        final Thread[] threads = new Thread[30];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                rig.spans(1);
                started.countDown();
                awaitQuietly(go);
            });
            threads[t].start();
        }
        started.await();
        assertIdle(rig);
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        rig.close();
    }

    @Test
    void fullSinkDoesNotKeepItAwakeWithoutRecording() {
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        rig.sink.onOffer = batch -> {};
        rig.spans(2 * RECORDS);
        assertIdle(rig);
        rig.sink.onOffer = rig.sink::ship;
        rig.close();
    }

    @Test
    void batchOfFewRecordsDoesNotWaitForMany() {
        final Harness<DiscardSink> rig =
                Harness.driven(config().with(ExportSettings.BATCH_MILLIS, 600_000), DiscardSink::new);
        for (int i = 0; i < 100; i++) {
            rig.spans(RECORDS / 8);
            rig.sweep();
        }
        assertEquals(0, rig.count(Counter.RECORDS_FULL));
        rig.close();
    }

    /**
     * More threads than processors that do little but record spans: a thread that finds no record continues at once,
     * and the exporter makes progress.
     */
    @Test
    void twoHundredBusyThreadsDoNotStarveIt() throws InterruptedException {
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        final AtomicBoolean stop = new AtomicBoolean();
        final AtomicLong started = new AtomicLong();
        final Thread[] threads = new Thread[200];
        final AtomicBoolean go = new AtomicBoolean(); // starting a thread next to busy ones takes long
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                Harness.await("the other threads", go::get);
                long own = 0;
                while (!stop.get()) {
                    request(rig);
                    own += 20;
                }
                started.addAndGet(own);
            });
            threads[t].start();
        }
        go.set(true);
        Harness.await("records to be reused", () -> rig.count(Counter.SHIPPED) > 2 * RECORDS);
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        final Ledger end = rig.close();
        assertEquals(started.get(), end.started());
        assertEquals(started.get(), end.shipped() + end.dropped());
        assertEquals(end.dropped(), end.count(Counter.RECORDS_FULL));
        assertEquals(0, end.count(Counter.INTERNAL_ERRORS));
    }

    private static void request(Harness<?> rig) {
        try (Span request = rig.tracer.start(Harness.WORK, SpanKind.SERVER)) {
            request.set("number", 1);
            rig.spans(19);
        }
    }

    @Test
    void exportsForgottenSpanAsAbandonedWhenRecordsAreScarce() {
        final Rig.Collecting collecting = new Rig.Collecting();
        final TracerConfig settings = Rig.settings().with(TracerConfig.ABANDON_AFTER, Duration.ofSeconds(10));
        try (Rig rig = new Rig(collecting::with, settings)) {
            final Span forgotten = rig.tracer.startDetached(Rig.OUTER, SpanKind.CLIENT);
            forgotten.set(Rig.NUMBER, 7);
            final List<Span> others = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                others.add(rig.tracer.startDetached(Rig.INNER, SpanKind.INTERNAL));
            }
            rig.step(1).step(9000);
            assertEquals(List.of(), collecting.spans);
            rig.step(2000);
            final SpanData span = collecting.spans.stream()
                    .filter(found -> found.name().equals("rig.outer"))
                    .findFirst()
                    .orElseThrow();
            assertEquals("{number=7, kraken.abandoned=true}", span.attributes().toString());
            assertTrue(span.endNs() > span.startNs());
            assertEquals(collecting.spans.size(), rig.count(Counter.ABANDONED));
            forgotten.end();
            assertEquals(1, rig.count(Counter.MISUSE_AFTER_END));
            others.forEach(Span::end);
            rig.step(300).step(300);
            assertEquals(0, rig.ledger().open());
        }
    }
}
