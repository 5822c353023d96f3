package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.RecordLayout;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Contract tests that every sink must pass. */
abstract class BatchSinkContract {

    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofSeconds(20);

    /** Settings of a sink whose destination works. */
    abstract TracerConfig settings();

    /**
     * Settings of a sink whose destination accepts nothing, with room for at most two spans; null when the sink has no
     * such state.
     */
    abstract TracerConfig stuck();

    abstract BatchSink open(RingExport.Environment environment);

    /** A text that the sink's description must contain. */
    abstract String where();

    private Rig rig() {
        return new Rig(this::open, settings());
    }

    @Test
    void shipsEverySpanOnce() {
        try (Rig rig = rig()) {
            for (int round = 0; round < 10; round++) {
                rig.record(100).doWork();
            }
            final Ledger ledger = rig.closed(LONG);
            assertEquals(2000, ledger.shipped(), ledger.details());
            assertEquals(0, ledger.rejected());
        }
    }

    @Test
    void countsMalformedRecordAsPoisonAndShipsOthers() {
        try (Rig rig = new Rig(environment -> new Spoiling(open(environment)), settings())) {
            rig.record(10).doWork();
            final Ledger ledger = rig.closed(LONG);
            assertEquals(1, ledger.count(Counter.POISON));
            assertEquals(19, ledger.shipped());
        }
    }

    @Test
    void sendsNothingForBatchOfMalformedRecords() {
        try (Rig rig = new Rig(environment -> new Spoiling(open(environment)), settings())) {
            try (Span span = rig.tracer.start(Rig.OUTER)) {
                span.set(Rig.NUMBER, 1);
            }
            rig.doWork();
            final Ledger ledger = rig.closed(LONG);
            assertEquals(1, ledger.count(Counter.POISON));
            assertEquals(0, ledger.count(Counter.REQUESTS));
        }
    }

    @Test
    void ignoresEmptyBatch() {
        try (Rig rig = rig()) {
            final Batch empty = new Batch(rig.tracer.file(), null, 16, 1 << 16);
            rig.sink().offer(empty, rig.nowNs());
            rig.sink().doWork(rig.nowNs());
            assertEquals(0, rig.sink().waiting());
            assertEquals(0, rig.count(Counter.REQUESTS));
        }
    }

    @Test
    void closeSettlesPendingSpans() {
        try (Rig rig = rig()) {
            rig.record(50).doWork();
            final Ledger ledger = rig.closed(Duration.ZERO);
            assertEquals(100, ledger.shipped() + ledger.count(Counter.CLOSE_DEADLINE), ledger.details());
            rig.sink().close();
            rig.sink().doWork(rig.nowNs());
            assertEquals(ledger, rig.ledger(), "closing again changes nothing");
        }
    }

    @Test
    void leavesSpansWithoutRoomInBatch() {
        final TracerConfig settings = stuck();
        if (settings == null) {
            return;
        }
        try (Rig rig = new Rig(this::open, settings)) {
            rig.record(1).doWork();
            rig.record(400).doWork();
            rig.doWork();
            assertEquals(0, rig.ledger().lost());
            assertEquals(0, rig.ledger().shipped());
            assertEquals(802, rig.ledger().buffered(), rig.ledger().details());
            assertTrue(rig.sink().waiting() <= 2);
            final Ledger ledger = rig.closed(SHORT);
            assertEquals(802, ledger.rejected() + ledger.buffered(), ledger.details());
        }
    }

    @Test
    void descriptionNamesDestination() {
        try (Rig rig = rig()) {
            assertTrue(rig.sink().describe().contains(where()), rig.sink().describe());
        }
    }

    /** Sets an invalid kind in the first record of the first batch. */
    private record Spoiling(BatchSink sink, boolean[] done) implements BatchSink {
        Spoiling(BatchSink sink) {
            this(sink, new boolean[1]);
        }

        @Override
        public void offer(Batch batch, long nowNs) {
            if (!done[0] && !batch.isEmpty()) {
                done[0] = true;
                batch.buffer(0).put(batch.offset(0) + RecordLayout.KIND_AND_STATUS_OFFSET, (byte) 9);
            }
            sink.offer(batch, nowNs);
        }

        @Override
        public int doWork(long nowNs) {
            return sink.doWork(nowNs);
        }

        @Override
        public void drain() {
            sink.drain();
        }

        @Override
        public long waiting() {
            return sink.waiting();
        }

        @Override
        public void close() {
            sink.close();
        }

        @Override
        public String describe() {
            return sink.describe();
        }
    }
}
