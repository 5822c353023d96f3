package io.kraken.tracer.bridge.control;

import io.kraken.tracer.bridge.destination.Destinations;
import io.kraken.tracer.bridge.settings.ControlConfig;
import java.io.IOException;

/** The factory of strategy sources. */
public final class StrategySources {

    private StrategySources() {}

    /** Opens the source of remote sampling strategies; null when none is configured. */
    public static StrategySource open(ControlConfig config) throws IOException {
        final ControlConfig.Remote remote = config == null ? null : config.remote();
        if (remote == null) {
            return null;
        }
        return ControlConfig.Remote.isGrpc(remote.endpoint())
                ? new GrpcStrategies(remote)
                : new HttpStrategies(remote.endpoint(), Destinations.tls(remote.tls()));
    }
}
