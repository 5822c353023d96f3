package io.kraken.tracer.sampling;

/** The decision of a caller about recording the trace. */
public enum Sampling {
    /** No decision: it is left to the called process. */
    DEFERRED,
    DENIED,
    SAMPLED,
    /** Sampled on request: to be kept whatever else is decided. */
    DEBUG
}
