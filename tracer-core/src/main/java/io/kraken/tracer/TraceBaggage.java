package io.kraken.tracer;

import io.kraken.tracer.propagation.Baggage;
import io.kraken.tracer.propagation.TraceState;

/** The trace state and the baggage of a trace, propagated beside its ids. */
final class TraceBaggage {

    final TraceState state = new TraceState();
    final Baggage baggage = new Baggage();
    /** The handle under which this was being filled when an error interrupted that. */
    volatile long broken;
    /** Holders that an error has kept from releasing this. Racy: two at the same moment may count as one. */
    volatile int unreleased;

    boolean isEmpty() {
        return state.length() == 0 && baggage.length() == 0;
    }

    void clear() {
        state.clear();
        baggage.clear();
    }

    void copy(TraceBaggage other) {
        state.copy(other.state);
        baggage.copy(other.baggage);
    }
}
