package io.kraken.tracer.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.LocalParent;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.TracerFixture;
import io.kraken.tracer.propagation.HeaderGetter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The order of decisions: the list in {@link SamplingPlan}, line by line. */
class PrecedenceTest {

    private static final TraceContext NO_PARENT = null;
    private static final String IDS = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
    private static final OperationRate ALL = new OperationRate(1, 0);
    private static final OperationRate NONE = new OperationRate(0, 0);

    private static final SamplingPlan ON = SamplingPlan.byDefault();
    private static final SamplingPlan OFF = ON.withBase(SamplingPlan.Base.ALWAYS_OFF);

    @RegisterExtension
    final TracerFixture traced = new TracerFixture().with(TracerConfig.PROPAGATORS, "b3");

    private RemoteContext caller(String b3) {
        return traced.tracer().propagation().extract(Map.of("b3", b3), HeaderGetter.ofMap(), new RemoteContext());
    }

    private static SamplingPlan ruled(SamplingPlan plan, String rules) {
        return plan.withRules(SamplingRule.parseAll(rules));
    }

    /** The decision for a span with this parent whose trace has the least randomness. */
    private static String of(SamplingPlan plan, TraceContext parent, String name, String path) {
        return Ask.about(plan.compile(), parent, Ask.LEAST, name, path);
    }

    @Test
    void debugTraceIsAlwaysSampled() {
        final SamplingPlan nothing = ruled(OFF, "operation:*=0; path:/=0").withOperations(Map.of("op", NONE));
        for (String debug : new String[] {IDS + "-d", "d"}) {
            assertEquals("sampled", of(nothing, caller(debug), "op", "/path"));
            assertEquals("sampled", of(nothing.withParentBased(false), caller(debug), "op", "/path"));
        }
    }

    @Test
    void followsCallerThatHasDecided() {
        final SamplingPlan nothing = ruled(OFF, "operation:*=0").withOperations(Map.of("op", NONE));
        final SamplingPlan everything = ruled(ON, "operation:*=1").withOperations(Map.of("op", ALL));
        assertEquals("sampled", of(nothing, caller(IDS + "-1"), "op", "/path"));
        assertEquals("sampled", of(nothing, caller("1"), "op", null));
        assertEquals("recorded", of(everything, caller(IDS + "-0"), "op", "/path"));
        assertEquals("recorded", of(everything, caller("0"), "op", null));
    }

    @Test
    void ignoresCallersDecisionUnlessParentBased() {
        assertEquals("recorded", of(OFF.withParentBased(false), caller(IDS + "-1"), "op", null));
        assertEquals("sampled", of(ON.withParentBased(false), caller(IDS + "-0"), "op", null));
    }

    @Test
    void decidesForCallerWithoutDecision() {
        assertEquals("sampled", of(ON, caller(IDS), "op", null));
        assertEquals("recorded", of(OFF, caller(IDS), "op", null));
        assertEquals("dropped", of(ruled(ON, "path:/health=0"), caller(IDS), "op", "/health"));
    }

    @Test
    void followsParentOfThisProcess() {
        for (SamplingPlan plan : new SamplingPlan[] {ON, OFF, ON.withParentBased(false), OFF.withParentBased(false)}) {
            assertEquals("sampled", of(plan, LocalParent.sampled(), "op", "/path"));
            assertEquals("recorded", of(plan, LocalParent.unsampled(), "op", "/path"));
        }
    }

    @Test
    void spanAndItsCopyAreParentsOfThisProcess() {
        try (Span span = traced.tracer().start("parent", SpanKind.INTERNAL)) {
            assertEquals("sampled", of(OFF, span, "op", null));
            assertEquals("sampled", of(OFF.withParentBased(false), new RemoteContext().copy(span), "op", null));
        }
    }

    @Test
    void sampledTraceStaysSampled() {
        final SamplingPlan nothing = ruled(OFF, "operation:op=0; path:/=0").withOperations(Map.of("op", NONE));
        assertEquals("sampled", of(nothing, LocalParent.sampled(), "op", "/path"));
    }

    @Test
    void operationRateSamplesBelowUnsampledParent() {
        final TraceContext parent = LocalParent.unsampled();
        assertEquals("sampled", of(ruled(OFF, "operation:op=1"), parent, "op", null));
        assertEquals("sampled", of(OFF.withOperations(Map.of("o?", ALL)), parent, "op", null));
        assertEquals("recorded", of(ruled(ON, "operation:op=1"), parent, "other", null));
    }

    @Test
    void operationRateDoesNotSampleDeniedTraces() {
        final SamplingPlan plan = ruled(OFF, "operation:op=1");
        try (Span span = traced.tracer().start("parent", SpanKind.SERVER, caller(IDS + "-0"))) {
            assertEquals("recorded", of(plan, span, "op", null));
            assertEquals("sampled", of(plan.withParentBased(false), span, "op", null));
        }
    }

    @Test
    void childFollowsItsParentBelowTheOperationRate() {
        final SamplingPlan plan = ruled(ON, "operation:op=0.5; operation:none=0");
        assertEquals("recorded", of(plan, LocalParent.unsampled(), "op", null));
        assertEquals("recorded", of(plan, LocalParent.unsampled(), "none", null));
        assertEquals("sampled", Ask.about(plan.compile(), LocalParent.unsampled(), Ask.MOST, "op", null));
    }

    @Test
    void pathsAndBoundsDoNotSampleBelowUnsampledParent() {
        final SamplingPlan plan = ruled(ON, "path:/=1; operation:x=1").withLowerBound(1_000);
        assertEquals("recorded", of(plan, LocalParent.unsampled(), "op", "/path"));
    }

    @Test
    void rateFromOutsidePrecedesRules() {
        final SamplingPlan plan = ruled(ON, "path:/=0; operation:op=0").withOperations(Map.of("op", ALL));
        assertEquals("sampled", of(plan, NO_PARENT, "op", "/path"));
        assertEquals("dropped", of(plan, NO_PARENT, "other", "/path"));
    }

    @Test
    void nameFromOutsidePrecedesPatternsByLength() {
        final SamplingPlan plan =
                OFF.withOperations(Map.of("get", NONE, "get*", ALL, "getBlob*", NONE, "*", NONE, "getBlob", ALL));
        assertEquals("recorded", of(plan, NO_PARENT, "get", null));
        assertEquals("sampled", of(plan, NO_PARENT, "gets", null));
        assertEquals("recorded", of(plan, NO_PARENT, "getBlobs", null));
        assertEquals("sampled", of(plan, NO_PARENT, "getBlob", null));
        assertEquals("recorded", of(plan, NO_PARENT, "put", null));
    }

    @Test
    void firstMatchingRuleOfAnyKindCounts() {
        final SamplingPlan path = ruled(ON, "path:/a=1; operation:op=0; path:/=0,record; operation:*=1");
        assertEquals("sampled", of(path, NO_PARENT, "op", "/a/b"));
        assertEquals("dropped", of(path, NO_PARENT, "op", "/c"));
        assertEquals("recorded", of(path, NO_PARENT, "other", "/c"));
        assertEquals("sampled", of(path, NO_PARENT, "other", null));
    }

    @Test
    void defaultCountsIfNoRuleMatches() {
        assertEquals("sampled", of(ruled(ON, "path:/a=0; operation:op=0"), NO_PARENT, "other", "/b"));
        assertEquals("recorded", of(ruled(OFF, "path:/a=1; operation:op=1"), NO_PARENT, "other", "/b"));
    }

    @Test
    void lowerBoundAddsToRatesWithoutThreshold() {
        final Sampler bound = OFF.withLowerBound(1).compile();
        assertEquals(Decision.SAMPLE, bound.decide(NO_PARENT, Ask.LEAST, 1, "op", null));
        assertEquals(Decision.RECORD, bound.decide(NO_PARENT, Ask.LEAST, 1, "op", null));
        final Sampler own =
                OFF.withOperations(Map.of("op", new OperationRate(0, 1))).compile();
        assertEquals(Decision.SAMPLE, own.decide(NO_PARENT, Ask.LEAST, 1, "op", null));
        assertEquals(Decision.RECORD, own.decide(NO_PARENT, Ask.LEAST, 2, "other", null));
    }

    @Test
    void lowerBoundDoesNotAddDroppedTraces() {
        final SamplingPlan plan = ruled(ON, "path:/health=0").withLowerBound(10);
        assertEquals("dropped", of(plan, NO_PARENT, "op", "/health"));
    }

    @Test
    void limitReducesWhatRatesGive() {
        final Sampler limited = ruled(ON, "operation:op=1").withLimit(2).compile();
        for (String expected : new String[] {"sampled", "sampled", "recorded"}) {
            assertEquals(expected, Ask.about(limited, NO_PARENT, Ask.LEAST, "op", null));
        }
        assertEquals("recorded", Ask.about(limited, NO_PARENT, Ask.LEAST, "other", null));
    }

    @Test
    void limitDoesNotAffectAnythingElse() {
        final Sampler limited =
                ruled(ON, "operation:child=1").withLimit(1).withLowerBound(1).compile();
        while (Decision.isSampled(limited.decide(NO_PARENT, Ask.MOST, 1, "op", null))) {
            assertEquals(1, limited.rate());
        }
        assertEquals("sampled", Ask.about(limited, caller(IDS + "-d"), Ask.LEAST, "op", null));
        assertEquals("sampled", Ask.about(limited, caller(IDS + "-1"), Ask.LEAST, "op", null));
        assertEquals("sampled", Ask.about(limited, LocalParent.sampled(), Ask.LEAST, "op", null));
        assertEquals("sampled", Ask.about(limited, LocalParent.unsampled(), Ask.LEAST, "child", null));
        assertEquals(Decision.SAMPLE, limited.decide(NO_PARENT, Ask.LEAST, 2, "met first", null));
        assertEquals(Decision.RECORD, limited.decide(NO_PARENT, Ask.LEAST, 2, "met first", null));
    }
}
