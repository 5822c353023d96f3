package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A cluster with all services in this process. */
final class LocalCluster implements Cluster {

    private static final long CLOSE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long LEAST_CLOSE_NS = TimeUnit.SECONDS.toNanos(1);

    private final Export export;
    private final Path tasks;
    private final Origin origin;
    private final BuildIndex buildIndex;
    private final UploadProxy proxy;
    private final Agent agent;
    private final List<KrakenService> services;

    LocalCluster(Export export) throws IOException {
        this.export = export;
        tasks = Files.createTempFile("kraken-demo-write-backs", ".txt");
        final Tracker tracker = new Tracker(export);
        origin = new Origin(export, tasks);
        buildIndex = new BuildIndex(export, origin.address());
        proxy = new UploadProxy(export, origin.address(), buildIndex.address());
        agent = new Agent(export, tracker.address(), tracker.rpcAddress(), origin.address());
        services = List.of(agent, proxy, buildIndex, tracker, origin); // callers before the services that they call
        for (KrakenService service : services) {
            service.start();
        }
    }

    @Override
    public String agent() {
        return agent.address();
    }

    @Override
    public String proxy() {
        return proxy.address();
    }

    @Override
    public long spansStarted() {
        long spans = 0;
        for (KrakenService service : services) {
            spans += service.tracer.ledger().started();
        }
        return spans;
    }

    @Override
    public Map<String, Ledger> close() throws IOException {
        final Map<String, Ledger> ledgers = new LinkedHashMap<>();
        for (KrakenService service : services) {
            service.quiesce();
        }
        final long deadlineNs = System.nanoTime() + CLOSE_NS;
        for (KrakenService service : services) {
            ledgers.put(service.name(), service.close(until(deadlineNs)));
        }
        final Origin restarted = new Origin(export, tasks);
        restarted.start();
        restarted.recover();
        ledgers.put(restarted.name() + " again", restarted.close(until(deadlineNs)));
        Files.deleteIfExists(tasks);
        return ledgers;
    }

    private static Duration until(long deadlineNs) {
        return Duration.ofNanos(Math.max(LEAST_CLOSE_NS, deadlineNs - System.nanoTime()));
    }

    @Override
    public List<String> describe() {
        return agent.description();
    }

    @Override
    public String lastTrace() {
        return agent.lastTrace();
    }

    @Override
    public void restartSpanCost() {
        agent.lookUpCost().restart();
    }

    @Override
    public List<String> spanCost() {
        return agent.lookUpCost().lines();
    }
}
