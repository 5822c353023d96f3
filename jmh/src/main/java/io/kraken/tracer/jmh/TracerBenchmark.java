package io.kraken.tracer.jmh;

import org.openjdk.jmh.annotations.Benchmark;

/** Further benchmarks, of tracers that can skip unsampled spans, nest spans and keep exceptions. */
public abstract class TracerBenchmark extends PeerBenchmark {

    private static final Throwable FAILURE = Failure.make();

    /** Recording is switched off, by the peer's own means. */
    @Benchmark
    public void unsampled(Request request) {
        peer().kraken(request, work);
    }

    /** Five nested spans; the time is that of all five. */
    @Benchmark
    public void nested() {
        peer().nested(work);
    }

    @Benchmark
    public void failed() {
        peer().failed(FAILURE, work);
    }
}
