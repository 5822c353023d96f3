package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.file.ControlWords;
import java.net.URI;
import java.util.Map;

/**
 * The control settings that the bridge publishes to the tracers of its host.
 *
 * @param spanFiles the span files of the tracers
 * @param services the settings by service name; {@link #ALL} for services without settings of their own
 * @param remote the server of remote sampling; null: none
 */
public record ControlConfig(SpanFiles spanFiles, Map<String, ControlWords> services, Remote remote) {

    /** Stands for all services, in place of a name. */
    public static final String ALL = "*";

    public ControlConfig {
        services = Map.copyOf(services);
    }

    /** See {@link BridgeConfig#changed}. */
    ControlConfig changed(ControlConfig next) {
        final Remote changedRemote = remote == null || next.remote == null
                ? remote
                : new Remote(remote.endpoint, next.remote.intervalNs, remote.timeoutNs, remote.tls);
        return new ControlConfig(spanFiles, next.services, changedRemote);
    }

    /**
     * A server of Jaeger's remote sampling protocol.
     *
     * @param endpoint complete URL; its scheme is http, https, grpc or grpcs
     * @param tls null: no encryption
     */
    public record Remote(URI endpoint, long intervalNs, long timeoutNs, DestinationConfig.Tls tls) {

        /** Whether the server is asked over gRPC; else over HTTP. */
        public static boolean isGrpc(URI endpoint) {
            return endpoint.getScheme().startsWith("grpc");
        }
    }

    /**
     * The settings of a service. Each one is taken from the first source that has it: the settings of this service,
     * the remote strategy, the settings of all services.
     */
    public ControlWords words(String service, ControlWords strategy) {
        final ControlWords ofAll = services.getOrDefault(ALL, ControlWords.EMPTY);
        final ControlWords own =
                service.equals(ALL) ? ControlWords.EMPTY : services.getOrDefault(service, ControlWords.EMPTY);
        return ControlWords.merge(own, ControlWords.merge(strategy, ofAll));
    }
}
