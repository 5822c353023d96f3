package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import io.kraken.tracer.ring.otlp.Transport;

/**
 * A receiver of spans. Used by one thread.
 *
 * @param config the settings that it was made from
 * @param encoder encodes requests in its format
 * @param transport sends them
 */
public record Destination(DestinationConfig config, RequestEncoder encoder, Transport transport)
        implements AutoCloseable {

    @Override
    public void close() {
        transport.close();
    }
}
