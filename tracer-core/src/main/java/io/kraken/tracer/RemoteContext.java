package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.propagation.Baggage;
import io.kraken.tracer.propagation.ExtractedContext;
import io.kraken.tracer.propagation.HeaderValues;
import io.kraken.tracer.propagation.TraceParent;
import io.kraken.tracer.propagation.TraceState;
import io.kraken.tracer.sampling.Sampling;

/**
 * A context received from another process, or one that outlives its span: ids, the caller's decision, trace state and
 * baggage. Mutable and reusable: an extractor fills the same object for one request after another. Not thread-safe.
 */
public final class RemoteContext extends TraceContext {

    private Sampling sampling = Sampling.DEFERRED;
    private String path;
    /** Created when first needed, since there is one of these objects for each thread. */
    private TraceBaggage own;

    /** The same; a view for propagators, so that what they set is not public here. */
    private Extraction extraction;

    /** Sets the context of a span of another process, without trace state and baggage. */
    public RemoteContext set(long traceIdHigh, long traceIdLow, long spanId, int flags) {
        return clear().ids(traceIdHigh, traceIdLow, spanId, flags, Sampling.SAMPLED);
    }

    /** See {@link ExtractedContext#ids}. */
    private RemoteContext ids(long high, long low, long span, int traceFlags, Sampling decided) {
        final boolean same = spanId != 0 && (span == 0 || span == spanId && high == traceIdHigh && low == traceIdLow);
        flags = (short) (traceFlags & (SAMPLED | RANDOM) | (same ? flags & RANDOM : 0));
        if (!same) {
            traceIdHigh = high;
            traceIdLow = low;
            spanId = span;
            if (carried != TraceBaggagePool.NONE) {
                own.state.clear();
                carries();
            }
        }
        childFlags = RecordLayout.FLAG_REMOTE_KNOWN | RecordLayout.FLAG_REMOTE;
        marks = 0;
        origin = REMOTE;
        sampling = decided == Sampling.SAMPLED && (flags & SAMPLED) == 0 ? Sampling.DENIED : decided;
        return this;
    }

    /** Copies the context of a span of this process, to be kept after the span has ended; null clears this context. */
    public RemoteContext copy(TraceContext other) {
        if (other == null) {
            return clear();
        }
        if (other == this) {
            return this;
        }
        clear();
        final long handle = other.carried;
        copyFrom(other);
        carried = TraceBaggagePool.NONE;
        childFlags = other.childFlags;
        sampling = other.sampling();
        if (handle != TraceBaggagePool.NONE) {
            copyCarried(other, handle);
        }
        return this;
    }

    private void copyCarried(TraceContext other, long handle) {
        if (handle == TraceBaggagePool.OWN) {
            own().copy(other.own());
        } else {
            copyHeld(handle);
        }
        carries();
    }

    private void copyHeld(long handle) {
        final TraceBaggage held = TraceBaggagePool.process().borrow(handle);
        if (held == null) {
            return;
        }
        try {
            own().copy(held);
            TraceBaggagePool.process().release(handle);
        } catch (Throwable e) { // no call in here
            held.unreleased++;
            throw e;
        }
    }

    public RemoteContext clear() {
        traceIdHigh = 0;
        traceIdLow = 0;
        spanId = 0;
        flags = 0;
        marks = 0;
        origin = REMOTE;
        sampling = Sampling.DEFERRED;
        path = null;
        if (carried != TraceBaggagePool.NONE) {
            own.clear();
            carried = TraceBaggagePool.NONE;
        }
        return this;
    }

    /**
     * Reads a W3C {@code traceparent}; a malformed one results in an invalid context, under which a new trace begins.
     * Never throws.
     */
    public RemoteContext parse(CharSequence traceparent) {
        clear();
        TraceParent.read(traceparent, extraction());
        return this;
    }

    @Override
    public Sampling sampling() {
        return sampling;
    }

    /** Requests that this trace be kept, by this tracer's member of the trace state. */
    public RemoteContext debug() {
        flags |= SAMPLED;
        addFlags(TraceState.DEBUG);
        return this;
    }

    /** The path of the request, for sampling rules; null if there is none. */
    public RemoteContext path(String asked) {
        path = asked;
        return this;
    }

    String path() {
        return path;
    }

    private void addFlags(int letters) {
        own().state.addFlags(letters);
        carries();
        if ((letters & TraceState.DEBUG) != 0) {
            sampling = Sampling.DEBUG;
        }
    }

    /** Sets a key of the baggage; null removes it. False if the key is invalid or there is no room. */
    public boolean baggage(String key, String value) {
        final boolean put = key != null && Baggage.isKey(key) && own().baggage.put(key, value);
        if (put) {
            carries();
        }
        return put;
    }

    /** Whether it carries data or a decision that a new trace must take over. */
    boolean carriesMore() {
        return carried != TraceBaggagePool.NONE || sampling != Sampling.DEFERRED;
    }

    // --- for propagators

    @Override
    TraceBaggage own() {
        if (own == null) {
            own = new TraceBaggage();
        }
        return own;
    }

    /** Updates {@code carried} to whether {@link #own} has any content. */
    private void carries() {
        carried = own == null || own.isEmpty() ? TraceBaggagePool.NONE : TraceBaggagePool.OWN;
    }

    ExtractedContext extraction() {
        if (extraction == null) {
            extraction = new Extraction();
        }
        return extraction;
    }

    private void readState(HeaderValues header) {
        final TraceState state = own().state;
        state.read(header);
        if ((state.letters() & TraceState.DEBUG) != 0 && sampling == Sampling.SAMPLED) {
            sampling = Sampling.DEBUG;
        }
        carries();
    }

    private void readBaggage(HeaderValues header) {
        own().baggage.read(header);
        carries();
    }

    private final class Extraction extends ExtractedContext {

        @Override
        protected void ids(long high, long low, long span, int traceFlags, Sampling decided) {
            RemoteContext.this.ids(high, low, span, traceFlags, decided);
        }

        @Override
        protected void debug() {
            RemoteContext.this.debug();
        }

        @Override
        protected void addFlags(int letters) {
            RemoteContext.this.addFlags(letters);
        }

        @Override
        protected void readState(HeaderValues header) {
            RemoteContext.this.readState(header);
        }

        @Override
        protected void readBaggage(HeaderValues header) {
            RemoteContext.this.readBaggage(header);
        }
    }
}
