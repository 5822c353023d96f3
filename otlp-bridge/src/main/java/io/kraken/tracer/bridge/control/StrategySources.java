package io.kraken.tracer.bridge.control;

import io.kraken.tracer.bridge.destination.TlsFiles;
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
        final TlsFiles tls = remote.tls() == null ? null : new TlsFiles(remote.tls());
        return ControlConfig.Remote.isGrpc(remote.endpoint())
                ? new GrpcStrategies(remote, tls)
                : new HttpStrategies(remote.endpoint(), tls);
    }

    static Thread newThread(Runnable work) {
        final Thread thread = new Thread(work, "kraken-bridge-sampling");
        thread.setDaemon(true);
        return thread;
    }
}
