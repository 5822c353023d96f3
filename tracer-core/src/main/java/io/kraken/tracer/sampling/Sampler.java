package io.kraken.tracer.sampling;

/**
 * Decides whether spans are sampled. Called on the program's threads, for every span that does not simply follow a
 * parent of the same process: it must be thread-safe and take only some nanoseconds, without allocating, locking or
 * throwing. Slower work belongs into {@link #tick}.
 */
public interface Sampler {

    /**
     * Decides about one span.
     *
     * @param parent null for a trace that begins here; else of this process or of another
     * @param randomness the 56 random bits of the trace, the same for all its spans in all processes
     * @param symbol the number of the span's name, small and dense; negative if the name has none
     * @param name of the span, which is its operation
     * @param path of the request, if the span is that of a request; null otherwise
     * @return a {@link Decision}
     */
    long decide(ParentContext parent, long randomness, int symbol, String name, String path);

    /**
     * Called periodically, about ten times a second, by one thread at a time.
     *
     * @param nowNs of a monotonic clock
     * @param load of this process, 0 to 1
     * @param errors share of the spans ended since the last call whose status was an error, 0 to 1
     */
    default void tick(long nowNs, double load, double errors) {}

    /** The current share of traces that is sampled if no rule applies, 0 to 1. */
    double rate();

    /** The constant decision for traces that begin here without a caller; negative if it is not constant. */
    default long decidesAlways() {
        return -1;
    }

    /** Whether it may decide differently from a parent of this process. */
    default boolean asksChildren() {
        return false;
    }
}
