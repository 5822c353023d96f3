package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tests that the ledger accounts for every span, whatever happens to it. */
class ExportLedgerTest {

    private static final int RECORDS = 1024;

    private static TracerConfig config() {
        return Harness.config().with(TracerConfig.RECORDS, RECORDS);
    }

    @Test
    void dropsSpansWithoutFreeRecordAndShipsOthers() {
        final Harness<DiscardSink> rig = Harness.driven(config(), DiscardSink::new);
        rig.spans(RECORDS + 500);
        final Ledger full = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(500, full.count(Counter.RECORDS_FULL));
        assertEquals(RECORDS, full.inChunks());
        rig.sweep();
        rig.spans(10);
        final Ledger end = rig.close();
        assertEquals(RECORDS + 510, end.started());
        assertEquals(RECORDS + 10, end.shipped());
        assertEquals(500, end.dropped());
    }

    @Test
    void exporterDropsUnsampledSpansUnlessSinkKeepsThem() {
        final Harness<DiscardSink> rig =
                Harness.driven(config().with(TracerConfig.SAMPLER, "always_off"), DiscardSink::new);
        rig.spans(100);
        rig.tracer
                .start(
                        "asked for",
                        SpanKind.SERVER,
                        new RemoteContext().set(1, 2, 3, 1).debug())
                .end();
        rig.sweep();
        final Ledger end = rig.close();
        assertEquals(101, end.published());
        assertEquals(0, end.count(Counter.UNRECORDED));
        assertEquals(100, end.notKept());
        assertEquals(1, end.shipped());
    }

    @Test
    void waitForRoomEndsAtItsLimit() {
        final Harness<DiscardSink> rig =
                Harness.driven(config().with(TracerConfig.FULL_WAIT_MICROS, 200), DiscardSink::new);
        rig.spans(RECORDS + 20);
        final Ledger end = rig.close();
        assertEquals(20, end.count(Counter.RECORDS_FULL));
        assertEquals(RECORDS, end.shipped());
    }

    @Test
    void dropsNothingWhenStartsMayWaitAndExporterRuns() throws InterruptedException {
        final Harness<DiscardSink> rig =
                Harness.threaded(config().with(TracerConfig.FULL_WAIT_MICROS, 1_000_000), DiscardSink::new);
        final Ledger end = busyThreads(rig, 8, 20_000);
        assertEquals(160_000, end.shipped());
        assertEquals(0, end.dropped());
    }

    @Test
    void countsEveryLossOfEightBusyThreads() throws InterruptedException {
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        final Ledger end = busyThreads(rig, 8, 50_000);
        assertEquals(400_000, end.started());
        assertEquals(400_000, end.shipped() + end.dropped());
        assertEquals(end.dropped(), end.count(Counter.RECORDS_FULL));
    }

    /** The ledger contains each span exactly once, at any point of the exporter's cycle; between cycles it is exact. */
    @Test
    void neverShowsLossWhileExporterRuns() throws InterruptedException {
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        final List<String> lost = new ArrayList<>();
        final AtomicInteger exact = new AtomicInteger();
        final AtomicBoolean done = new AtomicBoolean();
        final Thread reader = new Thread(() -> {
            for (int i = 0; i < 200 || !done.get(); i++) {
                final Ledger ledger = rig.tracer.ledger();
                if (ledger.lost() != 0) {
                    lost.add(ledger.toString());
                }
                exact.addAndGet(ledger.exact() && ledger.taken() > 0 ? 1 : 0);
            }
        });
        reader.start();
        final Ledger end = busyThreads(rig, 2, 100_000);
        done.set(true);
        reader.join();
        assertEquals(List.of(), lost);
        assertTrue(exact.get() > 10, exact + " were exact");
        assertEquals(200_000, end.shipped() + end.dropped());
    }

    private static Ledger busyThreads(Harness<?> rig, int threads, int each) throws InterruptedException {
        final List<Thread> all = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            all.add(new Thread(() -> rig.spans(each)));
        }
        all.forEach(Thread::start);
        for (Thread thread : all) {
            thread.join();
        }
        return rig.close();
    }

    @Test
    void spansOpenAtCloseStayOpenInLedger() {
        final Harness<DiscardSink> rig = Harness.driven(config(), DiscardSink::new);
        final Span open = rig.detached();
        rig.spans(3);
        final Ledger closed = rig.close();
        assertEquals(1, closed.open());
        open.end();
        assertSame(Span.NOOP, rig.tracer.start(Harness.WORK));
        final Ledger after = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(0, after.open());
        assertEquals(1, after.count(Counter.ENDED_CLOSED));
        assertEquals(1, after.count(Counter.STARTED_CLOSED));
        assertEquals(3, after.shipped());
        assertEquals(5, after.started());
    }

    @Test
    void countsSpansThatAreNotRecorded() {
        final Harness<DiscardSink> rig = Harness.driven(config(), DiscardSink::new);
        rig.tracer.recording(false);
        rig.spans(7);
        rig.tracer.recording(true);
        rig.spans(2);
        final Ledger end = rig.close();
        assertEquals(7, end.unrecorded());
        assertEquals(9, end.started());
        assertEquals(2, end.shipped());
    }

    @Test
    void dropsStartsBeyondTheNumberOfRecords() {
        final Harness<DiscardSink> rig = Harness.driven(config().with(TracerConfig.RECORDS, 128), DiscardSink::new);
        final List<Span> open = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            open.add(rig.detached());
        }
        final Ledger full = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(128, full.open());
        assertEquals(72, full.count(Counter.RECORDS_FULL));
        open.forEach(Span::end);
        rig.sweep();
        rig.spans(10);
        final Ledger end = rig.close();
        assertEquals(138, end.shipped());
        assertEquals(210, end.started());
    }

    @Test
    void oneThreadMayHoldNearlyAllRecordsOpen() {
        final Harness<DiscardSink> rig = Harness.driven(config().with(TracerConfig.RECORDS, 100_032), DiscardSink::new);
        final Span[] open = new Span[100_000];
        for (int i = 0; i < open.length; i++) {
            open[i] = rig.detached();
        }
        final Ledger held = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(0, held.dropped());
        assertEquals(open.length, held.open());
        for (Span span : open) {
            span.end();
        }
        assertEquals(open.length, rig.close().shipped());
    }

    @Test
    void countsPoisonRecordsAndShipsOthers() {
        final Harness<DiscardSink> rig = Harness.driven(config(), DiscardSink::new);
        rig.spans(10);
        final SpanFileLayout layout = rig.tracer.file().layout();
        final ByteBuffer buffer = rig.tracer.file().buffer();
        buffer.putShort(layout.recordOffset(2) + RecordLayout.LENGTH_OFFSET, (short) -1); // longer than possible
        buffer.putShort(layout.recordOffset(4) + RecordLayout.LENGTH_OFFSET, (short) 1);
        buffer.putInt(layout.recordOffset(6) + RecordLayout.NAME_OFFSET, 0xFF_0000); // an unknown symbol
        buffer.putLong(layout.recordOffset(8) + RecordLayout.SPAN_ID_OFFSET, 0);
        final Ledger end = rig.close();
        assertEquals(4, end.count(Counter.POISON));
        assertEquals(6, end.shipped());
        assertEquals(0, end.buffered());
    }

    @Test
    void ledgerReadDuringWorkIsNeverNegativeAndFinallyBalances() throws InterruptedException {
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        final Thread[] threads = new Thread[3];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> rig.spans(50_000));
            threads[t].start();
        }
        long last = 0;
        while (threads[0].isAlive()) {
            final Ledger moving = rig.tracer.ledger();
            assertTrue(moving.started() >= last, moving::toString);
            last = moving.started();
        }
        for (Thread thread : threads) {
            thread.join(TimeUnit.MINUTES.toMillis(1));
        }
        assertEquals(150_000, rig.close().started());
    }
}
