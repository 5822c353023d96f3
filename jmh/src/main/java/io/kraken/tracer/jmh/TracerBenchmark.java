package io.kraken.tracer.jmh;

import org.openjdk.jmh.annotations.Benchmark;

/** What is measured besides of tracers that can leave a span out, put spans in one another and keep exceptions. */
public abstract class TracerBenchmark extends PeerBenchmark {

    private static final Throwable FAILURE = Failure.make();

    /** Recording is switched off, in the way that the peer has for it. */
    @Benchmark
    public void unsampled(Request request) {
        peer().kraken(request, work);
    }

    /** Five spans in one another; the time is that of all five. */
    @Benchmark
    public void nested() {
        peer().nested(work);
    }

    @Benchmark
    public void failed() {
        peer().failed(FAILURE, work);
    }
}
