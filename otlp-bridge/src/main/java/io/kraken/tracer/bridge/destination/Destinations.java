package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.bridge.settings.DestinationConfig;
import java.io.IOException;

/** The factory of destinations. */
public final class Destinations {

    public interface Opener {
        Destination open(DestinationConfig config) throws IOException;
    }

    private Destinations() {}

    /**
     * Does not connect yet: a destination that is down only fails requests, which are retried.
     *
     * @throws IOException when a required file cannot be used; the message names the file
     * @throws IllegalArgumentException when a setting cannot be used; the message names it and contains no secret
     */
    public static Destination open(DestinationConfig config) throws IOException {
        switch (config.type()) {
            case OTLP_GRPC:
                return new GrpcDestination(config, tlsOf(config));
            case OTLP_HTTP:
                return new HttpDestination(config, tlsOf(config));
            default:
                return new FileDestination(config);
        }
    }

    /** Null without encryption, and when the JVM's default TLS settings apply. */
    private static TlsFiles tlsOf(DestinationConfig config) throws IOException {
        return TlsFiles.isEncrypted(config.endpoint()) && config.tls() != null ? new TlsFiles(config.tls()) : null;
    }
}
