package io.kraken.tracer.sampling;

/** What a {@link Sampler} sees of the parent of a span, which is of this process or of another one. */
public interface ParentContext {

    long traceIdHigh();

    long traceIdLow();

    long spanId();

    /** W3C trace flags. */
    int flags();

    boolean isSampled();

    /** Whether it belongs to a span of this process. */
    boolean isLocal();

    /** Whether another process has decided about this trace, for this context or for an ancestor. */
    boolean isDecidedElsewhere();

    /** The sampling decision for this trace. */
    Sampling sampling();

    /** The baggage value of this key, null if there is none. Allocates. */
    String baggage(String key);

    /** The W3C trace state, empty if there is none. Allocates. */
    String traceState();
}
