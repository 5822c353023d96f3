package io.kraken.tracer.jmh;

/** The work of {@link SpanBenchmark} on Datadog's tracer, on one thread. */
public class DatadogBenchmark extends PeerBenchmark {

    @Override
    Peer newPeer(String benchmark) {
        return Aging.aged(new DatadogPeer());
    }
}
