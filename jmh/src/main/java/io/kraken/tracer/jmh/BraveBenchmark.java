package io.kraken.tracer.jmh;

import brave.sampler.Sampler;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/** The work of {@link SpanBenchmark} on Brave. */
public class BraveBenchmark extends Suite {

    private static final Throwable FAILURE = Failure.make();

    private BravePeer peer;

    @Setup
    public void setUp(BenchmarkParams trial) {
        final boolean sampled = !trial.getBenchmark().endsWith(".unsampled");
        peer = new BravePeer(sampled ? Sampler.ALWAYS_SAMPLE : Sampler.NEVER_SAMPLE);
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

    @Benchmark
    public void unsampled(Request request) {
        peer.kraken(request, work);
    }

    @Benchmark
    public void nested() {
        peer.nested(work);
    }

    @Benchmark
    public void failed() {
        peer.failed(FAILURE, work);
    }
}
