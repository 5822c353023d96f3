package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A cluster with each service in a process of its own, which appends its spans to a queue. */
final class ProcessCluster implements Cluster {

    private static final List<String> FLAGS = List.of("-Xmx256m", "-XX:+UseSerialGC");

    private final Path queues;
    private final Path tasks;
    private final Map<String, ChildProcess> services = new LinkedHashMap<>();
    private final Map<String, String> addresses = new LinkedHashMap<>();

    ProcessCluster(Path folder, Path queues) throws IOException {
        this.queues = queues;
        tasks = Files.createFile(folder.resolve("write-backs.txt"));
        try {
            start("tracker");
            start("origin", tasks.toString());
            start("build-index", addresses.get("origin"));
            start("proxy", addresses.get("origin"), addresses.get("build-index"));
            final String trackerRpc = services.get("tracker").ask(ServiceMain.RPC_ADDRESS);
            start("agent", addresses.get("tracker"), trackerRpc, addresses.get("origin"));
        } catch (IOException e) {
            services.values().forEach(ChildProcess::kill);
            throw e;
        }
    }

    private ChildProcess start(String name, String... dependencies) throws IOException {
        final List<String> arguments = new ArrayList<>(List.of(name, queues.toString()));
        arguments.addAll(List.of(dependencies));
        final ChildProcess child = ChildProcess.start("kraken-" + name, FLAGS, ServiceMain.class, arguments);
        services.put(name, child);
        addresses.put(name, child.answer());
        return child;
    }

    @Override
    public String agent() {
        return addresses.get("agent");
    }

    @Override
    public String proxy() {
        return addresses.get("proxy");
    }

    @Override
    public long spansStarted() {
        long spans = 0;
        for (ChildProcess service : services.values()) {
            spans += Long.parseLong(service.ask(ServiceMain.STARTED));
        }
        return spans;
    }

    @Override
    public List<String> describe() {
        return List.of(services.get("agent").ask(ServiceMain.DESCRIBE).split(ServiceMain.LINE));
    }

    @Override
    public String lastTrace() {
        return services.get("agent").ask(ServiceMain.LAST_TRACE);
    }

    @Override
    public void restartSpanCost() {
        services.get("agent").ask(ServiceMain.RESTART_COST);
    }

    @Override
    public List<String> spanCost() {
        return List.of(services.get("agent").ask(ServiceMain.COST).split(ServiceMain.LINE));
    }

    @Override
    public Map<String, Ledger> close() throws IOException {
        // Callers before the services that they call.
        final List<String> names = List.of("agent", "proxy", "build-index", "tracker", "origin");
        for (String name : names) {
            services.get(name).ask(ServiceMain.QUIESCE);
        }
        final Map<String, Ledger> ledgers = new LinkedHashMap<>();
        for (String name : names) {
            ledgers.put("kraken-" + name, close(services.get(name)));
        }
        final ChildProcess restarted = start("origin", tasks.toString());
        restarted.ask(ServiceMain.RECOVER);
        ledgers.put("kraken-origin again", close(restarted));
        return ledgers;
    }

    private static Ledger close(ChildProcess service) {
        final Ledger ledger = ServiceMain.parse(service.ask(ServiceMain.CLOSE));
        service.close();
        return ledger;
    }
}
