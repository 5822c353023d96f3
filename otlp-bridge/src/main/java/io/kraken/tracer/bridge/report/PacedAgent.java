package io.kraken.tracer.bridge.report;

import org.agrona.concurrent.Agent;

/** An agent that knows how soon it has to be called again after a duty cycle without work. */
public interface PacedAgent extends Agent {

    /** Maximum time until the next duty cycle, if the last ones did nothing. Called by the agent's thread. */
    long longestPauseNs();
}
