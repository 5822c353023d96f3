package io.kraken.tracer.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The complete configuration of sampling. Immutable; {@link #compile} makes the sampler. Decisions are made in this
 * order:
 *
 * <ol>
 *   <li>a caller that requested the trace for debugging: it is sampled;
 *   <li>a caller that has decided is followed, if the plan is parent-based;
 *   <li>a parent of this process is followed; but if it is not sampled, and no other process has denied the trace, the
 *       span is sampled if the rate of its operation, set from outside or by a rule, selects it;
 *   <li>for a trace that begins here, or whose caller left the decision open: the rate set from outside for the
 *       operation, else the first matching rule, else the default;
 *   <li>the limit reduces what these rates gave;
 *   <li>the lower bound adds what they did not give, except if a rule says that nothing is recorded.
 * </ol>
 *
 * @param base the default
 * @param parentBased whether a caller's decision is followed
 * @param rules in the order in which they are tried
 * @param operations rates set from outside, by name of the operation or a pattern of names: {@code *} stands for any
 *     characters, {@code ?} for any single one
 * @param bounds traces a second
 * @param adaptive the factor down to which load may reduce each share, above 0 and at most 1; 0 if shares do not depend
 *     on load and errors
 */
public record SamplingPlan(
        Base base,
        boolean parentBased,
        List<SamplingRule> rules,
        Map<String, OperationRate> operations,
        Bounds bounds,
        double adaptive) {

    /** The sampler for traces to which no rule applies. */
    public record Base(Kind kind, double rate) {

        public enum Kind {
            ALWAYS_ON,
            ALWAYS_OFF,
            RATIO
        }

        public static final Base ALWAYS_ON = new Base(Kind.ALWAYS_ON, 1);
        public static final Base ALWAYS_OFF = new Base(Kind.ALWAYS_OFF, 0);

        public Base {
            Samplers.checked(rate);
        }

        public static Base ratio(double rate) {
            return new Base(Kind.RATIO, rate);
        }

        Sampler sampler() {
            return switch (kind) {
                case ALWAYS_ON -> Samplers.alwaysOn();
                case ALWAYS_OFF -> Samplers.alwaysOff();
                case RATIO -> Samplers.ratio(rate);
            };
        }

        @Override
        public String toString() {
            return kind == Kind.RATIO ? "ratio " + rate : kind == Kind.ALWAYS_ON ? "always on" : "always off";
        }
    }

    /**
     * Bounds in traces a second, 0 for none.
     *
     * @param lower minimum for every operation
     * @param limit maximum for all operations together
     */
    public record Bounds(double lower, double limit) {

        public static final Bounds NONE = new Bounds(0, 0);

        public Bounds {
            TokenBucket.checked(lower);
            TokenBucket.checked(limit);
        }
    }

    private static final SamplingPlan DEFAULT =
            new SamplingPlan(Base.ALWAYS_ON, true, List.of(), Map.of(), Bounds.NONE, 0);

    public SamplingPlan {
        rules = List.copyOf(rules);
        operations = Map.copyOf(operations);
        if (operations.containsKey("")) {
            throw new IllegalArgumentException("an operation has no name");
        }
        Samplers.checked(adaptive);
    }

    /** Parent-based, always on. */
    public static SamplingPlan byDefault() {
        return DEFAULT;
    }

    public SamplingPlan withBase(Base other) {
        return new SamplingPlan(other, parentBased, rules, operations, bounds, adaptive);
    }

    public SamplingPlan withParentBased(boolean followed) {
        return new SamplingPlan(base, followed, rules, operations, bounds, adaptive);
    }

    public SamplingPlan withRules(List<SamplingRule> others) {
        return new SamplingPlan(base, parentBased, others, operations, bounds, adaptive);
    }

    public SamplingPlan withOperations(Map<String, OperationRate> others) {
        return new SamplingPlan(base, parentBased, rules, others, bounds, adaptive);
    }

    public SamplingPlan withLowerBound(double perSecond) {
        return new SamplingPlan(base, parentBased, rules, operations, new Bounds(perSecond, bounds.limit), adaptive);
    }

    public SamplingPlan withLimit(double perSecond) {
        return new SamplingPlan(base, parentBased, rules, operations, new Bounds(bounds.lower, perSecond), adaptive);
    }

    /** The factor down to which load may reduce each share; 0 if shares do not depend on load. */
    public SamplingPlan withAdaptive(double least) {
        return new SamplingPlan(base, parentBased, rules, operations, bounds, least);
    }

    /** Makes a new sampler, without state of earlier ones: its limits and bounds start afresh. */
    public Sampler compile() {
        final List<SamplingRule> all = Rules.of(operations);
        all.addAll(rules);
        Sampler sampler = base.sampler();
        if (!all.isEmpty()) {
            sampler = Samplers.rules(all, sampler);
        }
        if (adaptive > 0) {
            sampler = Samplers.adaptive(adaptive, sampler);
        }
        if (bounds.limit > 0) {
            sampler = Samplers.limit(bounds.limit, sampler);
        }
        if (hasLowerBounds()) {
            sampler = Samplers.atLeast(bounds.lower, operations, sampler);
        }
        return parentBased ? Samplers.parentBased(sampler) : Samplers.ignoringCallers(sampler);
    }

    private boolean hasLowerBounds() {
        boolean some = bounds.lower > 0;
        for (OperationRate each : operations.values()) {
            some |= each.lowerBound() > 0;
        }
        return some;
    }

    /** The plan in one line, for operators. */
    @Override
    public String toString() {
        final List<String> parts = new ArrayList<>();
        parts.add((parentBased ? "parent-based, " : "") + base);
        new TreeMap<>(operations)
                .forEach((name, rate) -> parts.add("from outside " + name + '=' + rate.rate()
                        + (rate.lowerBound() > 0 ? ", at least " + rate.lowerBound() + "/s" : "")));
        rules.forEach(rule -> parts.add(rule.toString()));
        if (bounds.lower > 0) {
            parts.add("at least " + bounds.lower + "/s of each operation");
        }
        if (bounds.limit > 0) {
            parts.add("at most " + bounds.limit + "/s");
        }
        if (adaptive > 0) {
            parts.add("adaptive, down to " + adaptive + " of each share");
        }
        return String.join("; ", parts);
    }
}
