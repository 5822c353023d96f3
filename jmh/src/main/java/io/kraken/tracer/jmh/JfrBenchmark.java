package io.kraken.tracer.jmh;

/** An event with the values of {@link SpanBenchmark} in the flight recorder. Less than a span: see {@link JfrPeer}. */
public class JfrBenchmark extends PeerBenchmark {

    @Override
    Peer newPeer(String benchmark) {
        return Aging.aged(new JfrPeer());
    }
}
