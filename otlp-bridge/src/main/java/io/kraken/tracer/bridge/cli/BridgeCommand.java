package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.Bridge;
import io.kraken.tracer.bridge.BridgeSettings;
import io.kraken.tracer.bridge.SettingsException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;

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
        final CountDownLatch told = new CountDownLatch(1);
        final CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(told, ended), "kraken-bridge-end"));
        await(told);
        bridge.close();
        ended.countDown();
        return OK;
    }

    /** The JVM ends when this does, with a code of its own. */
    private static void end(CountDownLatch told, CountDownLatch ended) {
        told.countDown();
        await(ended);
        Runtime.getRuntime().halt(OK);
    }

    private static void await(CountDownLatch latch) {
        boolean interrupted = true;
        while (interrupted) {
            try {
                latch.await();
                interrupted = false;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }
}
