package io.kraken.tracer.jmh;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.ring.DiscardSink;
import io.kraken.tracer.ring.RingExport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * A span from start to end on the caller's thread, with everything behind it running. Its floor is {@link
 * FloorBenchmark#clocks}, its peers are {@link OpenTelemetryBenchmark}, {@link BraveBenchmark}, {@link
 * DatadogBenchmark} and {@link JfrBenchmark}.
 */
public class SpanBenchmark extends Suite {

    private static final Tracer DISABLED = Tracer.disabled();
    private static final int SPANS_A_LOOK = 4096;
    private static final Throwable FAILURE = Failure.make();

    @Param({"auto", "nanotime"})
    public String clock;

    private KrakenPeer peer;

    @Setup
    public void setUp(BenchmarkParams trial) {
        final boolean full = trial.getBenchmark().endsWith(".full");
        final RingExport export = new RingExport().sink(DiscardSink::new);
        peer = new KrakenPeer(Tracers.open(Tracers.config(clock), full ? export.drivenByCaller() : export));
        if (full) {
            fill();
        }
        peer.tracer().recording(!trial.getBenchmark().endsWith(".unsampled"));
    }

    private void fill() {
        while (peer.tracer().ledger().dropped() == 0) {
            for (int i = 0; i < SPANS_A_LOOK; i++) {
                peer.bare(0);
            }
        }
    }

    @TearDown
    public void tearDown(BenchmarkParams trial) {
        peer.close().report(trial);
    }

    @Benchmark
    public void bare() {
        peer.bare(work);
    }

    @Benchmark
    public void kraken(Request request) {
        peer.kraken(request, work);
    }

    /** Recording is switched off: not recorded, no clock read. */
    @Benchmark
    public void unsampled(Request request) {
        peer.kraken(request, work);
    }

    @Benchmark
    public void disabled(Request request) {
        KrakenPeer.kraken(DISABLED, request, work);
    }

    /** Five spans in one another; the time is that of all five. */
    @Benchmark
    public void nested() {
        peer.nested(work);
    }

    @Benchmark
    public void failed() {
        peer.failed(FAILURE, work);
    }

    /** Nobody empties the lanes: what a span costs that is dropped at its end. */
    @Benchmark
    public void full(Request request) {
        peer.kraken(request, work);
    }
}
