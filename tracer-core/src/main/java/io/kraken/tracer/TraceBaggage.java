package io.kraken.tracer;

/** What travels with a trace beside its ids. */
final class TraceBaggage {

    final TraceState state = new TraceState();
    final Baggage baggage = new Baggage();
    /** The handle under which this was being filled when an error broke that off. */
    volatile long broken;
    /** Holders that an error has kept from letting go. Two at the same moment may be taken for one. */
    volatile int owed;

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
