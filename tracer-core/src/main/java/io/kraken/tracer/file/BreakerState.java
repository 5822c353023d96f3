package io.kraken.tracer.file;

import java.util.Locale;

/** What the circuit breaker lets through, in the order of the numbers in the span file. */
public enum BreakerState {
    /** All is recorded. */
    CLOSED,
    /** Nothing is. */
    OPEN,
    /** A share is, to see whether the load stays bearable with it. */
    HALF_OPEN,
    /** What is sampled is, and nothing for hindsight. */
    SAMPLED_ONLY;

    private static final BreakerState[] ALL = values();

    /** As it is shown to people. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Null when there is none of this number. */
    static BreakerState of(int number) {
        return number < 0 || number >= ALL.length ? null : ALL[number];
    }
}
