package io.kraken.tracer.ring;

/**
 * Where the exporter's batches go. All methods are called on the exporter's thread and return soon: what takes time
 * is started here and looked after in {@link #doWork}. A sink holds a bounded number of spans; when it can hold no
 * more it leaves the rest in the batch, the records stay in use, and once none is free the
 * tracer drops and counts.
 *
 * <p>A sink settles every span it took exactly once, by counting it in the span file's counters: as {@code SHIPPED},
 * or under the reason for which it was rejected. One that has done so when {@link #offer} returns has nothing to go on
 * with, nothing waiting and nothing to let go of: so it is unless a sink says otherwise.
 */
public interface BatchSink {

    /**
     * Takes records off the end of the batch, as many as it has room for, by {@link Batch#truncate}; some of them
     * later, in {@link #doWork}, if that suits it. What it throws makes the exporter reject what is left in the batch.
     */
    void offer(Batch batch, long nowNs);

    /** Goes on with what was started: answers, retries, time-outs. Returns how much there was to do. */
    default int doWork(long nowNs) {
        return 0;
    }

    /**
     * The tracer is being closed: nothing waits for company any more. Called before the last rounds of {@link #doWork}.
     */
    default void drain() {}

    /** Whether it wants spans of traces that are not sampled, for somebody to decide about with hindsight. */
    default boolean keepsUnsampled() {
        return false;
    }

    /** How long a span may wait for others in a batch, given what the settings say. */
    default int batchMillis(int configured) {
        return configured;
    }

    /** Spans taken and not settled yet. */
    default long waiting() {
        return 0;
    }

    /** Gives up what is still waiting, counts it under {@code CLOSE_DEADLINE}, and lets go of everything. */
    default void close() {}

    /** The destination and how it is doing, for people. */
    String describe();
}
