package io.kraken.tracer.bridge.control;

import io.kraken.tracer.bridge.destination.TlsFiles;
import io.kraken.tracer.bridge.settings.ControlConfig;
import java.io.IOException;

/** The factory of strategy sources. */
public final class StrategySources {

    private StrategySources() {}

    /** Opens the source of remote sampling strategies; null when none is configured. */
    public static StrategySource open(ControlConfig guidance) throws IOException {
        final ControlConfig.Remote remote = guidance == null ? null : guidance.remote();
        if (remote == null) {
            return null;
        }
        final TlsFiles tls = remote.tls() == null ? null : new TlsFiles(remote.tls());
        return ControlConfig.Remote.isGrpc(remote.endpoint())
                ? new GrpcStrategies(remote, tls)
                : new HttpStrategies(remote.endpoint(), tls);
    }
}
