package io.kraken.tracer.propagation;

import io.kraken.tracer.sampling.Sampling;

/** A context while it is read from headers: what a propagator can set in it. */
public abstract class ExtractedContext {

    /** The values of the header being read. */
    final HeaderValues values = new HeaderValues();

    /**
     * Sets ids and decision, replacing what another propagator has found; baggage stays. If the ids are the same, or
     * absent, this is another header of the same trace, and everything that it does not contradict stays.
     */
    protected abstract void ids(long high, long low, long span, int traceFlags, Sampling decided);

    /** Requests that this trace be kept. */
    protected abstract void debug();

    /** Adds letters to this tracer's member of the trace state. */
    protected abstract void addFlags(int letters);

    protected abstract void readState(HeaderValues header);

    protected abstract void readBaggage(HeaderValues header);
}
