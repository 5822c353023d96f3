package io.kraken.tracer.sampling;

import java.util.List;
import java.util.Map;

/**
 * The available samplers, which can be combined with one another and with those of the program. A {@link SamplingPlan}
 * compiles to, from the outside in: the parent, the lower bounds, the limit, load and errors, rules, the default.
 */
public final class Samplers {

    private static final Sampler ON = new Always(Decision.SAMPLE, 1);
    private static final Sampler OFF = new Always(Decision.RECORD, 0);

    private Samplers() {}

    public static Sampler alwaysOn() {
        return ON;
    }

    public static Sampler alwaysOff() {
        return OFF;
    }

    /** Samples a share of all traces, by their randomness: the same traces in every process with this share. */
    public static Sampler ratio(double rate) {
        return new Ratio(checked(rate));
    }

    /**
     * Follows a parent: one of another process that has decided, and one of this process. The wrapped sampler decides
     * about the rest, and about children of unsampled spans if it asks for them.
     */
    public static Sampler parentBased(Sampler otherwise) {
        return new Parents(otherwise, true);
    }

    /**
     * Follows a parent of this process as {@link #parentBased} does; of another process's decisions only the request
     * for debugging.
     */
    public static Sampler ignoringCallers(Sampler otherwise) {
        return new Parents(otherwise, false);
    }

    /** Limits what the wrapped sampler samples to a number of traces a second. Children are not affected. */
    public static Sampler limit(double perSecond, Sampler within) {
        return new Limit(perSecond, within);
    }

    /** The first matching rule decides. */
    public static Sampler rules(List<SamplingRule> rules, Sampler otherwise) {
        return new Rules(rules, otherwise);
    }

    /** Rates of operations, by names or patterns of names; for their lower bounds see {@link #atLeast}. */
    public static Sampler operations(Map<String, OperationRate> operations, Sampler otherwise) {
        return new Rules(Rules.of(operations), otherwise);
    }

    /**
     * Guarantees a minimum of traces a second for each operation, higher for some of them, whatever the wrapped sampler
     * decides, except that what it drops stays dropped.
     */
    public static Sampler atLeast(double perSecond, Map<String, OperationRate> operations, Sampler within) {
        return new LowerBoundSampler(perSecond, operations, within);
    }

    /**
     * Reduces shares under load and increases them when there are errors. Applies to shares of rules and ratios inside,
     * not to samplers of the program.
     *
     * @param least the factor down to which load may reduce a share, above 0 and at most 1
     */
    public static Sampler adaptive(double least, Sampler within) {
        return new Adaptive(least, within);
    }

    static double checked(double rate) {
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException("a share must be from 0 to 1: " + rate);
        }
        return rate;
    }

    private static final class Always implements Sampler {

        private final long decision;
        private final double rate;

        Always(long decision, double rate) {
            this.decision = decision;
            this.rate = rate;
        }

        @Override
        public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
            return decision;
        }

        @Override
        public long decidesAlways() {
            return decision;
        }

        @Override
        public double rate() {
            return rate;
        }
    }

    private static final class Ratio implements Sampler, Scaled {

        private final double rate;
        private volatile long threshold;

        Ratio(double rate) {
            this.rate = rate;
            this.threshold = Threshold.of(rate);
        }

        @Override
        public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
            final long least = threshold;
            return randomness >= least ? Decision.sampleAt(least) : Decision.RECORD;
        }

        @Override
        public double rate() {
            return Threshold.rate(threshold);
        }

        @Override
        public void scale(double factor) {
            threshold = Scaled.threshold(rate, factor);
        }
    }

    private static final class Parents extends Composed {

        /** Differs from every decision. */
        private static final long UNDECIDED = -1;

        private final boolean callers;
        private final boolean asks;

        Parents(Sampler otherwise, boolean callers) {
            super(otherwise);
            this.callers = callers;
            this.asks = otherwise.asksChildren();
        }

        @Override
        public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
            if (parent != null) {
                final long followed = parent.isLocal() ? ofThisProcess(parent) : ofAnother(parent);
                if (followed != UNDECIDED) {
                    return followed;
                }
            }
            return within.decide(parent, randomness, symbol, name, path);
        }

        @Override
        public long decidesAlways() {
            return within.decidesAlways();
        }

        private long ofThisProcess(ParentContext parent) {
            if (parent.isSampled()) {
                return Decision.SAMPLE;
            }
            return asks && !(callers && parent.isDecidedElsewhere()) ? UNDECIDED : Decision.RECORD;
        }

        private long ofAnother(ParentContext parent) {
            return switch (parent.sampling()) {
                case DEBUG -> Decision.SAMPLE;
                case SAMPLED -> callers ? Decision.SAMPLE : UNDECIDED;
                case DENIED -> callers ? Decision.RECORD : UNDECIDED;
                case DEFERRED -> UNDECIDED;
            };
        }
    }

    /** A limit. While it refuses traces, the share that it passes is unknown, and so decisions have no threshold. */
    private static final class Limit extends Composed {

        private final TokenBucket bucket;
        private final TokenBucket.Elapsed elapsed = new TokenBucket.Elapsed();
        private volatile boolean refusing;
        private volatile boolean refused;

        Limit(double perSecond, Sampler within) {
            super(within);
            bucket = new TokenBucket(TokenBucket.checked(perSecond));
        }

        @Override
        public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
            final long decision = within.decide(parent, randomness, symbol, name, path);
            if (!Decision.isSampled(decision) || parent != null && parent.isLocal()) {
                return decision;
            }
            if (bucket.take()) {
                return refusing ? Decision.SAMPLE : decision;
            }
            if (!refused) {
                refused = true;
                refusing = true;
            }
            return Decision.RECORD;
        }

        @Override
        public void tick(long nowNs, double load, double errors) {
            super.tick(nowNs, load, errors);
            bucket.fill(elapsed.ns(nowNs));
            refusing = refused;
            refused = false;
        }
    }
}
