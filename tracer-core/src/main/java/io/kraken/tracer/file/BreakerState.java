package io.kraken.tracer.file;

import java.util.Locale;

/** The states of the circuit breaker, in the order of their numbers in the span file. */
public enum BreakerState {
    /** Everything is recorded. */
    CLOSED,
    /** Nothing is recorded. */
    OPEN,
    /** A share of the traces is recorded, to probe whether the load stays acceptable. */
    HALF_OPEN,
    /** Only sampled traces are recorded, none for hindsight. */
    SAMPLED_ONLY;

    private static final BreakerState[] ALL = values();

    /** The name for display. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Null if the number is invalid. */
    static BreakerState of(int number) {
        return number < 0 || number >= ALL.length ? null : ALL[number];
    }
}
