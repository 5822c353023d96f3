package io.kraken.tracer.bridge;

import java.io.IOException;
import java.net.URI;
import java.util.Locale;

/** Opens destinations. */
final class Destinations {

    interface Opener {
        Destination open(DestinationConfig config) throws IOException;
    }

    private Destinations() {}

    /**
     * Connects nothing yet: a destination that is not there is one that does not take requests.
     *
     * @throws IOException when a file that it needs can't be used; the message names the file
     * @throws IllegalArgumentException when a setting can't be used; the message says which, but no secret
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

    /** The same for who is asked for strategies; null when nobody is. */
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

    /** Null without encryption, and where the JVM's own settings do. */
    private static TlsFiles tlsOf(DestinationConfig config) throws IOException {
        return isEncrypted(config.endpoint()) && config.tls() != null ? new TlsFiles(config.tls()) : null;
    }

    static boolean isEncrypted(URI endpoint) {
        final String scheme = endpoint.getScheme().toLowerCase(Locale.ROOT);
        return scheme.equals("https") || scheme.equals("grpcs");
    }
}
