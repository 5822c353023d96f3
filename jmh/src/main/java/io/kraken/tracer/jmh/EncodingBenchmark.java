package io.kraken.tracer.jmh;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.Batch;
import io.kraken.tracer.ring.BatchSink;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.RingExport;
import io.kraken.tracer.ring.otlp.OtlpEncoder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Encoding of the Kraken span as an OTLP request, on the exporter's thread; the time is that of one span. The records
 * have been swept just before, as they have when the exporter encodes them. The peer is OpenTelemetry's own marshaler
 * in its default memory mode.
 */
public class EncodingBenchmark extends Defaults {

    static final int SPANS = 1024;
    private static final int BYTES = 4 << 20;

    /** A sink that takes nothing itself: the benchmark encodes the batch, on the same thread. */
    @State(Scope.Thread)
    public static class Records implements BatchSink {

        private final RingExport export = new RingExport().drivenByCaller().sink(this::opened);
        private final Request request = new Request();
        private RingExport.Environment environment;
        private OtlpEncoder encoder;
        private ByteBuffer out;
        private KrakenPeer peer;
        private Batch batch;
        private boolean holding;

        @Setup(Level.Trial)
        public void open() {
            peer = Aging.aged(new KrakenPeer(Tracers.open(
                    Tracers.config("auto")
                            .with(ExportSettings.BATCH_RECORDS, SPANS)
                            .with(ExportSettings.BATCH_BYTES, BYTES)
                            .with(ExportSettings.BATCH_MILLIS, 0),
                    export)));
            while (export.doWork() > 0) { // encodes the remaining spans of the warm-up
                batch = null;
            }
            holding = true;
        }

        /** Encodes the batch; returns the number of spans. */
        int encode() {
            final int spans = encoder.encode(batch, out);
            shipped(spans);
            return out.remaining();
        }

        private BatchSink opened(RingExport.Environment found) {
            environment = found;
            attach(found);
            return this;
        }

        void attach(RingExport.Environment found) {
            encoder = new OtlpEncoder(found.file(), found.config().resource());
            out = encoder.newBuffer(BYTES);
        }

        final Batch batch() {
            return batch;
        }

        final void shipped(int spans) {
            environment.file().counters().add(Counter.SHIPPED, spans);
        }

        @Setup(Level.Invocation)
        public void record() {
            batch = null;
            for (int i = 0; i < SPANS; i++) {
                peer.kraken(request, 0);
            }
            while (batch == null || !batch.isFull()) {
                export.doWork();
            }
        }

        @TearDown(Level.Trial)
        public void end() {
            holding = false;
            peer.bare(0); // makes the exporter check its batch, which was taken
            peer.close();
        }

        @Override
        public void offer(Batch offered, long nowNs) {
            batch = offered;
            if (!holding) {
                encode();
            }
        }

        @Override
        public String describe() {
            return "held for the benchmark";
        }
    }

    /** The same spans as the OpenTelemetry SDK hands them to its exporter. */
    @State(Scope.Thread)
    public static class Spans implements SpanExporter {

        private final List<SpanData> spans = new ArrayList<>();
        private final DiscardingOtlpExporter exporter = new DiscardingOtlpExporter();

        @Setup(Level.Trial)
        public void record() {
            final OpenTelemetryPeer peer = Aging.aged(new OpenTelemetryPeer(this, Sampler.alwaysOn()));
            peer.flush();
            exporter.export(spans);
            spans.clear();
            final Request request = new Request();
            for (int i = 0; i < SPANS; i++) {
                peer.kraken(request, 0);
            }
            peer.close();
            if (spans.size() != SPANS) {
                throw new IllegalStateException(spans.size() + " spans have arrived");
            }
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> batch) {
            spans.addAll(batch);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    @Benchmark
    @OperationsPerInvocation(SPANS)
    public int kraken(Records records) {
        return records.encode();
    }

    @Benchmark
    @OperationsPerInvocation(SPANS)
    public boolean openTelemetry(Spans spans) {
        return spans.exporter.export(spans.spans).isSuccess();
    }
}
