package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of sinks that fail in every way: each span is settled once, and later spans are not affected. */
class FailingSinkTest {

    private static TracerConfig config() {
        return Harness.config().with(TracerConfig.RECORDS, 1024);
    }

    /** Throws a checked exception without declaring it, as a sink in another language could. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void fail(Throwable error) throws E {
        throw (E) error;
    }

    private static Throwable failure(String kind) {
        switch (kind) {
            case "exception":
                return new IllegalStateException("of the test");
            case "error":
                return new StackOverflowError("of the test");
            default:
                return new java.io.IOException("of the test");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exception", "error", "checked exception"})
    void rejectsBatchOfFailedOfferAndShipsTheNext(String kind) {
        final Harness<ScriptedSink> rig =
                Harness.driven(config().with(ExportSettings.BATCH_RECORDS, 100), ScriptedSink::new);
        final int[] calls = new int[1];
        rig.sink.onOffer = batch -> {
            if (++calls[0] == 2) {
                FailingSinkTest.<RuntimeException>fail(failure(kind));
            }
            rig.sink.ship(batch);
        };
        rig.spans(1000);
        rig.sweep();
        rig.sweep();
        rig.spans(50);
        final Ledger end = rig.close();
        assertEquals(100, end.count(Counter.SINK_ERROR));
        assertEquals(950, end.shipped());
        assertEquals(1, end.count(Counter.EXPORT_ERRORS));
        assertTrue(rig.tracer.describe().contains("of the test"), rig.tracer::describe);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exception", "error", "checked exception"})
    void exporterThreadSurvivesEveryError(String kind) {
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        final Runnable failing = () -> FailingSinkTest.<RuntimeException>fail(failure(kind));
        rig.sink.onOffer = batch -> failing.run();
        rig.spans(10);
        Harness.await("the failure", () -> rig.count(Counter.SINK_ERROR) == 10);
        rig.sink.onOffer = rig.sink::ship;
        rig.spans(20);
        Harness.await("the next spans", () -> rig.count(Counter.SHIPPED) == 20);
        assertEquals(20, rig.close().shipped());
    }

    @ParameterizedTest
    @ValueSource(strings = {"exception", "error", "checked exception"})
    void sinkWithFailingWorkStillGetsBatches(String kind) {
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        rig.sink.onWork = () -> FailingSinkTest.<RuntimeException>fail(failure(kind));
        rig.spans(30);
        Harness.await("all spans to be shipped", () -> rig.count(Counter.SHIPPED) == 30);
        final Ledger end = rig.close();
        assertEquals(0, end.rejected());
        assertTrue(end.count(Counter.EXPORT_ERRORS) > 0, end::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exception", "error"})
    void reportsFailedCloseOfSinkAndCloses(String kind) {
        final Harness<ScriptedSink> rig = Harness.threaded(config(), ScriptedSink::new);
        rig.sink.onClose = () -> FailingSinkTest.<RuntimeException>fail(failure(kind));
        rig.spans(5);
        assertEquals(5, rig.close().shipped());
        assertEquals(1, rig.count(Counter.INTERNAL_ERRORS));
    }

    @Test
    void sinkSettlesSpansItTookBeforeFailing() {
        final Harness<ScriptedSink> rig = Harness.driven(config(), ScriptedSink::new);
        rig.sink.onOffer = batch -> {
            rig.sink.taken.addAndGet(batch.count() - 60);
            batch.truncate(60);
            throw new IllegalStateException("of the test");
        };
        rig.spans(100);
        rig.sweep();
        final Ledger half = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(60, half.count(Counter.SINK_ERROR));
        assertEquals(40, half.waiting());
        rig.sink.settle(Counter.SHIPPED, 40);
        assertEquals(40, rig.close().shipped());
    }

    @Test
    void rejectingSinkFillsRecordsAndLosesNoSpan() {
        final Harness<ScriptedSink> rig =
                Harness.driven(config().with(ExportSettings.BATCH_RECORDS, 100), ScriptedSink::new);
        rig.sink.onOffer = batch -> {};
        for (int i = 0; i < 20; i++) {
            rig.spans(100);
            rig.sweep();
        }
        final Ledger full = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(0, full.waiting());
        assertEquals(1024, full.inChunks());
        assertEquals(2000 - 1024, full.count(Counter.RECORDS_FULL));
        rig.sink.onOffer = rig.sink::ship;
        assertEquals(1024, rig.close().shipped());
    }

    @Test
    void sinkThatTakesFewSpansIsOfferedTheRestAgain() {
        final Harness<ScriptedSink> rig = Harness.driven(config(), ScriptedSink::new);
        rig.sink.onOffer = batch -> {
            final int some = Math.min(7, batch.count());
            rig.sink.counters.add(Counter.SHIPPED, some);
            batch.truncate(batch.count() - some);
        };
        rig.spans(500);
        final Ledger end = rig.close();
        assertEquals(500, end.shipped());
    }

    @Test
    void countsBatchThatIsNotTakenOnce() {
        final Harness<ScriptedSink> rig = Harness.driven(config(), ScriptedSink::new);
        rig.sink.onOffer = batch -> {};
        rig.spans(5);
        for (int i = 0; i < 10; i++) {
            rig.sweep();
        }
        rig.sink.onOffer = rig.sink::ship;
        rig.sweep();
        final Ledger end = Harness.assertCloses(rig.tracer.close(Duration.ofSeconds(30)));
        assertEquals(1, end.count(Counter.BATCHES));
        assertEquals(5, end.shipped());
    }
}
