package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.Bridge;
import io.kraken.tracer.bridge.BridgeSettings;
import io.kraken.tracer.bridge.SettingsException;
import java.io.IOException;
import java.util.List;

/** Runs the bridge until the process is told to end. */
final class BridgeCommand implements Command {

    @Override
    public String name() {
        return "bridge";
    }

    @Override
    public String summary() {
        return "ships what the services of this host record";
    }

    @Override
    public String help() {
        return """
                [--config=FILE] [--SETTING=VALUE]...

                Ships what the services of this host record in queues to collectors, until it is told to end (SIGTERM,
                SIGINT): then it sends what it has read, and leaves the rest to the next start. One on a host.

                Settings come from a YAML file, below the key 'bridge'; from the environment, as KRAKEN_BRIDGE_ and the
                name in capitals with '_' for '.'; and from here. What stands further back in this list weighs more.

                """ + BridgeSettings.help();
    }

    @Override
    public int run(List<String> arguments, Console console) throws IOException {
        final BridgeSettings settings;
        try {
            settings = BridgeSettings.read(arguments, System.getenv());
        } catch (SettingsException e) {
            e.problems().forEach(problem -> console.note("kraken-trace bridge: " + problem));
            console.note("See kraken-trace bridge --help");
            return USAGE;
        }
        console.print(settings.describe());
        console.flush();
        final Bridge bridge = Bridge.start(settings.config());
        console.line("ships " + settings.config().queues()
                + (bridge.watchPort() < 0 ? "" : "; listens on port " + bridge.watchPort()));
        console.flush();
        ShutdownSignal.await(bridge::close);
        return OK;
    }
}
