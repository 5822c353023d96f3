package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.propagation.TraceParent;
import io.kraken.tracer.propagation.TraceState;
import io.kraken.tracer.sampling.ParentContext;
import io.kraken.tracer.sampling.Sampling;
import io.kraken.tracer.text.Hex;

/**
 * The part of a span that its children inherit: ids and flags. A {@link Span} is one, and so is a {@link RemoteContext}
 * of another process. To keep the ids longer than the span lives, copy them into a {@link RemoteContext}.
 */
public abstract class TraceContext implements ParentContext {

    /** W3C trace flags. */
    public static final int SAMPLED = TraceParent.SAMPLED;

    public static final int RANDOM = TraceParent.RANDOM;

    static final int REMOTE = 0;

    /** The random bits of the lower half of a trace id, as W3C defines them. */
    static final long RANDOM_PART = (1L << 56) - 1;

    /** Of {@link #marks}: another process has decided whether the trace is sampled. */
    static final int DECIDED_ELSEWHERE = 1;
    /** Of {@link #marks}: nothing is recorded, the context is only propagated. */
    static final int UNRECORDED = 2;
    /** Of {@link #marks}: the cost of this span is measured; not inherited. */
    static final int MEASURED = 4;
    /** Of {@link #marks}: no sampling decision has been made; this process only propagates the trace. */
    static final int UNDECIDED = 8;

    long traceIdHigh;
    long traceIdLow;
    long spanId;
    short flags;
    /** Facts about the trace that are not propagated to other processes. */
    byte marks;
    /** The flags that a child records about its parent: OTLP's remote bits. */
    short childFlags = RecordLayout.FLAG_REMOTE_KNOWN;
    /** The number of the recorder that set anchor and start: other recorders have other clocks. */
    int origin = REMOTE;
    /** Anchor and start that a child inherits, so that it is never ordered before its parent. */
    int anchor;

    long startTicks;
    /** Handle of trace state and baggage in the {@link TraceBaggagePool}; NONE for almost all contexts. */
    long carried;

    TraceContext() {}

    @Override
    public final long traceIdHigh() {
        return traceIdHigh;
    }

    @Override
    public final long traceIdLow() {
        return traceIdLow;
    }

    @Override
    public final long spanId() {
        return spanId;
    }

    /** W3C trace flags. */
    @Override
    public final int flags() {
        return flags;
    }

    @Override
    public final boolean isSampled() {
        return (flags & SAMPLED) != 0;
    }

    /** Whether neither id is zero. */
    public final boolean isValid() {
        return (traceIdHigh | traceIdLow) != 0 && spanId != 0;
    }

    /** Whether it belongs to a span of this process. */
    @Override
    public final boolean isLocal() {
        return origin != REMOTE;
    }

    /** Whether another process has decided about this trace, for this context or for an ancestor. */
    @Override
    public final boolean isDecidedElsewhere() {
        return (marks & DECIDED_ELSEWHERE) != 0 || origin == REMOTE && sampling() != Sampling.DEFERRED;
    }

    /** The sampling decision for this trace. */
    @Override
    public Sampling sampling() {
        if ((marks & UNDECIDED) != 0) {
            return Sampling.DEFERRED;
        }
        final boolean debug = carried != TraceBaggagePool.NONE && (letters() & TraceState.DEBUG) != 0;
        return !isSampled() ? Sampling.DENIED : debug ? Sampling.DEBUG : Sampling.SAMPLED;
    }

    /** The context's own trace state and baggage; called only if its handle is {@link TraceBaggagePool#OWN}. */
    TraceBaggage own() {
        throw new IllegalStateException();
    }

    private int letters() {
        final long handle = carried;
        if (handle == TraceBaggagePool.OWN) {
            return own().state.letters();
        }
        final TraceBaggage held = TraceBaggagePool.process().borrow(handle);
        if (held == null) {
            return 0;
        }
        try {
            final int letters = held.state.letters();
            TraceBaggagePool.process().release(handle);
            return letters;
        } catch (Throwable e) { // no method call in this block
            held.unreleased++;
            throw e;
        }
    }

    /** The baggage value of this key, null if there is none. Allocates. */
    @Override
    public final String baggage(String key) {
        final long handle = carried;
        if (key == null || handle == TraceBaggagePool.NONE) {
            return null;
        }
        if (handle == TraceBaggagePool.OWN) {
            return own().baggage.get(key);
        }
        final TraceBaggage held = TraceBaggagePool.process().borrow(handle);
        if (held == null) {
            return null;
        }
        try {
            final String value = held.baggage.get(key);
            TraceBaggagePool.process().release(handle);
            return value;
        } catch (Throwable e) { // no method call in this block
            held.unreleased++;
            throw e;
        }
    }

    /** The W3C trace state, empty if there is none. Allocates. */
    @Override
    public final String traceState() {
        final long handle = carried;
        if (handle == TraceBaggagePool.NONE) {
            return "";
        }
        if (handle == TraceBaggagePool.OWN) {
            return own().state.text();
        }
        final TraceBaggage held = TraceBaggagePool.process().borrow(handle);
        if (held == null) {
            return "";
        }
        try {
            final String text = held.state.text();
            TraceBaggagePool.process().release(handle);
            return text;
        } catch (Throwable e) { // no call in here
            held.unreleased++;
            throw e;
        }
    }

    /** 32 hexadecimal digits. Allocates. */
    public final String traceId() {
        return Hex.id(traceIdHigh) + Hex.id(traceIdLow);
    }

    final void copyFrom(TraceContext other) {
        copyFrom(other, other.carried);
    }

    final void copyFrom(TraceContext other, long newlyCarried) {
        traceIdHigh = other.traceIdHigh;
        traceIdLow = other.traceIdLow;
        spanId = other.spanId;
        flags = other.flags;
        marks = other.marks;
        origin = other.origin;
        anchor = other.anchor;
        startTicks = other.startTicks;
        carried = newlyCarried;
    }

    /**
     * Copies this to another context.
     *
     * @return false when this is a span that ended and began anew meanwhile, or none: then the copy means nothing
     */
    boolean copyTo(TraceContext other) {
        other.copyFrom(this);
        return true;
    }

    /** The context as a {@code traceparent} header. Allocates. */
    @Override
    public String toString() {
        return "00-" + traceId() + '-' + Hex.id(spanId) + '-' + Hex.id(flags).substring(14);
    }
}
