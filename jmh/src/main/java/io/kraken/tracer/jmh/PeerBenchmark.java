package io.kraken.tracer.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/** The benchmarks of every tracer: two spans. Each subclass provides the peer. */
public abstract class PeerBenchmark extends Suite {

    private Peer peer;

    /** The tracer for the benchmark of this name, ready to be measured. */
    abstract Peer newPeer(String benchmark);

    @Setup
    public void setUp(BenchmarkParams trial) {
        final String name = trial.getBenchmark();
        open(name.substring(name.lastIndexOf('.') + 1));
    }

    final void open(String benchmark) {
        peer = newPeer(benchmark);
    }

    final Peer peer() {
        return peer;
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
