package io.kraken.tracer.sampling;

/** A sampler whose shares, or those of a wrapped sampler, {@link Adaptive} multiplies by a factor. */
interface Scaled {

    /** Called by the ticking thread. Shares of 0 and of 1 do not change. */
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
