package io.kraken.tracer.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Child;
import io.kraken.tracer.Garbage;
import io.kraken.tracer.LocalParent;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.TraceContext;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Samplers alone and composed. */
class SamplersTest {

    @ParameterizedTest
    @CsvSource({"0.001, 1", "0.01, 2", "0.1, 3", "0.25, 4", "0.5, 5", "0.9, 6", "0.999, 7"})
    void samplesAShareWithinThreeSigma(double rate, long seed) {
        final int traces = 1_000_000;
        final double sigma = Math.sqrt(traces * rate * (1 - rate));
        assertEquals(traces * rate, Ask.sampled(Samplers.ratio(rate), traces, seed), 3 * sigma);
        final List<SamplingRule> rule = SamplingRule.parseAll("operation:op*=" + rate);
        assertEquals(
                traces * rate, Ask.sampled(Samplers.rules(rule, Samplers.alwaysOff()), traces, seed + 10), 3 * sigma);
    }

    @Test
    void sharesOfZeroAndOneAreExact() {
        assertEquals(0, Ask.sampled(Samplers.ratio(0), 100_000, 1));
        assertEquals(100_000, Ask.sampled(Samplers.ratio(1), 100_000, 1));
        assertEquals("recorded", Ask.about(Samplers.ratio(0), null, Ask.MOST, "x", null));
        assertEquals("sampled", Ask.about(Samplers.ratio(1), null, Ask.LEAST, "x", null));
        assertEquals("sampled", Ask.about(Samplers.ratio(1e-300), null, Ask.MOST, "x", null));
        assertEquals("recorded", Ask.about(Samplers.ratio(1 - 0x1p-53), null, Ask.LEAST, "x", null));
    }

    @Test
    void smallerShareSamplesASubset() {
        final Sampler less = Samplers.ratio(0.1);
        final Sampler more = Samplers.ratio(0.3);
        final Sampler same = Samplers.ratio(0.1);
        final SplittableRandom random = new SplittableRandom(8);
        for (int i = 0; i < 100_000; i++) {
            final long trace = random.nextLong(Threshold.NEVER);
            final long decided = less.decide(null, trace, 1, "one", null);
            assertEquals(decided, same.decide(null, trace, 2, "other", "/path"));
            assertTrue(!Decision.isSampled(decided) || Decision.isSampled(more.decide(null, trace, 1, "one", null)));
        }
    }

    @Test
    void otherProcessesDecideTheSame() {
        final String here = Deciding.of("0.25", "7");
        assertEquals(here + '\n', Child.run(List.of(), List.of(), "decide", "0.25", "7"));
        assertNotEquals(here, Deciding.of("0.25", "8"));
        assertTrue(here.contains("0") && here.contains("1"), here);
    }

    @Test
    void decisionOfAShareHasItsThreshold() {
        final long half = 1L << 55;
        assertEquals(Decision.sampleAt(half), Samplers.ratio(0.5).decide(null, half, 1, "x", null));
        assertEquals(Decision.RECORD, Samplers.ratio(0.5).decide(null, half - 1, 1, "x", null));
        assertEquals(Decision.sampleAt(0), Samplers.ratio(1).decide(null, 0, 1, "x", null));
        assertEquals(Decision.SAMPLE, Samplers.alwaysOn().decide(null, 0, 1, "x", null));
        assertEquals(Decision.RECORD, Samplers.alwaysOff().decide(null, Ask.MOST, 1, "x", null));
    }

    @Test
    void rateIsThatOfTheDefault() {
        final List<SamplingRule> rules = SamplingRule.parseAll("path:/health=0; operation:a=0.5");
        final Sampler composed = Samplers.parentBased(Samplers.atLeast(
                1, Map.of(), Samplers.limit(10, Samplers.adaptive(0.1, Samplers.rules(rules, Samplers.ratio(0.25))))));
        assertEquals(0.25, composed.rate());
        assertEquals(1, Samplers.parentBased(Samplers.alwaysOn()).rate());
        assertEquals(0, Samplers.alwaysOff().rate());
        assertEquals(0.1, Samplers.ratio(0.1).rate(), 1e-16);
    }

    @ParameterizedTest
    @CsvSource({"path:/health=0, false", "operation:a=0.5, true", "path:/health=0; operation:a*=0, true", "'', false"})
    void asksChildrenIfOperationsHaveRates(String rules, boolean asks) {
        final Sampler inner = Samplers.rules(SamplingRule.parseAll(rules), Samplers.alwaysOn());
        assertEquals(
                asks,
                Samplers.parentBased(Samplers.atLeast(1, Map.of(), Samplers.limit(1, inner)))
                        .asksChildren());
        assertTrue(Samplers.operations(Map.of("a", new OperationRate(0.1, 0)), inner)
                .asksChildren());
        assertEquals(asks, Samplers.operations(Map.of(), inner).asksChildren());
    }

    @Test
    void composesCustomSampler() {
        final Sampler odd = new Sampler() {
            @Override
            public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
                return name.length() % 2 == 1 ? Decision.SAMPLE : Decision.DROP;
            }

            @Override
            public double rate() {
                return 0.5;
            }

            @Override
            public boolean asksChildren() {
                return true;
            }
        };
        final Sampler composed = Samplers.parentBased(
                Samplers.adaptive(0.5, Samplers.rules(SamplingRule.parseAll("operation:four=1"), odd)));
        composed.tick(0, 0, 0);
        composed.tick(1_000_000_000, 1, 0);
        assertEquals(0.5, composed.rate());
        assertEquals("sampled", Ask.about(composed, null, 0, "one", null));
        assertEquals("dropped", Ask.about(composed, null, 0, "two more", null));
        assertEquals("sampled", Ask.about(composed, null, 0, "four", null));
        assertEquals("sampled", Ask.about(composed, LocalParent.unsampled(), 0, "one", null));
        assertEquals("dropped", Ask.about(composed, LocalParent.unsampled(), 0, "two more", null));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN, Double.POSITIVE_INFINITY})
    void rejectsInvalidShare(double rate) {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Samplers.ratio(rate))
                .getMessage()
                .endsWith(": " + rate));
        assertThrows(IllegalArgumentException.class, () -> new OperationRate(rate, 0));
        assertThrows(IllegalArgumentException.class, () -> Samplers.adaptive(rate, Samplers.alwaysOn()));
        assertThrows(IllegalArgumentException.class, () -> Samplers.adaptive(0, Samplers.alwaysOn()));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, 1e10, Double.NaN, Double.POSITIVE_INFINITY})
    void rejectsInvalidNumberOfTraces(double perSecond) {
        final Sampler on = Samplers.alwaysOn();
        assertThrows(IllegalArgumentException.class, () -> Samplers.limit(perSecond, on));
        assertThrows(IllegalArgumentException.class, () -> Samplers.atLeast(perSecond, Map.of(), on));
        assertThrows(IllegalArgumentException.class, () -> new OperationRate(0, perSecond));
        assertThrows(IllegalArgumentException.class, () -> Samplers.parentBased(null));
    }

    @Test
    void decisionAllocatesNothing() {
        final Sampler all = SamplingPlan.byDefault()
                .withBase(SamplingPlan.Base.ratio(0.5))
                .withRules(SamplingRule.parseAll("path:/a/*/b=0.5; operation:x*=0.3; path:/health=0"))
                .withOperations(Map.of("exact", new OperationRate(0.1, 5), "glob.*", new OperationRate(0.2, 0)))
                .withLowerBound(1)
                .withLimit(1_000)
                .withAdaptive(0.1)
                .compile();
        final TraceContext[] parents = {
            null,
            LocalParent.sampled(),
            LocalParent.unsampled(),
            new RemoteContext(),
            new RemoteContext().set(1, 2, 3, 0)
        };
        final String[] names = {"exact", "glob.this", "x1", "none of these"};
        final String[] paths = {null, "/a/1/b/c", "/health", "/else"};
        final long[] state = {0};
        Garbage.assertNone(() -> {
            final int i = (int) (state[0]++ & 0xFFFF);
            final TraceContext parent = parents[i % parents.length];
            final long randomness = state[0] * 0x9E37_79B9_7F4A_7C15L >>> 8;
            final int symbol = i % 3 == 0 ? Ask.NO_SYMBOL : 100 + (i & 3);
            all.decide(parent, randomness, symbol, names[i & 3], paths[i >> 2 & 3]);
            if (i % 100 == 0) {
                all.tick(state[0] * 1_000_000, 0.65, 0);
            }
        });
        assertFalse(all.rate() > 1);
    }
}
