package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One service of each kind, in one process, over loopback. */
final class Cluster {

    private static final long CLOSE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long LEAST_CLOSE_NS = TimeUnit.SECONDS.toNanos(1);

    private final String collector;
    private final Path tasks;
    private final Tracker tracker;
    private final Origin origin;
    private final BuildIndex buildIndex;
    private final Proxy proxy;
    private final Agent agent;
    private final List<Service> services;

    Cluster(String collector) throws IOException {
        this.collector = collector;
        tasks = Files.createTempFile("kraken-demo-write-backs", ".txt");
        tracker = new Tracker(collector);
        origin = new Origin(collector, tasks);
        buildIndex = new BuildIndex(collector, origin.address());
        proxy = new Proxy(collector, origin.address(), buildIndex.address());
        agent = new Agent(collector, tracker.address(), origin.address());
        services = List.of(agent, proxy, buildIndex, tracker, origin); // those that call before those that are called
        for (Service service : services) {
            service.start();
        }
    }

    Agent agent() {
        return agent;
    }

    Proxy proxy() {
        return proxy;
    }

    BuildIndex buildIndex() {
        return buildIndex;
    }

    long spansStarted() {
        long spans = 0;
        for (Service service : services) {
            spans += service.tracer.ledger().started();
        }
        return spans;
    }

    /**
     * Stops everything, then starts an origin once more, which finds and does what was put off. Returns where the
     * spans of each service went.
     */
    Map<String, Ledger> close() throws IOException {
        final Map<String, Ledger> ledgers = new LinkedHashMap<>();
        for (Service service : services) {
            service.quiesce();
        }
        final long deadlineNs = System.nanoTime() + CLOSE_NS;
        for (Service service : services) {
            ledgers.put(service.name(), service.close(until(deadlineNs)));
        }
        final Origin restarted = new Origin(collector, tasks);
        restarted.start();
        restarted.recover();
        ledgers.put(restarted.name() + " again", restarted.close(until(deadlineNs)));
        Files.deleteIfExists(tasks);
        return ledgers;
    }

    private static Duration until(long deadlineNs) {
        return Duration.ofNanos(Math.max(LEAST_CLOSE_NS, deadlineNs - System.nanoTime()));
    }

    /** How the tracers are set up, a line each. */
    List<String> describe() {
        final List<String> lines = new ArrayList<>();
        for (String line : agent.tracer.describe().split("\n")) {
            lines.add(line.strip());
        }
        return lines;
    }
}
