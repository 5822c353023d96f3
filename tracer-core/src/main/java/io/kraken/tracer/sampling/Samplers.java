package io.kraken.tracer.sampling;

import io.kraken.tracer.TraceContext;
import java.util.List;
import java.util.Map;

/**
 * The samplers there are, to be put around one another and around those of others. What a {@link SamplingPlan} compiles
 * to is, from outside to inside: the parent, the lower bounds, the limit, load and errors, rules, the default.
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

    /** A share of all traces, by their randomness: the same ones in every process that samples so many. */
    public static Sampler ratio(double rate) {
        return new Ratio(checked(rate));
    }

    /**
     * Follows a parent: one of another process that has decided, and one of this process. The sampler within decides
     * about the rest, and about children of what is not sampled when it asks to.
     */
    public static Sampler parentBased(Sampler otherwise) {
        return new Parents(otherwise, true);
    }

    /**
     * Follows a parent of this process as {@link #parentBased} does; of one of another process only that it asked for
     * the trace.
     */
    public static Sampler ignoringCallers(Sampler otherwise) {
        return new Parents(otherwise, false);
    }

    /** Of what the sampler within samples so many traces a second and no more. Children are left as they are. */
    public static Sampler limit(double perSecond, Sampler within) {
        return new Limit(perSecond, within);
    }

    /** The first rule that matches decides. */
    public static Sampler rules(List<SamplingRule> rules, Sampler otherwise) {
        return new Rules(rules, otherwise);
    }

    /** Rates of operations by their names, or by patterns of names; of their lower bounds see {@link #atLeast}. */
    public static Sampler operations(Map<String, OperationRate> operations, Sampler otherwise) {
        return new Rules(Rules.of(operations), otherwise);
    }

    /**
     * So many traces a second of each operation, and of some operations more, whatever the sampler within says;
     * except that what it drops stays dropped.
     */
    public static Sampler atLeast(double perSecond, Map<String, OperationRate> operations, Sampler within) {
        return new LowerBoundSampler(perSecond, operations, within);
    }

    /**
     * Makes shares smaller under load and larger when there are errors. Those of rules and ratios within are, what
     * samplers of others decide is not.
     *
     * @param least the part of a share that is left whatever the load is, above 0 and at most 1
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
        public long decide(TraceContext parent, long randomness, int symbol, String name, String path) {
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
        public long decide(TraceContext parent, long randomness, int symbol, String name, String path) {
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

        /** No decision has all bits. */
        private static final long UNDECIDED = -1;

        private final boolean callers;
        private final boolean asks;

        Parents(Sampler otherwise, boolean callers) {
            super(otherwise);
            this.callers = callers;
            this.asks = otherwise.asksChildren();
        }

        @Override
        public long decide(TraceContext parent, long randomness, int symbol, String name, String path) {
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

        private long ofThisProcess(TraceContext parent) {
            if (parent.isSampled()) {
                return Decision.SAMPLE;
            }
            return asks && !(callers && parent.isDecidedElsewhere()) ? UNDECIDED : Decision.RECORD;
        }

        private long ofAnother(TraceContext parent) {
            return switch (parent.sampling()) {
                case DEBUG -> Decision.SAMPLE;
                case SAMPLED -> callers ? Decision.SAMPLE : UNDECIDED;
                case DENIED -> callers ? Decision.RECORD : UNDECIDED;
                case DEFERRED -> UNDECIDED;
            };
        }
    }

    /** While it refuses anything, what it lets through is no known share any more, and has no threshold. */
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
        public long decide(TraceContext parent, long randomness, int symbol, String name, String path) {
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
