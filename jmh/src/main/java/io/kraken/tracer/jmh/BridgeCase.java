package io.kraken.tracer.jmh;

import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import java.util.List;
import java.util.Locale;

/**
 * A workload of a bridge.
 *
 * @param rate spans a second of a live service; 0 for a queue of a dead service that is complete at the start
 * @param traces number of unsampled traces whose spans are kept because of errors; 0 when all traces are head-sampled
 */
record BridgeCase(Type type, boolean gzip, int destinations, double rate, int traces) {

    /** As many as fit into the tail sampler's young generation, so that none is evicted while it is needed. */
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
                throw new IllegalArgumentException("'" + name + "' should be one of " + String.join(", ", NAMES));
        }
    }

    boolean isLive() {
        return rate > 0;
    }

    /** Adds the options for the processes of this case. */
    Options options(Options given) {
        return given.with("type", type.name())
                .with("gzip", Boolean.toString(gzip))
                .with("receivers", Integer.toString(destinations))
                .with("rate", String.format(Locale.ROOT, "%.0f", rate))
                .with("traces", Integer.toString(traces));
    }
}
