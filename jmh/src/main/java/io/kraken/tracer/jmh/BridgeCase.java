package io.kraken.tracer.jmh;

import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import java.util.List;
import java.util.Locale;

/**
 * What a bridge has to do.
 *
 * @param rate spans a second of a service that lives; 0: all are there already, and the service is dead
 * @param traces of spans that were not sampled and are kept for their errors; 0: all were sampled at the head
 */
record BridgeCase(Type type, boolean gzip, int destinations, double rate, int traces) {

    /** All that fit into the keeper's young generation, so that none is forgotten while it is still wanted. */
    static final int MOST_TRACES = 490_000;

    private static final BridgeCase PLAIN = new BridgeCase(Type.OTLP_GRPC, false, 1, 0, 0);

    static final List<String> NAMES =
            List.of("grpc", "grpc-gzip", "http", "http-gzip", "grpc-two", "grpc-errors", "live-100k", "live-500k");

    static BridgeCase of(String name) {
        switch (name) {
            case "grpc":
                return PLAIN;
            case "grpc-gzip":
                return new BridgeCase(Type.OTLP_GRPC, true, 1, 0, 0);
            case "http":
                return new BridgeCase(Type.OTLP_HTTP, false, 1, 0, 0);
            case "http-gzip":
                return new BridgeCase(Type.OTLP_HTTP, true, 1, 0, 0);
            case "grpc-two":
                return new BridgeCase(Type.OTLP_GRPC, false, 2, 0, 0);
            case "grpc-errors":
                return new BridgeCase(Type.OTLP_GRPC, false, 1, 0, MOST_TRACES);
            case "live-100k":
                return new BridgeCase(Type.OTLP_GRPC, false, 1, 100_000, 0);
            case "live-500k":
                return new BridgeCase(Type.OTLP_GRPC, false, 1, 500_000, 0);
            default:
                throw new IllegalArgumentException("'" + name + "' is none of " + String.join(", ", NAMES));
        }
    }

    boolean isLive() {
        return rate > 0;
    }

    /** For the processes that play in it. */
    Options options(Options given) {
        return given.with("type", type.name())
                .with("gzip", Boolean.toString(gzip))
                .with("receivers", Integer.toString(destinations))
                .with("rate", String.format(Locale.ROOT, "%.0f", rate))
                .with("traces", Integer.toString(traces));
    }
}
