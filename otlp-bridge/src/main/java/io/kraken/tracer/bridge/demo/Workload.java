package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * The demo's services under the demo's load without its console, for whoever measures them: traced as in the demo, or
 * with its tracers switched off and nothing else changed. One thread drives it.
 */
public final class Workload {

    /** Downloads a second in the demo. */
    public static final int RATE = Demo.RATE_DEFAULT;

    private final Cluster cluster;
    private final Load load;

    /**
     * @param collector where the spans go: an address without the path of OTLP; empty switches the tracers off
     * @param responses takes the time of every request of {@link #run}, in ns from when it was due; any thread calls it
     */
    public Workload(String collector, LongConsumer responses) throws IOException {
        this(Export.to(collector), responses);
    }

    /** The same with spans that go into queues below this root. */
    public Workload(Path queues, LongConsumer responses) throws IOException {
        this(Export.queue(queues.toString()), responses);
    }

    private Workload(Export export, LongConsumer responses) throws IOException {
        cluster = new LocalCluster(export);
        final PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        load = new Load(cluster, nowhere, () -> -1, responses);
    }

    /** So many downloads from a few clients, one after another; {@link #run} does not count them. */
    public void warmUp(int downloads) {
        load.warmUp(downloads);
    }

    /** In an open loop until all has been answered, downloads at that rate, uploads and replications in proportion. */
    public void run(int downloadsPerSecond, int seconds) {
        load.run(downloadsPerSecond, seconds);
    }

    /** Downloads that have been begun: fewer than were asked for when the machine is too slow. */
    public long downloads() {
        return load.downloads();
    }

    /** Requests to which no answer came. */
    public long unanswered() {
        return load.unanswered();
    }

    /** Requests that were begun late, because too many others were under way; their time counts from when due. */
    public long heldBack() {
        return load.heldBack();
    }

    /** Ends the services; says where the spans of each went. */
    public Map<String, Ledger> close() throws IOException {
        return cluster.close();
    }
}
