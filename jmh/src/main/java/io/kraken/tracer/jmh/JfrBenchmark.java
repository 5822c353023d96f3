package io.kraken.tracer.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/** An event with the values of {@link SpanBenchmark} in the flight recorder. Less than a span: see {@link JfrPeer}. */
public class JfrBenchmark extends Suite {

    private JfrPeer peer;

    @Setup
    public void setUp() {
        peer = new JfrPeer();
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
