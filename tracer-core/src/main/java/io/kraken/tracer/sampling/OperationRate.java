package io.kraken.tracer.sampling;

/**
 * The rate of an operation set from outside, as in Jaeger's remote sampling.
 *
 * @param rate the share that is sampled, 0 to 1
 * @param lowerBound traces a second that are sampled whatever the share; 0 for none
 */
public record OperationRate(double rate, double lowerBound) {

    public OperationRate {
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException("a share must be from 0 to 1: " + rate);
        }
        if (!(lowerBound >= 0 && lowerBound <= TokenBucket.MAX_PER_SECOND)) {
            throw new IllegalArgumentException("traces a second must be a number of 0 or more: " + lowerBound);
        }
    }
}
