package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;

/**
 * A context that came from another process, or one that outlives its span: ids, what the caller decided, trace state
 * and baggage. Mutable and reusable: an extractor fills the same object for request after request. Not for several
 * threads at once.
 */
public final class RemoteContext extends TraceContext {

    private static final int PARENT_LENGTH = 55;
    /** The one version of a {@code traceparent} that W3C rules out. */
    private static final int INVALID_VERSION = 0xFF;

    private Sampling sampling = Sampling.DEFERRED;
    private String path;
    /** Made when first needed, as there is one of these objects for each thread. */
    private TraceBaggage own;

    private HeaderValues values;

    /** The context of a span of another process. Carries nothing. */
    public RemoteContext set(long traceIdHigh, long traceIdLow, long spanId, int flags) {
        return clear().ids(traceIdHigh, traceIdLow, spanId, flags, Sampling.SAMPLED);
    }

    /**
     * Ids and what was decided, in the place of what another propagator has found; baggage stays. When the ids are the
     * same, or there are none, this is another word about the same trace, and all stays that it does not contradict.
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

    /** The context of a span of this process, to be kept after the span has ended; none when there is none. */
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
            TraceBaggagePool.process().letGo(handle);
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
     * Reads a W3C {@code traceparent}; anything malformed leaves an invalid context, under which a new trace begins.
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

    /** Asks for this trace to be kept, in a member of the trace state of our own. */
    public RemoteContext debug() {
        flags |= SAMPLED;
        say(TraceState.DEBUG);
        return this;
    }

    /** The path that is asked for with this context, for the rules of sampling; null when there is none. */
    public RemoteContext path(String asked) {
        path = asked;
        return this;
    }

    String path() {
        return path;
    }

    void say(int letters) {
        own().state.say(letters);
        carries();
        if ((letters & TraceState.DEBUG) != 0) {
            sampling = Sampling.DEBUG;
        }
    }

    /** Gives a key of the baggage a value; null takes it away. False when the key is none, or there is no room. */
    public boolean baggage(String key, String value) {
        final boolean put = key != null && Baggage.isKey(key) && own().baggage.put(key, value);
        if (put) {
            carries();
        }
        return put;
    }

    /** Whether a trace that begins here is not like one that begins anywhere. */
    boolean saysMore() {
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

    /** Takes note of whether {@link #own} has anything. */
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
