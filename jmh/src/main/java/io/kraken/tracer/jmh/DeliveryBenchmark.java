package io.kraken.tracer.jmh;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.OtlpHttpSink;
import io.kraken.tracer.ring.RingExport;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Delivery from the start of a span to its acknowledgement: 100,000 Kraken spans on one thread, until a receiver on
 * this machine has acknowledged the last one. The time is that of one span, its share of encoding, HTTP and receiver
 * included. The peer is the OpenTelemetry SDK with its own OTLP/HTTP exporter, unmodified and flushed after the last
 * span; this tracer's last batch waits 10 ms for further spans.
 */
public class DeliveryBenchmark extends Suite {

    private static final int SPANS = 100_000;
    /** As many as the peer's queue has places: more than are recorded at once. */
    private static final int RECORDS = 131_072;

    private static final int BATCH_MILLIS = 10;
    private static final long POLL_NS = 20_000;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(20);

    private Receiver receiver;
    private Peer peer;
    private OpenTelemetryPeer openTelemetry;

    @Setup
    public void setUp(BenchmarkParams trial) {
        receiver = new Receiver();
        if (trial.getBenchmark().endsWith(".openTelemetry")) {
            openTelemetry = Aging.aged(new OpenTelemetryPeer(
                    OtlpHttpSpanExporter.builder()
                            .setEndpoint(receiver.address() + "/v1/traces")
                            .build(),
                    Sampler.alwaysOn()));
            peer = openTelemetry;
        } else {
            peer = Aging.aged(new KrakenPeer(Tracers.open(
                    Tracers.config("auto")
                            .with(TracerConfig.RECORDS, RECORDS)
                            .with(ExportSettings.OTLP_ENDPOINT, receiver.address())
                            .with(ExportSettings.BATCH_MILLIS, BATCH_MILLIS),
                    new RingExport().sink(OtlpHttpSink::new))));
        }
    }

    /** Uses the receiver's count of delivered spans. */
    @TearDown
    public void tearDown(BenchmarkParams trial) {
        final Delivery said = peer.close();
        final Delivery seen = new Delivery(receiver.spans(), said.dropped());
        receiver.close();
        seen.report(trial);
        if (seen.delivered() != said.delivered()) {
            throw new IllegalStateException("the receiver has " + seen.delivered() + ", the sender says " + said);
        }
    }

    private void record(Request request) {
        for (int i = 0; i < SPANS; i++) {
            peer.kraken(request, work);
        }
    }

    private void await(long spans) {
        final long deadline = System.nanoTime() + PATIENCE_NS;
        while (receiver.spans() < spans) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("only " + receiver.spans() + " of " + spans + " spans have arrived");
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @Benchmark
    @OperationsPerInvocation(SPANS)
    public void kraken(Request request) {
        final long before = receiver.spans();
        record(request);
        await(before + SPANS);
    }

    @Benchmark
    @OperationsPerInvocation(SPANS)
    public void openTelemetry(Request request) {
        final long before = receiver.spans();
        record(request);
        openTelemetry.flush();
        await(before + SPANS);
    }
}
