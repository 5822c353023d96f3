package io.kraken.tracer.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/** The work of {@link SpanBenchmark} on Datadog's tracer, on one thread. */
public class DatadogBenchmark extends Suite {

    private DatadogPeer peer;

    @Setup
    public void setUp() {
        peer = new DatadogPeer();
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
}
