package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.Bridge;
import io.kraken.tracer.bridge.settings.BridgeSettings;
import io.kraken.tracer.bridge.settings.SettingsException;
import java.io.IOException;
import java.util.List;

/** The command that runs the bridge until the process receives SIGTERM or SIGINT. */
final class BridgeCommand implements Command {

    @Override
    public String name() {
        return "bridge";
    }

    @Override
    public String summary() {
        return "ships the recorded spans of this host's services to collectors";
    }

    @Override
    public String help() {
        return """
                [--config=FILE] [--SETTING=VALUE]...

                Ships the spans in the queues of this host's services to collectors, until SIGTERM or SIGINT. It then
                sends the spans that it has read; the others stay in the queues until the next start. Run one bridge
                per host.

                Settings are read from a YAML file, below the key 'bridge'; from environment variables, KRAKEN_BRIDGE_
                and the name in capitals with '_' for '.'; and from the command line. Each source overrides the ones
                before it.

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
        console.line(
                "bridge started: shipping the queues in " + settings.config().queues()
                        + (bridge.watchPort() < 0 ? "" : "; metrics and health on port " + bridge.watchPort()));
        console.flush();
        ShutdownSignal.await(bridge::close);
        return OK;
    }
}
