package io.kraken.tracer.bridge.keep;

/** The counters of kept spans, by the reason for which they were kept. */
public enum KeepCount {
    /** The root of the trace was sampled. */
    SAMPLED,
    /** Another span of the trace was notable: it had an error or was slow. */
    TRACE,
    /** The trace belongs to the share of the other traces that is kept. */
    SHARE
}
