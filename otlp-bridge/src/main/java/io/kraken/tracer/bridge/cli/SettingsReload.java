package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.bridge.settings.BridgeSettings;
import io.kraken.tracer.bridge.settings.SettingsException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the settings of a running bridge again. Invalid settings change nothing. Of valid ones, those that can be
 * changed while it runs are applied; the others are named in the log. Single-threaded.
 */
final class SettingsReload implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(SettingsReload.class);

    private final List<String> arguments;
    private final Map<String, String> environment;
    private final Consumer<BridgeConfig> bridge;
    /** Those that the bridge was started with. */
    private final BridgeSettings started;
    /** Those read last. */
    private BridgeSettings last;

    SettingsReload(
            List<String> arguments,
            Map<String, String> environment,
            BridgeSettings started,
            Consumer<BridgeConfig> bridge) {
        this.arguments = arguments;
        this.environment = environment;
        this.started = started;
        this.bridge = bridge;
        last = started;
    }

    @Override
    public void run() {
        final BridgeSettings next;
        try {
            next = BridgeSettings.read(arguments, environment);
        } catch (SettingsException e) {
            e.problems().forEach(problem -> LOG.error("settings: {}", problem));
            LOG.error("the settings are invalid and were not applied; the previous ones stay in force");
            return;
        }
        bridge.accept(next.config());
        LOG.info("settings read again; changed: {}", listed(next.changedSince(last)));
        final List<String> pending = next.needRestartSince(started);
        if (!pending.isEmpty()) {
            LOG.warn("needs a restart: {}", listed(pending));
        }
        last = next;
    }

    private static String listed(List<String> names) {
        return names.isEmpty() ? "none" : String.join(", ", names);
    }
}
