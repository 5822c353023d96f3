package io.kraken.tracer.file;

/** What the circuit breaker lets through, in the order of the numbers in the span file. */
public enum BreakerState {
    /** All is recorded. */
    CLOSED,
    /** Nothing is. */
    OPEN,
    /** A share is, to see whether the load stays bearable with it. */
    HALF_OPEN;

    private static final BreakerState[] ALL = values();

    /** Null when there is none of this number. */
    static BreakerState of(int number) {
        return number < 0 || number >= ALL.length ? null : ALL[number];
    }
}
