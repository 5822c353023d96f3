package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFileLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests when a batch is handed to the sink, with a clock that the test steps. */
class ExporterAgentTest {

    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final List<Integer> batches = new ArrayList<>();
    private long nowNs = -500; // a clock's values may be negative
    private Harness<ScriptedSink> rig;

    private void open(TracerConfig config) {
        rig = Harness.driven(
                config.with(ExportSettings.BATCH_MILLIS, 100), ScriptedSink::new, new RingExport().clock(() -> nowNs));
        rig.sink.onOffer = batch -> {
            batches.add(batch.count());
            rig.sink.ship(batch);
        };
    }

    private void sweepAt(long millis) {
        nowNs = -500 + millis * MILLI;
        rig.sweep();
    }

    private void assertBatches(Integer... expected) {
        assertEquals(List.of(expected), batches);
    }

    @Test
    void spanWaitsForOthersUntilBatchIsOldEnough() {
        open(Harness.config());
        rig.spans(3);
        sweepAt(0);
        sweepAt(99);
        assertBatches();
        assertEquals(3, Harness.assertCloses(rig.tracer.ledger()).inChunks());
        rig.spans(2);
        sweepAt(100);
        assertBatches(5);
        assertEquals(5, rig.close().shipped());
    }

    @Test
    void nextBatchHasItsOwnDelay() {
        open(Harness.config());
        rig.spans(1);
        sweepAt(0);
        sweepAt(100);
        sweepAt(150);
        rig.spans(2);
        sweepAt(180);
        sweepAt(279);
        assertBatches(1);
        sweepAt(280);
        assertBatches(1, 2);
        rig.close();
    }

    @Test
    void offersFullBatchAtOnceAndRestWaitsAnew() {
        open(Harness.config().with(ExportSettings.BATCH_RECORDS, 10));
        rig.spans(4);
        sweepAt(0);
        rig.spans(9);
        sweepAt(90);
        assertBatches(10);
        sweepAt(100);
        assertBatches(10);
        sweepAt(189);
        assertBatches(10);
        sweepAt(190);
        assertBatches(10, 3);
        assertEquals(13, rig.close().shipped());
    }

    @Test
    void offersSeveralBatchesInOneCycle() {
        open(Harness.config().with(ExportSettings.BATCH_RECORDS, 100));
        rig.spans(350);
        sweepAt(0);
        assertBatches(100, 100, 100);
        rig.close();
        assertBatches(100, 100, 100, 50);
    }

    @Test
    void offersBatchThatIsFullByBytes() {
        open(Harness.config().with(TracerConfig.RECORD_LENGTH, 4096).with(ExportSettings.BATCH_BYTES, 1 << 19));
        for (int i = 0; i < 30; i++) {
            rig.tracer.start(Harness.WORK).set("large", "x".repeat(100_000)).end();
            sweepAt(0);
        }
        assertTrue(batches.size() >= 3, batches::toString);
        assertEquals(30, rig.close().shipped());
    }

    @Test
    void largestSpanFitsIntoSmallestBatch() {
        open(Harness.config()
                .with(TracerConfig.RECORD_LENGTH, 4096)
                .with(ExportSettings.BATCH_BYTES, 1 << 19)
                .with(ExportSettings.STACK_TRACE_BYTES, 32_768));
        final io.kraken.tracer.Span huge = rig.tracer.start(Harness.WORK);
        for (int i = 0; i < 8; i++) {
            huge.exception(new Exception("number " + i));
        }
        huge.set("filling", "x".repeat(261_000)).end();
        rig.spans(3);
        sweepAt(0);
        final Ledger end = rig.close();
        assertEquals(0, end.rejected());
        assertEquals(4, end.shipped());
    }

    @Test
    void offersRejectedBatchAgainInNextCycle() {
        open(Harness.config());
        final int[] offers = new int[1];
        rig.sink.onOffer = batch -> {
            if (++offers[0] == 3) {
                rig.sink.ship(batch);
            }
        };
        rig.spans(5);
        sweepAt(0);
        sweepAt(100);
        sweepAt(101);
        assertEquals(2, offers[0]);
        sweepAt(102);
        assertEquals(3, offers[0]);
        assertEquals(5, rig.close().shipped());
    }

    @Test
    void everyCycleRunsTheSinkEvenWithoutSpans() {
        open(Harness.config());
        final int[] cycles = new int[1];
        rig.sink.onWork = () -> cycles[0]++;
        for (int i = 0; i < 7; i++) {
            sweepAt(i);
        }
        assertEquals(7, cycles[0]);
        rig.close();
    }

    @Test
    void slowSinkStarvesNoChunk() {
        open(Harness.config().with(TracerConfig.RECORDS, 512).with(ExportSettings.BATCH_RECORDS, 1));
        final int[] left = new int[1];
        final Set<Integer> moved = new HashSet<>();
        rig.sink.onOffer = batch -> {
            if (left[0]-- > 0) {
                moved.add(SpanFileLayout.chunkOf(batch.record(0)));
                rig.sink.ship(batch);
            }
        };
        for (int cycle = 0; cycle < 100; cycle++) {
            rig.spans(512); // all free records
            left[0] = 16;
            sweepAt(200L * cycle);
        }
        assertEquals(8, moved.size());
        rig.sink.onOffer = rig.sink::ship;
        assertEquals(0, rig.close().buffered());
    }
}
