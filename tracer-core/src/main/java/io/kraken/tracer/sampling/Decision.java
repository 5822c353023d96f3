package io.kraken.tracer.sampling;

/**
 * The decision of a {@link Sampler} about a span, encoded in one word: whether it is sampled, whether it is recorded
 * for hindsight, and the threshold if one was applied, as in consistent probability sampling: traces whose randomness
 * is at least the threshold are sampled.
 */
public final class Decision {

    /** Sampled, which means recorded. */
    public static final long SAMPLE = 1 | 2;
    /** Not sampled, recorded for hindsight unless the tracer records samples only. */
    public static final long RECORD = 2;
    /** Neither sampled nor recorded. */
    public static final long DROP = 0;

    private static final long SAMPLED = 1;
    private static final long RECORDED = 2;
    private static final long THRESHOLD = 4;
    private static final int SHIFT = 8;

    private Decision() {}

    /** Sampled because the randomness reaches the threshold, which is propagated with the trace. */
    public static long sampleAt(long threshold) {
        return threshold << SHIFT | THRESHOLD | SAMPLE;
    }

    public static boolean isSampled(long decision) {
        return (decision & SAMPLED) != 0;
    }

    public static boolean isRecorded(long decision) {
        return (decision & RECORDED) != 0;
    }

    public static boolean hasThreshold(long decision) {
        return (decision & THRESHOLD) != 0;
    }

    /** 56 bits. */
    public static long threshold(long decision) {
        return decision >>> SHIFT;
    }
}
