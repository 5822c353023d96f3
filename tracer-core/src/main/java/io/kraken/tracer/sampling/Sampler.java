package io.kraken.tracer.sampling;

import io.kraken.tracer.TraceContext;

/**
 * Decides whether spans are sampled. Asked on the caller's thread, for every span that does not simply follow a parent
 * of the same process: any thread, at the same time as any other, and no more work than some nanoseconds, no
 * allocation, no lock, no exception. What a sampler needs time for it does in {@link #tick}.
 */
public interface Sampler {

    /**
     * Decides for one span.
     *
     * @param parent null for a trace that begins here; else of this process or of another
     * @param randomness the 56 random bits of the trace, the same for all its spans in all processes
     * @param symbol the number of the span's name, small and dense; negative when the name has none
     * @param name of the span, which is its operation
     * @param path that the request asks for, where the span is that of a request; null otherwise
     * @return a {@link Decision}
     */
    long decide(TraceContext parent, long randomness, int symbol, String name, String path);

    /**
     * Time goes by: some ten times a second, by one thread at a time.
     *
     * @param nowNs of a clock that nobody sets
     * @param load of this process, 0 to 1
     * @param errors share of the spans ended since the last call whose status was an error, 0 to 1
     */
    default void tick(long nowNs, double load, double errors) {}

    /** The share of traces that is sampled at the moment where no rule says otherwise, 0 to 1. */
    double rate();

    /** What it decides for each trace that begins here without a caller; negative when that is not always the same. */
    default long decidesAlways() {
        return -1;
    }

    /** Whether it may decide otherwise than the parent, when the parent is a span of this process. */
    default boolean asksChildren() {
        return false;
    }
}
