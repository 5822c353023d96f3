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
 * The demo's services under the demo's load without its console output, for benchmarks: traced as in the demo, or with
 * the tracers disabled and nothing else changed. Driven by one thread.
 */
public final class Workload {

    /** Downloads a second in the demo. */
    public static final int RATE = Demo.RATE_DEFAULT;

    private final Cluster cluster;
    private final LoadGenerator load;

    /**
     * @param collector URL of the spans' receiver without the OTLP path; empty disables the tracers
     * @param responses receives the response time of every request of {@link #run}, in ns from its due time; called by
     *     any thread
     */
    public Workload(String collector, LongConsumer responses) throws IOException {
        this(Export.to(collector), responses);
    }

    /** The same with spans that go to queues below this root directory. */
    public Workload(Path queues, LongConsumer responses) throws IOException {
        this(Export.queue(queues.toString()), responses);
    }

    private Workload(Export export, LongConsumer responses) throws IOException {
        cluster = new LocalCluster(export);
        final PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        load = new LoadGenerator(cluster, nowhere, () -> -1, responses);
    }

    /** Sends downloads in sequence from a few clients; they are not counted. */
    public void warmUp(int downloads) {
        load.warmUp(downloads);
    }

    /** Sends downloads in an open loop, with uploads and replications in proportion, and waits for all answers. */
    public void run(int downloadsPerSecond, int seconds) {
        load.run(downloadsPerSecond, seconds);
    }

    /** The number of downloads started: less than requested when the machine is too slow. */
    public long downloads() {
        return load.downloads();
    }

    /** The number of requests without an answer. */
    public long unanswered() {
        return load.unanswered();
    }

    /** The number of requests sent late, because too many were in flight; their times count from the due time. */
    public long heldBack() {
        return load.heldBack();
    }

    /** Stops the services; returns the ledger of each. */
    public Map<String, Ledger> close() throws IOException {
        return cluster.close();
    }
}
