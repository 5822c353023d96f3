package io.kraken.tracer.ring;

/**
 * The destination of the exporter's batches. All methods except {@link #waiting} and {@link #describe}, which any
 * thread may call, are called on the exporter's thread and must return soon: a sink starts slow work here and continues
 * it in {@link #doWork}. A sink holds a bounded number of spans. When it is full, it leaves the remaining spans in the
 * batch; their records stay in use, and once no record is free the tracer drops new spans and counts them.
 *
 * <p>A sink settles every span it took exactly once, by counting it in the span file's counters: as {@code SHIPPED}, or
 * under the reason for the rejection. The default methods suit a sink that has settled all spans when {@link #offer}
 * returns: it has no further work, no waiting spans and no resources to release.
 */
public interface BatchSink {

    /**
     * Takes as many records off the end of the batch as the sink has room for, with {@link Batch#truncate}; it may take
     * more of them later, in {@link #doWork}. When this throws, the exporter rejects the spans left in the batch.
     */
    void offer(Batch batch, long nowNs);

    /** Continues pending work: responses, retries, timeouts. Returns the amount of work done. */
    default int doWork(long nowNs) {
        return 0;
    }

    /**
     * The tracer is being closed: spans are no longer delayed to fill a batch. Called before the last calls of {@link
     * #doWork}.
     */
    default void drain() {}

    /**
     * Whether the sink also takes spans of unsampled traces, so that a later stage can decide about them (tail
     * sampling).
     */
    default boolean keepsUnsampled() {
        return false;
    }

    /** How long a span may wait for others in a batch, given the configured value. */
    default int batchMillis(int configured) {
        return configured;
    }

    /** Spans that were taken and are not settled yet. */
    default long waiting() {
        return 0;
    }

    /** Gives up the spans still waiting, counts them as {@code CLOSE_DEADLINE}, and releases all resources. */
    default void close() {}

    /** The destination and its state, as text for users. */
    String describe();
}
