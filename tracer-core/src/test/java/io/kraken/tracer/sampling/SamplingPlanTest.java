package io.kraken.tracer.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SamplingPlanTest {

    @Test
    void saysWhatItsBaseDoes() {
        final SamplingPlan plan = SamplingPlan.byDefault().withBase(SamplingPlan.Base.ratio(0.25));
        assertEquals("parent-based, ratio 0.25", plan.toString());
        assertEquals("ratio 0.25", plan.withParentBased(false).toString());
        assertEquals(
                "always off",
                plan.withBase(SamplingPlan.Base.ALWAYS_OFF)
                        .withParentBased(false)
                        .toString());
    }

    @Test
    void samplesAllThatNoCallerDeniedByDefault() {
        assertEquals("parent-based, always on", SamplingPlan.byDefault().toString());
        final Sampler sampler = SamplingPlan.byDefault().compile();
        assertEquals(Decision.SAMPLE, sampler.decide(null, 0, 1, "x", "/x"));
        assertEquals(1, sampler.rate());
        assertTrue(!sampler.asksChildren());
    }

    @Test
    void describesThePlanInOneLine() {
        final SamplingPlan plan = SamplingPlan.byDefault()
                .withBase(SamplingPlan.Base.ratio(0.1))
                .withRules(SamplingRule.parseAll("path:/health=0; operation:scheduler.*=0.5"))
                .withOperations(Map.of("b", new OperationRate(0.5, 0), "a", new OperationRate(0.2, 3)))
                .withLowerBound(0.5)
                .withLimit(100)
                .withAdaptive(0.25);
        assertEquals(
                "parent-based, ratio 0.1; from outside a=0.2, at least 3.0/s; from outside b=0.5; path:/health=0.0;"
                        + " operation:scheduler.*=0.5; at least 0.5/s of each operation; at most 100.0/s;"
                        + " adaptive, down to 0.25 of each share",
                plan.toString());
        assertEquals(plan, plan.withLimit(1).withLimit(100), "equal settings make equal plans");
    }

    @Test
    void isIndependentOfItsArguments() {
        final List<SamplingRule> rules = new ArrayList<>(SamplingRule.parseAll("path:/a=0"));
        final Map<String, OperationRate> operations = new HashMap<>(Map.of("a", new OperationRate(0, 0)));
        final SamplingPlan plan = SamplingPlan.byDefault().withRules(rules).withOperations(operations);
        rules.clear();
        operations.clear();
        assertEquals(1, plan.rules().size());
        assertEquals(1, plan.operations().size());
    }

    @Test
    void rejectsInvalidValues() {
        final SamplingPlan plan = SamplingPlan.byDefault();
        assertThrows(IllegalArgumentException.class, () -> plan.withLimit(-1));
        assertThrows(IllegalArgumentException.class, () -> plan.withLowerBound(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> plan.withAdaptive(2));
        assertThrows(IllegalArgumentException.class, () -> SamplingPlan.Base.ratio(-1));
        assertThrows(IllegalArgumentException.class, () -> plan.withOperations(Map.of("", new OperationRate(1, 0))));
    }
}
