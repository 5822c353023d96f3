package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** One service of each kind, connected by HTTP over loopback. Driven by one thread. */
interface Cluster {

    /** The address of the agent, which clients call, as they call the proxy. */
    String agent();

    String proxy();

    /** The number of spans started by all tracers. */
    long spansStarted();

    /** The settings of one of the tracers, one per line. */
    List<String> describe();

    /** The id of a recent trace, for an external collector; empty when there is none. */
    String lastTrace();

    /** Resets the measured cost of spans. */
    void restartSpanCost();

    /** The cost of a span with one attribute in the agent, one line for each side of the comparison. */
    List<String> spanCost();

    /**
     * Stops all services, then starts another origin, which does the deferred write-backs. Returns the ledger of each
     * service.
     */
    Map<String, Ledger> close() throws IOException;
}
