package io.kraken.tracer.jmh;

import brave.sampler.Sampler;

/** The work of {@link SpanBenchmark} on Brave. */
public class BraveBenchmark extends TracerBenchmark {

    @Override
    Peer newPeer(String benchmark) {
        return Aging.aged(new BravePeer(benchmark.equals("unsampled") ? Sampler.NEVER_SAMPLE : Sampler.ALWAYS_SAMPLE));
    }
}
