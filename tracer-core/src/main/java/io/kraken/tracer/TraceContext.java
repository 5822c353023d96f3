package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;
import java.lang.invoke.VarHandle;

/**
 * What a span hands to its children: ids and flags. A {@link Span} is one, so is a {@link RemoteContext} that came
 * from another process. Whoever needs the ids longer than the span lives copies them into a {@link RemoteContext}.
 */
public abstract class TraceContext {

    /** W3C trace flags. */
    public static final int SAMPLED = 0x01;

    public static final int RANDOM = 0x02;

    static final int REMOTE = 0;

    /** The part of the lower half of a trace id that is random, as W3C has it. */
    static final long RANDOM_PART = (1L << 56) - 1;

    /** Of {@link #marks}: another process has decided whether the trace is sampled. */
    static final int DECIDED_ELSEWHERE = 1;
    /** Of {@link #marks}: nothing is recorded, only passed on. */
    static final int UNRECORDED = 2;
    /** Of {@link #marks}: it is measured what this span costs; not inherited. */
    static final int MEASURED = 4;
    /** Of {@link #marks}: nobody has decided, nor will this process, which only passes the trace on. */
    static final int UNDECIDED = 8;

    long traceIdHigh;
    long traceIdLow;
    long spanId;
    short flags;
    /** What is known of the trace in this process only. */
    byte marks;
    /** What a child says of its parent: OTLP's remote bits. */
    short childFlags = RecordLayout.FLAG_REMOTE_KNOWN;
    /** The number of the recorder that anchor and start are of: others have other clocks. */
    int origin = REMOTE;
    /** Anchor and start that a child inherits, so that it is never ordered before its parent. */
    int anchor;

    long startTicks;
    /** Where what travels with the trace stands in the {@link TraceBaggagePool}; nothing for almost all. */
    long carried;

    TraceContext() {}

    public final long traceIdHigh() {
        return traceIdHigh;
    }

    public final long traceIdLow() {
        return traceIdLow;
    }

    public final long spanId() {
        return spanId;
    }

    /** W3C trace flags. */
    public final int flags() {
        return flags;
    }

    public final boolean isSampled() {
        return (flags & SAMPLED) != 0;
    }

    /** Whether neither id is zero. */
    public final boolean isValid() {
        return (traceIdHigh | traceIdLow) != 0 && spanId != 0;
    }

    /** Whether it is of a span of this process. */
    public final boolean isLocal() {
        return origin != REMOTE;
    }

    /** Whether another process has decided for the trace, by itself or for the parent that it goes back to. */
    public final boolean isDecidedElsewhere() {
        return (marks & DECIDED_ELSEWHERE) != 0 || origin == REMOTE && sampling() != Sampling.DEFERRED;
    }

    /** What was decided for this trace. */
    public Sampling sampling() {
        if ((marks & UNDECIDED) != 0) {
            return Sampling.DEFERRED;
        }
        final boolean debug = carried != TraceBaggagePool.NONE && (letters() & TraceState.DEBUG) != 0;
        return !isSampled() ? Sampling.DENIED : debug ? Sampling.DEBUG : Sampling.SAMPLED;
    }

    /** What a context carries itself; asked only of one that says {@link TraceBaggagePool#OWN}. */
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
            TraceBaggagePool.process().letGo(handle);
            return letters;
        } catch (Throwable e) { // no call in here
            held.owed++;
            throw e;
        }
    }

    /** The value that the trace carries under this key, null when it has none. Allocates. */
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
            TraceBaggagePool.process().letGo(handle);
            return value;
        } catch (Throwable e) { // no call in here
            held.owed++;
            throw e;
        }
    }

    /** The W3C trace state that the trace carries, empty when there is none. Allocates. */
    public final String traceState() {
        return carried == TraceBaggagePool.NONE ? "" : new RemoteContext().copy(this).stateText();
    }

    /** 32 hexadecimal digits. Allocates. */
    public final String traceId() {
        return hex(traceIdHigh) + hex(traceIdLow);
    }

    static String hex(long value) {
        final String digits = Long.toHexString(value);
        return "0".repeat(16 - digits.length()) + digits;
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
     * Copies the context of a span that another thread may be ending, and beginning anew: whole, or false when it
     * changed meanwhile. The lease of the span is written before the ids, the commit word of the record behind them.
     */
    final boolean copyWhole(Span span) {
        if (span.isNoop()) {
            return false;
        }
        final long lease = RecordLayout.lease(RecordLayout.commitWordAcquire(span.recorder.memory, span.home));
        copyFrom(span);
        VarHandle.loadLoadFence();
        return span.lease == lease;
    }

    /** The context as a {@code traceparent} header has it. Allocates. */
    @Override
    public String toString() {
        return "00-" + traceId() + '-' + hex(spanId) + '-' + hex(flags).substring(14);
    }
}
