package io.kraken.tracer;

/** A parent span of this process, as a sampler sees it. */
public final class LocalParent extends TraceContext {

    private LocalParent(int flags) {
        traceIdHigh = 1;
        traceIdLow = 2;
        spanId = 3;
        this.flags = (short) flags;
        origin = 1;
    }

    public static TraceContext sampled() {
        return new LocalParent(SAMPLED);
    }

    public static TraceContext unsampled() {
        return new LocalParent(0);
    }
}
