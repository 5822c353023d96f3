package io.kraken.tracer.bridge.demo;

import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;

/** Everything in this process, and every service ships its own spans. */
final class DirectStage implements Stage {

    private final Received received;
    private final Receiver receiver;
    private final Cluster cluster;

    /** @param endpoint a collector of one's own; empty for the demo's */
    DirectStage(String endpoint) throws IOException {
        received = endpoint.isEmpty() ? new Received() : null;
        receiver = received == null ? null : new Receiver(0, received::take);
        cluster = new LocalCluster(Export.to(receiver == null ? endpoint : receiver.endpoint()));
    }

    @Override
    public List<String> describe() {
        return List.of("direct: every service ships its own spans by OTLP over HTTP, all in one process");
    }

    @Override
    public Cluster cluster() {
        return cluster;
    }

    @Override
    public LongSupplier received() {
        return received == null ? () -> -1 : received::spans;
    }

    @Override
    public void disturb(int seconds) {
        // What a service can't ship it would drop: there is no queue.
    }

    @Override
    public Ending end() {
        return new Ending(received, true, List.of());
    }

    @Override
    public void close() {
        if (receiver != null) {
            receiver.close();
        }
    }
}
