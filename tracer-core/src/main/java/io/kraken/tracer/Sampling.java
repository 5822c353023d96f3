package io.kraken.tracer;

/** What a caller has decided about recording the trace. */
public enum Sampling {
    /** Nothing: it is left to whoever is called. */
    DEFERRED,
    DENIED,
    SAMPLED,
    /** Sampled, and asked for: to be kept whatever else is decided. */
    DEBUG
}
