package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.Bridge;
import io.kraken.tracer.bridge.settings.BridgeSettings;
import io.kraken.tracer.bridge.settings.SettingsException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The command that runs the bridge until the process receives SIGTERM or SIGINT. */
final class BridgeCommand implements Command {

    private static final String CHECK = "--check";

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
                [--check] [--config=FILE] [--SETTING=VALUE]...

                Ships the spans in the queues of this host's services to collectors, until SIGTERM or SIGINT. It then
                sends the spans that it has read; the others stay in the queues until the next start. Run one bridge
                per host.

                Settings are read from a YAML file, below the key 'bridge'; from environment variables, KRAKEN_BRIDGE_
                and the name in capitals with '_' for '.'; and from the command line. Each source overrides the ones
                before it. With --check they are only checked and shown; the exit code is 2 if they are invalid.

                SIGHUP makes the bridge read the file again. If everything in it is valid, the following settings are
                changed: keep (except for keep.traces), services, sampling.remote.interval, window, disk.megabytes,
                quarantine and drain. For the others it logs that they need a restart.

                """ + BridgeSettings.help();
    }

    @Override
    public int run(List<String> given, Console console) throws IOException {
        final List<String> arguments = new ArrayList<>(given);
        final boolean onlyCheck = arguments.removeIf(CHECK::equals);
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
        return onlyCheck ? OK : run(arguments, settings, console);
    }

    private static int run(List<String> arguments, BridgeSettings settings, Console console) throws IOException {
        final ShutdownSignal signal = new ShutdownSignal();
        final Bridge bridge = Bridge.start(settings.config(), signal::fail);
        HangUpSignal.handle(signal::reload);
        console.line(
                "bridge started: shipping the queues in " + settings.config().queues()
                        + (bridge.watchPort() < 0 ? "" : "; metrics and health on port " + bridge.watchPort()));
        console.flush();
        return signal.await(
                new SettingsReload(arguments, System.getenv(), settings, bridge::reconfigure), bridge::close);
    }
}
