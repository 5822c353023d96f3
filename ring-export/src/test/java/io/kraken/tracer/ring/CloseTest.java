package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of closing with a deadline: exports what it can and reports the rest, whatever threads and sinks do. */
class CloseTest {

    private static TracerConfig config() {
        return Harness.config().with(TracerConfig.RECORDS, 1024);
    }

    private static void closeAmongBusyThreads(TracerConfig config, Duration timeout) throws InterruptedException {
        final Harness<DiscardSink> rig = Harness.threaded(config, DiscardSink::new);
        final AtomicBoolean stop = new AtomicBoolean();
        final CountDownLatch busy = new CountDownLatch(8);
        final long[] started = new long[8];
        final Thread[] threads = new Thread[8];
        for (int t = 0; t < threads.length; t++) {
            final int thread = t;
            threads[t] = new Thread(() -> {
                while (!stop.get()) {
                    rig.spans(1);
                    if (started[thread]++ == 100) {
                        busy.countDown();
                    }
                }
            });
            threads[t].start();
        }
        busy.await();
        rig.tracer.close(timeout);
        final long takenAtClose = inChunksOrBehind(rig.tracer);
        Harness.await("spans started after the close", () -> rig.count(Counter.STARTED_CLOSED) > 1000);
        stop.set(true);
        long all = 0;
        for (int t = 0; t < threads.length; t++) {
            threads[t].join();
            all += started[t];
        }
        final Ledger end = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(all, end.started());
        assertEquals(0, end.open());
        final long late = end.published() - takenAtClose;
        assertTrue(late >= 0 && late <= threads.length, "only spans that were open may end: " + late);
    }

    private static long inChunksOrBehind(Tracer tracer) {
        return tracer.ledger().published();
    }

    @RepeatedTest(25)
    void accountsForEverySpanAmongEightBusyThreads() throws InterruptedException {
        closeAmongBusyThreads(config(), Duration.ofSeconds(10));
    }

    @RepeatedTest(25)
    void accountsForEverySpanWithoutAnyTime() throws InterruptedException {
        closeAmongBusyThreads(config(), Duration.ZERO);
    }

    @RepeatedTest(10)
    void releasesThreadsThatWaitForRoom() throws InterruptedException {
        closeAmongBusyThreads(config().with(TracerConfig.FULL_WAIT_MICROS, 1_000_000), Duration.ofSeconds(10));
    }

    @Test
    void reportsSpansThatSinkNeverSettles() {
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        rig.sink.onOffer = rig.sink::hold;
        rig.spans(40);
        Harness.await("taken", () -> rig.sink.waiting() == 40);
        final Ledger end = Harness.assertCloses(rig.tracer.close(Duration.ofMillis(50)));
        assertEquals(40, end.count(Counter.CLOSE_DEADLINE));
        assertEquals(0, end.buffered());
        assertEquals(1, rig.sink.closes);
    }

    @Test
    void waitsForSpansThatSinkSettlesInTime() {
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        rig.sink.onOffer = rig.sink::hold;
        final int[] cycles = new int[1];
        rig.sink.onWork = () -> {
            if (rig.sink.waiting() > 0 && ++cycles[0] % 20 == 0) {
                rig.sink.settle(Counter.SHIPPED, 1);
            }
        };
        rig.spans(10);
        final Ledger end = rig.close();
        assertEquals(10, end.shipped());
        assertEquals(0, end.rejected());
    }

    @Test
    void stuckSinkDoesNotBlockCloseAndItsSpansStayCounted(@TempDir Path directory) {
        final CountDownLatch never = new CountDownLatch(1);
        final Harness<ScriptedSink> rig =
                Harness.threaded(config().with(TracerConfig.FILE, directory.toString()), ScriptedSink::new);
        final CountDownLatch stuck = new CountDownLatch(1);
        rig.sink.onOffer = batch -> {
            stuck.countDown();
            awaitUninterruptibly(never);
        };
        rig.spans(10);
        Harness.await("the sink to be stuck", () -> stuck.getCount() == 0);
        rig.spans(20);
        final Ledger end = Harness.assertCloses(rig.tracer.close(Duration.ofMillis(50)));
        assertEquals(30, end.buffered());
        assertTrue(end.inChunks() >= 20, end::toString);
        assertTrue(Files.exists(rig.tracer.file().path()), "its spans can be recovered");
        never.countDown();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void closesStuckSinkWhenItReturns() {
        final CountDownLatch later = new CountDownLatch(1);
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        final CountDownLatch stuck = new CountDownLatch(1);
        rig.sink.onOffer = batch -> {
            stuck.countDown();
            awaitUninterruptibly(later);
            rig.sink.ship(batch);
        };
        rig.spans(10);
        Harness.await("the sink to be stuck", () -> stuck.getCount() == 0);
        Harness.assertCloses(rig.tracer.close(Duration.ofMillis(1)));
        assertEquals(0, rig.sink.closes);
        later.countDown();
        Harness.await("closed by the exporter's own thread", () -> rig.sink.closes == 1);
        final Ledger end = Harness.assertCloses(rig.tracer.ledger());
        assertTrue(end.shipped() > 0, end::toString);
        assertEquals(10, end.shipped() + end.inChunks());
    }

    @Test
    void deletesFileOnlyWhenAllSpansAreSettled(@TempDir Path directory) {
        final TracerConfig settled = config().with(TracerConfig.FILE, directory.toString());
        final Harness<ScriptedSink> good = Harness.driven(settled, ScriptedSink::new);
        good.spans(10);
        good.close();
        assertFalse(Files.exists(good.tracer.file().path()));

        final TracerConfig full = config().with(TracerConfig.FILE, directory.toString());
        final Harness<ScriptedSink> refused =
                Harness.driven(full.with(ExportSettings.BATCH_RECORDS, 10), ScriptedSink::new);
        refused.sink.onOffer = batch -> {};
        refused.spans(100);
        refused.sweep();
        final Ledger end = Harness.assertCloses(refused.tracer.close(Duration.ofMillis(1)));
        assertEquals(0, end.count(Counter.CLOSE_DEADLINE));
        assertEquals(100, end.inChunks());
        assertTrue(Files.exists(refused.tracer.file().path()));
    }

    @Test
    void interruptedThreadClosesAndStaysInterrupted() {
        final Harness<DiscardSink> threaded = Harness.threaded(config(), DiscardSink::new);
        threaded.spans(500);
        Thread.currentThread().interrupt();
        final Ledger one = threaded.close();
        assertTrue(Thread.interrupted(), "the status is the program's");
        assertEquals(500, one.shipped());

        final Harness<ScriptedSink> driven = Harness.driven(config(), ScriptedSink::new);
        driven.sink.onOffer = driven.sink::hold;
        final int[] cycles = new int[1];
        driven.sink.onWork = () -> {
            if (driven.sink.waiting() > 0 && ++cycles[0] == 20) {
                driven.sink.settle(Counter.SHIPPED, driven.sink.waiting());
            }
        };
        driven.spans(500);
        Thread.currentThread().interrupt();
        final Ledger other = driven.close();
        assertTrue(Thread.interrupted(), "the status is the program's");
        assertEquals(500, other.shipped());
    }

    @Test
    void interruptDoesNotEndExporter() {
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        interruptExporters();
        rig.spans(100);
        Harness.await("all spans to be exported", () -> rig.count(Counter.SHIPPED) == 100);
        assertEquals(100, rig.close().shipped());

        final Harness<DiscardSink> driven = Harness.driven(config(), DiscardSink::new);
        Thread.currentThread().interrupt();
        driven.sweep();
        assertTrue(Thread.interrupted());
        driven.spans(10);
        driven.sweep();
        assertEquals(10, driven.count(Counter.SHIPPED));
        driven.close();
    }

    private static void interruptExporters() {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals("kraken-tracer-exporter")) {
                thread.interrupt();
            }
        }
    }

    @RepeatedTest(10)
    void tracerDrivenByOneThreadCanBeClosedByAnother() throws InterruptedException {
        final Harness<DiscardSink> rig = Harness.driven(config(), DiscardSink::new);
        final AtomicBoolean stop = new AtomicBoolean();
        final Thread driver = new Thread(() -> {
            while (!stop.get()) {
                rig.spans(50);
                rig.sweep();
            }
        });
        driver.start();
        Harness.await("work", () -> rig.count(Counter.SHIPPED) > 10_000);
        rig.tracer.close(Duration.ofSeconds(10));
        stop.set(true);
        driver.join();
        final Ledger end = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(0, end.buffered());
        assertEquals(0, end.count(Counter.INTERNAL_ERRORS) + end.rejected());
    }

    @Test
    void secondCloseOnlyReports() {
        final Harness<ScriptedSink> rig = Harness.driven(config(), ScriptedSink::new);
        rig.spans(5);
        assertEquals(5, rig.close().shipped());
        assertEquals(5, rig.close().shipped());
        assertEquals(1, rig.sink.closes);
        assertEquals(0, rig.sweep(), "no work is left");
        assertFalse(rig.tracer.isEnabled());
        assertTrue(rig.tracer.describe().contains("closed"), rig.tracer::describe);
    }
}
