package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;

/**
 * What a span hands to its children: ids and flags. A {@link Span} is one, so is a {@link RemoteContext} that came
 * from another process. Whoever needs the ids longer than the span lives copies them into a {@link RemoteContext}.
 */
public abstract class TraceContext {

    /** W3C trace flags. */
    public static final int SAMPLED = 0x01;

    public static final int RANDOM = 0x02;

    static final int REMOTE = 0;

    long traceIdHigh;
    long traceIdLow;
    long spanId;
    int flags;
    /** What a child says of its parent: OTLP's remote bits. */
    int childFlags = RecordLayout.FLAG_REMOTE_KNOWN;
    /** The number of the recorder that anchor and start are of: others have other clocks. */
    int origin = REMOTE;
    /** Anchor and start that a child inherits, so that it is never ordered before its parent. */
    int anchor;

    long startTicks;

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

    /** 32 hexadecimal digits. Allocates. */
    public final String traceId() {
        return hex(traceIdHigh) + hex(traceIdLow);
    }

    static String hex(long value) {
        final String digits = Long.toHexString(value);
        return "0".repeat(16 - digits.length()) + digits;
    }

    final void copyFrom(TraceContext other) {
        traceIdHigh = other.traceIdHigh;
        traceIdLow = other.traceIdLow;
        spanId = other.spanId;
        flags = other.flags;
        origin = other.origin;
        anchor = other.anchor;
        startTicks = other.startTicks;
    }

    /** The context as a {@code traceparent} header has it. Allocates. */
    @Override
    public String toString() {
        return "00-" + traceId() + '-' + hex(spanId) + '-' + hex(flags).substring(14);
    }
}
