package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.ring.Batch;
import io.kraken.tracer.ring.BatchSink;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.RingExport;
import java.time.Duration;

/** A tracer as small as can be, with lanes and a sink, for one state of a test: whoever asks does the exporter's work. */
final class StressTracer {

    static final int LANE_SLOTS = 4;

    private static final int LANES = 2;
    private static final int RECORD_LENGTH = 128;
    private static final int SYMBOL_BYTES = 4096;
    private static final TracerConfig CONFIG = new TracerConfig()
            .with(TracerConfig.BREAKER_ENABLED, false)
            .with(ExportSettings.BATCH_MILLIS, 0)
            .with(ExportSettings.STACK_TRACE_BYTES, 0)
            .conclude();

    final Recorder recorder;
    final Tracer tracer;
    final Sink sink;

    private final RingExport export = new RingExport();
    /** As large as what is outside the heap: jcstress looks at the heap when it decides how many states there may be. */
    @SuppressWarnings("unused")
    private final byte[] ballast;

    StressTracer(int stagingRecords) {
        final SpanFile file = SpanFile.anonymous(new SpanFileLayout(
                new SpanFileLayout.Shape(RECORD_LENGTH, stagingRecords, LANES, LANE_SLOTS, SYMBOL_BYTES)));
        recorder = new Recorder(file, new NanoClock("a stress test"), CONFIG.limits(), Policy.EVERYTHING);
        file.recording(true);
        final Governor governor = new Governor(recorder, Governor.Settings.of(CONFIG));
        final Timekeeper time = new Timekeeper(recorder.clock, TracerStart::epochNs, file, governor);
        time.begin();
        sink = new Sink(file.counters());
        recorder.attach(export.sink(environment -> sink).drivenByCaller().open(file, CONFIG, time));
        tracer = Tracer.recording(recorder, governor, CONFIG);
        ballast = new byte[file.layout().length() + CONFIG.get(ExportSettings.BATCH_BYTES)];
    }

    void sweep() {
        export.doWork();
    }

    Ledger close() {
        return tracer.close(Duration.ofSeconds(1));
    }

    /** Settles what it is given, and notices when two threads are in it at a time. */
    static final class Sink implements BatchSink {
        private final Counters counters;
        private volatile int inside;
        volatile boolean overlapped;
        /** Takes one record of each batch and throws. */
        volatile boolean failing;

        int closed;

        Sink(Counters counters) {
            this.counters = counters;
        }

        private void enter() {
            overlapped |= inside != 0 || closed != 0;
            inside = 1;
        }

        @Override
        public void offer(Batch batch, long nowNs) {
            enter();
            final int taken = failing ? 1 : batch.count();
            counters.add(Counter.SHIPPED, taken);
            batch.truncate(batch.count() - taken);
            inside = 0;
            if (failing) {
                throw new IllegalStateException("asked to fail");
            }
        }

        @Override
        public int doWork(long nowNs) {
            enter();
            inside = 0;
            return 0;
        }

        @Override
        public void close() {
            enter();
            closed++;
            inside = 0;
        }

        @Override
        public String describe() {
            return "counted";
        }
    }
}
