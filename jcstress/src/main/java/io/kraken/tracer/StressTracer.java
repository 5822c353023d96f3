package io.kraken.tracer;

import io.kraken.tracer.clock.Clocks;
import io.kraken.tracer.clock.NanoClock;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.ring.Batch;
import io.kraken.tracer.ring.BatchSink;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.RingExport;
import io.kraken.tracer.sampling.Sampler;
import java.time.Duration;
import java.util.function.Supplier;

/** A small tracer with the shipped exporter and a sink that checks each span; the test runs the duty cycles. */
final class StressTracer {

    static final int RECORD_LENGTH = 128;

    private static final int SYMBOL_BYTES = 4096;
    private static final TracerConfig CONFIG = config(null);
    /** Longer than a test waits. */
    private static final int LONG_SWEEP_MILLIS = 1000;

    final SpanFile file;
    final Recorder recorder;
    final Tracer tracer;
    final Sink sink;
    final RecordSink exporter;

    private final RingExport export = new RingExport();
    /** As large as the off-heap memory: jcstress limits the number of states by their size on the heap. */
    @SuppressWarnings("unused")
    private final byte[] ballast;

    /** @param chunks one in four may be owned by threads, up to two by each */
    StressTracer(int chunks) {
        this(newFile(chunks), CONFIG, false);
    }

    StressTracer(SpanFile file, Sampler sampler) {
        this(file, config(sampler), false);
    }

    /** A tracer with an exporter on a separate thread, which sweeps when it is woken. */
    static StressTracer nudged(int chunks) {
        return new StressTracer(newFile(chunks), CONFIG, true);
    }

    private StressTracer(SpanFile file, TracerConfig config, boolean ownThread) {
        this.file = file;
        recorder = new Recorder(
                file,
                new NanoClock("a stress test"),
                config.limits(),
                RecordingPolicy.EVERYTHING,
                Recorder.Full.of(config));
        file.recording(true);
        final RecordingController controller =
                new RecordingController(recorder, RecordingController.Settings.of(config));
        final ClockAnchors anchors =
                new ClockAnchors(Clocks.of(recorder.clock, Clocks::wallClockNs), recorder, controller);
        anchors.begin();
        sink = new Sink(file.counters());
        export.sink(environment -> sink);
        if (!ownThread) {
            export.drivenByCaller();
        }
        exporter = export.open(file, config, new Housekeeping(recorder, anchors));
        recorder.attach(exporter);
        tracer = Tracer.recording(recorder, controller, config);
        ballast = new byte[file.layout().length() + config.get(ExportSettings.BATCH_BYTES)];
    }

    private static TracerConfig config(Sampler sampler) {
        return new TracerConfig()
                .sampler(sampler)
                .with(TracerConfig.BREAKER_ENABLED, false)
                .with(TracerConfig.MAX_ATTRIBUTES, 2)
                .with(ExportSettings.BATCH_MILLIS, 0)
                .with(ExportSettings.SWEEP_MILLIS, LONG_SWEEP_MILLIS)
                .with(ExportSettings.BATCH_BYTES, 1 << 19)
                .with(ExportSettings.STACK_TRACE_BYTES, 0)
                .conclude();
    }

    static SpanFile newFile(int chunks) {
        return SpanFile.anonymous(layout(chunks));
    }

    static SpanFileLayout layout(int chunks) {
        return new SpanFileLayout(new SpanFileLayout.Shape(RECORD_LENGTH, chunks, SYMBOL_BYTES));
    }

    /** One duty cycle of the exporter. */
    void sweep() {
        export.doWork();
    }

    Ledger close() {
        return tracer.close(Duration.ofSeconds(1));
    }

    /** Starts a span; runs duty cycles first while no record is free. */
    Span begun(Supplier<Span> start) {
        Span span = start.get();
        while (span == Span.NOOP) {
            sweep();
            Thread.yield();
            span = start.get();
        }
        return span;
    }

    /** Offset of a span's record in the file. */
    int home(Span span) {
        return file.layout().recordOffset(span.record());
    }

    /** Starts spans until no record is free; returns their number. */
    int startAll(SpanName name) {
        int started = 0;
        while (tracer.startDetached(name, SpanKind.INTERNAL).isRecording()) {
            started++;
        }
        return started;
    }

    /** A sink that settles all spans, and detects malformed spans and concurrent use. */
    static final class Sink implements BatchSink {
        private final Counters counters;
        private final NumberedSpans.Check check = new NumberedSpans.Check();
        private volatile int inside;
        volatile boolean overlapped;
        /** Whether it takes one span of each batch and then throws. */
        volatile boolean failing;
        /** Whether each span must be one of {@link NumberedSpans}. */
        boolean checking;
        /** Whether a mixture of two spans was found. */
        boolean mixed;
        /** Spans taken. */
        volatile long taken;

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
            final int count = failing ? 1 : batch.count();
            for (int span = batch.count() - count; checking && span < batch.count(); span++) {
                mixed |= !check.isWhole(batch.buffer(span), batch.offset(span), batch.endOffset(span));
            }
            counters.add(Counter.SHIPPED, count);
            batch.truncate(batch.count() - count);
            taken += count;
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
