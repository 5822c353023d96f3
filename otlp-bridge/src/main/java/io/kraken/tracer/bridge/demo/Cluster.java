package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** One service of each kind, talking HTTP over loopback. One thread drives it. */
interface Cluster {

    /** The addresses of those that clients call. */
    String agent();

    String proxy();

    /** By all tracers together. */
    long spansStarted();

    /** How one of the tracers is set up, a line each. */
    List<String> describe();

    /** A trace to look for where this process can't look itself; empty when there is none. */
    String lastTrace();

    /** What spans cost before now does not count. */
    void restartSpanCost();

    /** What the calls of a span with one attribute took in the agent, a line for each side of the comparison. */
    List<String> spanCost();

    /**
     * Stops everything, then starts an origin once more, which finds and does what was put off. Returns where the
     * spans of each service went.
     */
    Map<String, Ledger> close() throws IOException;
}
