package io.kraken.tracer;

/** What travels with a trace beside its ids. */
final class TraceBaggage {

    final TraceState state = new TraceState();
    final Baggage baggage = new Baggage();

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
