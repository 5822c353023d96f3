package io.kraken.tracer.bridge.demo;

import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;

/** A stage with all services in this process, each of which ships its own spans. */
final class DirectStage implements Stage {

    private final Received received;
    private final SpanReceiver receiver;
    private final Cluster cluster;

    /** @param endpoint an external collector; empty: the demo's receiver */
    DirectStage(String endpoint) throws IOException {
        received = endpoint.isEmpty() ? new Received() : null;
        receiver = received == null ? null : new SpanReceiver(0, received::take);
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
        // Without queues the services would drop the spans that they can't ship.
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
