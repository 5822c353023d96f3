package io.kraken.tracer.propagation;

import io.kraken.tracer.sampling.Sampling;

/** A context while it is written into headers: a consistent copy, which does not change meanwhile. */
public interface InjectedContext {

    /** Whether neither id is zero. */
    boolean isValid();

    long traceIdHigh();

    long traceIdLow();

    long spanId();

    /** W3C trace flags. */
    int flags();

    Sampling sampling();

    /** Null if it has neither trace state nor baggage. */
    TraceState state();

    /** Null if it has neither trace state nor baggage. */
    Baggage baggage();

    /** The buffer in which headers of this context are written. */
    HeaderWriter out();
}
