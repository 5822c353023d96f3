package io.kraken.tracer.bridge;

import io.kraken.tracer.file.ControlWords;
import java.net.URI;
import java.util.Map;

/**
 * What the bridge says to the tracers of its host.
 *
 * @param spanFiles the tracers there are
 * @param services by name, what the settings say of a service; {@link #ALL} for those that nothing else is said of
 * @param remote who else is asked; null: nobody
 */
public record ControlConfig(SpanFiles spanFiles, Map<String, ControlWords> services, Remote remote) {

    /** Instead of a service's name. */
    static final String ALL = "*";

    public ControlConfig {
        services = Map.copyOf(services);
    }

    /**
     * A server that speaks Jaeger's protocol for remote sampling.
     *
     * @param endpoint complete; its scheme is http, https, grpc or grpcs
     * @param tls null without
     */
    public record Remote(URI endpoint, long intervalNs, long timeoutNs, DestinationConfig.Tls tls) {}

    /**
     * Part by part: what the settings say of this very service, else what was said elsewhere, else what the settings
     * say of all services.
     */
    ControlWords words(String service, ControlWords elsewhere) {
        final ControlWords ofAll = services.getOrDefault(ALL, ControlWords.EMPTY);
        final ControlWords own =
                service.equals(ALL) ? ControlWords.EMPTY : services.getOrDefault(service, ControlWords.EMPTY);
        return ControlWords.merge(own, ControlWords.merge(elsewhere, ofAll));
    }
}
