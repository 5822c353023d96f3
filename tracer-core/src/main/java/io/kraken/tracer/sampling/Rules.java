package io.kraken.tracer.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A sampler in which the first matching rule decides, or the wrapped sampler if none matches. For children of a span of
 * this process only rules for operations apply, and they can only add: what they do not sample follows its parent.
 */
final class Rules extends Composed {

    private final Names names;
    private final boolean anyNames;
    private final PathPattern[] paths;
    private final int[] rulesOfPaths;
    private final double[] rates;
    private final boolean[] recorded;
    /** By rule; the array is never modified once it is published. */
    private volatile long[] thresholds;

    Rules(List<SamplingRule> rules, Sampler otherwise) {
        super(otherwise);
        final int count = rules.size();
        names = new Names(rules);
        anyNames = !names.isEmpty();
        final List<PathPattern> patterns = new ArrayList<>();
        final int[] at = new int[count];
        rates = new double[count];
        recorded = new boolean[count];
        for (int i = 0; i < count; i++) {
            final SamplingRule rule = rules.get(i);
            rates[i] = rule.rate();
            recorded[i] = rule.record();
            if (rule.match() == SamplingRule.Match.PATH) {
                at[patterns.size()] = i;
                patterns.add(PathPattern.of(rule.pattern()));
            }
        }
        paths = patterns.toArray(new PathPattern[0]);
        rulesOfPaths = Arrays.copyOf(at, paths.length);
        scale(1);
    }

    /**
     * The rates set from outside, as rules. Exact names take precedence over patterns, and longer patterns over shorter
     * ones. What is not sampled is recorded for hindsight: a low rate does not mean that it is unwanted.
     */
    static List<SamplingRule> of(Map<String, OperationRate> operations) {
        final List<String> inOrder = new ArrayList<>(operations.keySet());
        inOrder.sort(Comparator.comparing(Glob::isPattern)
                .thenComparing(String::length, Comparator.reverseOrder())
                .thenComparing(Comparator.naturalOrder()));
        final List<SamplingRule> rules = new ArrayList<>();
        for (String name : inOrder) {
            final double rate = operations.get(name).rate();
            rules.add(new SamplingRule(SamplingRule.Match.OPERATION, name, rate, true));
        }
        return rules;
    }

    @Override
    public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
        final int none = rates.length;
        final int ofName = anyNames ? names.first(symbol, name) : none;
        if (parent != null && parent.isLocal()) {
            return ofName < none
                    ? decide(ofName, randomness, true)
                    : within.asksChildren() ? within.decide(parent, randomness, symbol, name, path) : Decision.RECORD;
        }
        final int rule = path == null ? ofName : first(path, ofName);
        return rule < none
                ? decide(rule, randomness, recorded[rule])
                : within.decide(parent, randomness, symbol, name, path);
    }

    private long decide(int rule, long randomness, boolean orRecorded) {
        final long threshold = thresholds[rule];
        return randomness >= threshold ? Decision.sampleAt(threshold) : orRecorded ? Decision.RECORD : Decision.DROP;
    }

    /** The first matching rule for the path, or the given one if that comes first. */
    private int first(String path, int ofName) {
        for (int i = 0; i < paths.length && rulesOfPaths[i] < ofName; i++) {
            if (paths[i].matches(path)) {
                return rulesOfPaths[i];
            }
        }
        return ofName;
    }

    @Override
    public boolean asksChildren() {
        return anyNames || within.asksChildren();
    }

    @Override
    public void scale(double factor) {
        final long[] scaled = new long[rates.length];
        for (int i = 0; i < rates.length; i++) {
            scaled[i] = Scaled.threshold(rates[i], factor);
        }
        thresholds = scaled;
        super.scale(factor);
    }
}
