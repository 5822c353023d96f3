package io.kraken.tracer.bridge;

import java.io.IOException;
import java.net.URI;
import java.util.Locale;

/** The factory of destinations and strategy sources. */
final class Destinations {

    interface Opener {
        Destination open(DestinationConfig config) throws IOException;
    }

    private Destinations() {}

    /**
     * Does not connect yet: a destination that is down only fails requests, which are retried.
     *
     * @throws IOException when a required file cannot be used; the message names the file
     * @throws IllegalArgumentException when a setting cannot be used; the message names it and contains no secret
     */
    static Destination open(DestinationConfig config) throws IOException {
        switch (config.type()) {
            case OTLP_GRPC:
                return new GrpcDestination(config, tlsOf(config));
            case OTLP_HTTP:
                return new HttpDestination(config, tlsOf(config));
            default:
                return new FileDestination(config);
        }
    }

    /** Opens the source of remote sampling strategies; null when none is configured. */
    static StrategySource strategies(ControlConfig guidance) throws IOException {
        final ControlConfig.Remote remote = guidance == null ? null : guidance.remote();
        if (remote == null) {
            return null;
        }
        final TlsFiles tls = remote.tls() == null ? null : new TlsFiles(remote.tls());
        return RemoteSettings.isGrpc(remote.endpoint())
                ? new GrpcStrategies(remote, tls)
                : new HttpStrategies(remote.endpoint(), tls);
    }

    /** Null without encryption, and when the JVM's default TLS settings apply. */
    private static TlsFiles tlsOf(DestinationConfig config) throws IOException {
        return isEncrypted(config.endpoint()) && config.tls() != null ? new TlsFiles(config.tls()) : null;
    }

    static boolean isEncrypted(URI endpoint) {
        final String scheme = endpoint.getScheme().toLowerCase(Locale.ROOT);
        return scheme.equals("https") || scheme.equals("grpcs");
    }
}
