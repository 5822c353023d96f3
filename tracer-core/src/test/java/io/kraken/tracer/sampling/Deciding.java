package io.kraken.tracer.sampling;

import java.util.SplittableRandom;

/** Decisions as text, to be compared with those of another process. */
public final class Deciding {

    private static final int TRACES = 5_000;

    private Deciding() {}

    /** For random traces of this seed, one digit each. */
    public static String of(String rate, String seed) {
        final Sampler sampler = SamplingPlan.byDefault()
                .withBase(SamplingPlan.Base.ratio(Double.parseDouble(rate)))
                .withRules(SamplingRule.parseAll("operation:b*=0.5"))
                .compile();
        final SplittableRandom traces = new SplittableRandom(Long.parseLong(seed));
        final StringBuilder digits = new StringBuilder();
        for (int i = 0; i < TRACES; i++) {
            final String name = i % 2 == 0 ? "a" : "b";
            final long decision = sampler.decide(null, traces.nextLong(Threshold.NEVER), i % 2, name, null);
            digits.append(Decision.isSampled(decision) ? '1' : '0');
        }
        return digits.toString();
    }
}
