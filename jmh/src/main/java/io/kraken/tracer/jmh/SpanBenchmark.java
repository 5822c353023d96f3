package io.kraken.tracer.jmh;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.DiscardSink;
import io.kraken.tracer.ring.RingExport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * A span from start to end on the caller's thread, with the exporter running. Its floor is {@link
 * FloorBenchmark#clocks}, its peers are {@link OpenTelemetryBenchmark}, {@link BraveBenchmark}, {@link
 * DatadogBenchmark} and {@link JfrBenchmark}.
 */
public class SpanBenchmark extends TracerBenchmark {

    private static final Tracer DISABLED = Tracer.disabled();
    private static final int SPANS_A_LOOK = 4096;

    @Param({"auto", "nanotime"})
    public String clock;

    @Override
    Peer newPeer(String benchmark) {
        final boolean full = benchmark.equals("full");
        final RingExport export = new RingExport().sink(DiscardSink::new);
        final TracerConfig config = Tracers.config(clock);
        if (benchmark.equals("unrecorded")) {
            config.with(TracerConfig.SAMPLER, "parentbased_always_off")
                    .with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED);
        }
        final KrakenPeer opened =
                Aging.aged(new KrakenPeer(Tracers.open(config, full ? export.drivenByCaller() : export)));
        if (full) {
            fill(opened);
        }
        opened.tracer().recording(!benchmark.equals("unsampled"));
        return opened;
    }

    private static void fill(KrakenPeer peer) {
        while (peer.tracer().ledger().dropped() == 0) {
            for (int i = 0; i < SPANS_A_LOOK; i++) {
                peer.bare(0);
            }
        }
    }

    @Benchmark
    public void disabled(Request request) {
        KrakenPeer.kraken(DISABLED, request, work);
    }

    /** A trace that the sampler drops: nothing is recorded, but the trace has ids for propagation. */
    @Benchmark
    public void unrecorded(Request request) {
        peer().kraken(request, work);
    }

    /** All records are in use: the cost of a span that is dropped at its start. */
    @Benchmark
    public void full(Request request) {
        peer().kraken(request, work);
    }
}
