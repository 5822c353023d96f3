package io.kraken.tracer.sampling;

/** What has shares that {@link Adaptive} makes smaller and larger, or has it within. */
interface Scaled {

    /** From the thread that ticks. Shares of 0 and of 1 stay what they are. */
    void scale(double factor);

    static void scale(Sampler sampler, double factor) {
        if (sampler instanceof Scaled scaled) {
            scaled.scale(factor);
        }
    }

    /** The threshold of a share times a factor. */
    static long threshold(double rate, double factor) {
        return Threshold.of(rate > 0 && rate < 1 ? Math.min(1, rate * factor) : rate);
    }
}
