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
import io.kraken.tracer.file.SpanFileLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Wherever a span ends up, the books say so. */
class LedgerTest {

    private static final int SLOTS = 1024;

    private static TracerConfig config() {
        return Harness.config().with(TracerConfig.LANES, 8).with(TracerConfig.LANE_RECORDS, SLOTS);
    }

    @Test
    void whatNoLaneHasRoomForIsDroppedAndTheRestIsShipped() {
        final Harness<DiscardSink> rig = Harness.driven(config(), DiscardSink::new);
        rig.spans(SLOTS + 500);
        final Ledger full = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(500, full.count(Counter.LANES_FULL));
        assertEquals(SLOTS, full.inLanes());
        rig.sweep();
        rig.spans(10);
        final Ledger end = rig.close();
        assertEquals(SLOTS + 510, end.started());
        assertEquals(SLOTS + 10, end.shipped());
        assertEquals(500, end.dropped());
    }

    @Test
    void whatIsNotSampledGoesNoFurtherThanTheExporterWhereNothingIsKeptForHindsight() {
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
    void waitingForRoomEndsAtItsBound() {
        final Harness<DiscardSink> rig =
                Harness.driven(config().with(TracerConfig.FULL_WAIT_MICROS, 200), DiscardSink::new);
        rig.spans(SLOTS + 20);
        final Ledger end = rig.close();
        assertEquals(20, end.count(Counter.LANES_FULL));
        assertEquals(SLOTS, end.shipped());
    }

    @Test
    void nothingIsDroppedWhereWaitingIsAllowedAndTheExporterRuns() throws InterruptedException {
        final Harness<DiscardSink> rig =
                Harness.threaded(config().with(TracerConfig.FULL_WAIT_MICROS, 1_000_000), DiscardSink::new);
        final Ledger end = busyThreads(rig, 8, 20_000);
        assertEquals(160_000, end.shipped());
        assertEquals(0, end.dropped());
    }

    @Test
    void eightThreadsAtFullSpeedLoseOnlyWhatIsCounted() throws InterruptedException {
        final Harness<DiscardSink> rig = Harness.threaded(config(), DiscardSink::new);
        final Ledger end = busyThreads(rig, 8, 50_000);
        assertEquals(400_000, end.started());
        assertEquals(400_000, end.shipped() + end.dropped());
        assertEquals(0, end.count(Counter.STAGING_FULL));
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
    void spansStillOpenAtTheCloseStayOpenInTheBooksAndEndIntoNothing() {
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
    void spansThatAreNotRecordedAreCountedAsThat() {
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
    void moreOpenSpansThanStagingHoldsAreDroppedAtTheStart() {
        final Harness<DiscardSink> rig =
                Harness.driven(config().with(TracerConfig.STAGING_RECORDS, 64), DiscardSink::new);
        final List<Span> open = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            open.add(rig.detached());
        }
        final Ledger full = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(64, full.open());
        assertEquals(36, full.count(Counter.STAGING_FULL));
        open.forEach(Span::end);
        rig.spans(10);
        final Ledger end = rig.close();
        assertEquals(74, end.shipped());
        assertEquals(110, end.started());
    }

    @Test
    void oneThreadMayHoldNearlyAllOfALargeStagingOpen() {
        final Harness<DiscardSink> rig = Harness.driven(
                config().with(TracerConfig.STAGING_RECORDS, 128 * 1024).with(TracerConfig.LANE_RECORDS, 128 * 1024),
                DiscardSink::new);
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
    void aPoisonRecordIsCountedAndWhatStandsAroundItIsShipped() {
        final Harness<DiscardSink> rig = Harness.driven(config().with(TracerConfig.LANES, 1), DiscardSink::new);
        rig.spans(10);
        final SpanFileLayout layout = rig.tracer.file().layout();
        final int slot = layout.laneSlotsOffset(0);
        final int length = layout.shape().recordLength();
        rig.tracer
                .file()
                .buffer()
                .putInt(slot + 2 * length + 72, Integer.MAX_VALUE); // says it is longer than it can be
        rig.tracer.file().buffer().putInt(slot + 4 * length + 72, -1);
        rig.tracer.file().buffer().putLong(slot + 6 * length, 0x0BAD_0BAD_0BADL); // announces nothing
        rig.tracer.file().buffer().putLong(slot + 8 * length + 32, 0); // has no span id
        final Ledger end = rig.close();
        assertEquals(4, end.count(Counter.POISON));
        assertEquals(6, end.shipped());
        assertEquals(0, end.buffered());
    }

    @Test
    void aLedgerReadWhileEverythingMovesIsNeverNegativeAndClosesInTheEnd() throws InterruptedException {
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
