package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.sampling.Sampling;

/**
 * A context received from another process, or one that outlives its span: ids, the caller's decision, trace state and
 * baggage. Mutable and reusable: an extractor fills the same object for one request after another. Not thread-safe.
 */
public final class RemoteContext extends TraceContext {

    private static final int PARENT_LENGTH = 55;
    /** The one version of a {@code traceparent} that W3C rules out. */
    private static final int INVALID_VERSION = 0xFF;

    private Sampling sampling = Sampling.DEFERRED;
    private String path;
    /** Created when first needed, since there is one of these objects for each thread. */
    private TraceBaggage own;

    private HeaderValues values;

    /** Sets the context of a span of another process, without trace state and baggage. */
    public RemoteContext set(long traceIdHigh, long traceIdLow, long spanId, int flags) {
        return clear().ids(traceIdHigh, traceIdLow, spanId, flags, Sampling.SAMPLED);
    }

    /**
     * Sets ids and decision, replacing what another propagator has found; baggage stays. If the ids are the same, or
     * absent, this is another header of the same trace, and everything that it does not contradict stays.
     */
    RemoteContext ids(long high, long low, long span, int traceFlags, Sampling decided) {
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
            held.owed++;
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
        final HeaderValues header = values().begin();
        header.add(traceparent);
        readParent(header);
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

    void addFlags(int letters) {
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

    HeaderValues values() {
        if (values == null) {
            values = new HeaderValues();
        }
        return values;
    }

    /** Reads a {@code traceparent}. A version that is not known yet may have more behind the part that is. */
    boolean readParent(HeaderValues in) {
        if (in.count() != 1 || in.length() < PARENT_LENGTH || in.at(2) != '-' || in.at(35) != '-' || in.at(52) != '-') {
            return false;
        }
        final long version = in.hex(0, 2);
        final long high = in.id(3);
        final long low = in.id(19);
        final long span = in.id(36);
        final long parentFlags = in.hex(53, 55);
        final boolean sound = !in.isMalformed()
                && version != INVALID_VERSION
                && (in.length() == PARENT_LENGTH || version > 0 && in.at(PARENT_LENGTH) == '-')
                && (high | low) != 0
                && span != 0;
        if (sound) {
            ids(high, low, span, (int) parentFlags, Sampling.SAMPLED);
        }
        return sound;
    }

    void readState(HeaderValues header) {
        final TraceState state = own().state;
        state.read(header);
        if ((state.letters() & TraceState.DEBUG) != 0 && sampling == Sampling.SAMPLED) {
            sampling = Sampling.DEBUG;
        }
        carries();
    }

    void readBaggage(HeaderValues header) {
        own().baggage.read(header);
        carries();
    }
}
