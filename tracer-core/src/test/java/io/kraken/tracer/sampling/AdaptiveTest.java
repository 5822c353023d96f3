package io.kraken.tracer.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The factor in simulated services, whose load may depend on it, with a stepped clock. */
class AdaptiveTest {

    private static final double LEAST = 0.05;

    private final Adaptive adaptive = new Adaptive(LEAST, Samplers.ratio(0.2));
    private long nowNs;
    private int turns;
    private boolean rising;

    /** Runs for a number of seconds with a number of ticks each; counts how often the factor changes direction. */
    private double run(int seconds, int ticks, DoubleUnaryOperator load, double errors) {
        turns = 0;
        double last = adaptive.factor();
        for (int i = 0; i < seconds * ticks; i++) {
            nowNs += 1_000_000_000L / ticks;
            adaptive.tick(nowNs, load.applyAsDouble(last), errors);
            final double now = adaptive.factor();
            if (now != last) {
                turns += rising == now > last ? 0 : 1;
                rising = now > last;
            }
            last = now;
        }
        return last;
    }

    private double run(int seconds, DoubleUnaryOperator load, double errors) {
        return run(seconds, 10, load, errors);
    }

    private static DoubleUnaryOperator steady(double load) {
        return factor -> load;
    }

    @Test
    void keepsSharesWithoutLoadAndErrors() {
        assertEquals(1, run(60, steady(0.3), 0));
        assertEquals(1, run(60, steady(Adaptive.TARGET - 0.01), 0.009));
        assertEquals(0.2, adaptive.rate(), 1e-12);
    }

    @ParameterizedTest
    @CsvSource({"0.5, 0.4", "0.2, 0.8", "0.65, 0.2", "0.1, 0.9"})
    void settlesInTheBandUnderLoadOfSampling(double rest, double sampling) {
        final DoubleUnaryOperator load = factor -> Math.min(1, rest + sampling * factor);
        final double settled = run(120, load, 0);
        final double loadThen = load.applyAsDouble(settled);
        assertTrue(
                loadThen <= Adaptive.TARGET + 0.005 && loadThen >= Adaptive.TARGET - Adaptive.BAND - 0.01,
                "load " + loadThen);
        assertTrue(turns <= 3, "turned " + turns + " times");
        assertEquals(settled, run(60, load, 0), 0.01 * settled);
        assertTrue(turns <= 1, "turned " + turns + " times");
    }

    @Test
    void fallsToTheLeastUnderOtherLoad() {
        assertEquals(LEAST, run(60, steady(0.95), 0));
        assertEquals(0.2 * LEAST, adaptive.rate(), 1e-12);
        assertEquals(0, turns);
    }

    @Test
    void fallsFasterUnderHigherLoad() {
        final double high = run(2, steady(1), 0);
        run(300, steady(0), 0);
        final double low = run(2, steady(0.8), 0);
        assertTrue(high < 0.5 && low > 0.75 && low < 0.95, high + " and " + low);
    }

    @Test
    void recoversGraduallyAfterTheLoad() {
        run(60, steady(1), 0);
        final double soon = run(5, steady(0.2), 0);
        assertTrue(soon > LEAST && soon < 3 * LEAST, "after 5 s " + soon);
        assertEquals(1, run(60, steady(0.2), 0));
        assertEquals(0, turns);
        assertEquals(0.2, adaptive.rate(), 1e-12);
    }

    @Test
    void doesNotRiseInTheBand() {
        run(60, steady(1), 0);
        run(1, steady(0.65), 0);
        final double before = adaptive.factor();
        assertEquals(before, run(60, steady(0.65), 0.5));
    }

    @Test
    void burstOfErrorsSamplesAllTemporarily() {
        run(10, steady(0.3), 0);
        run(20, steady(0.3), 0.2);
        assertEquals(1, adaptive.rate());
        run(300, steady(0.3), 0);
        assertEquals(1, adaptive.factor());
        assertEquals(0.2, adaptive.rate(), 1e-12);
    }

    @ParameterizedTest
    @CsvSource({"0.01, 1", "0.015, 2.25", "0.02, 4", "0.05, 25"})
    void settlesAtTheSquareOfTheExcessOfErrors(double errors, double factor) {
        assertEquals(factor, run(300, steady(0.3), errors), 1e-6 * factor);
        assertTrue(turns <= 1, "turned " + turns + " times");
    }

    @Test
    void singleErrorIsNoBurst() {
        run(10, steady(0.3), 0);
        adaptive.tick(nowNs += 100_000_000, 0.3, 0.5);
        assertEquals(1, run(30, steady(0.3), 0));
    }

    @Test
    void loadTakesPrecedenceOverErrors() {
        run(60, steady(0.3), 0.3);
        assertEquals(1, adaptive.rate());
        assertEquals(LEAST, run(60, steady(0.95), 0.3));
    }

    @Test
    void errorsRaiseSharesOnlyAsLoadPermits() {
        final DoubleUnaryOperator load = factor -> Math.min(1, 0.3 + 0.1 * factor);
        final double settled = run(120, load, 0.2);
        final double loadThen = load.applyAsDouble(settled);
        assertTrue(settled > 2, "factor " + settled);
        assertTrue(loadThen <= Adaptive.TARGET + 0.005, "load " + loadThen);
        assertTrue(loadThen >= Adaptive.TARGET - Adaptive.BAND - 0.01, "load " + loadThen);
        run(60, load, 0.2);
        assertTrue(turns <= 1, "turned " + turns + " times");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 10, 50})
    void resultDoesNotDependOnTheTickRate(int ticks) {
        final double fallen = run(6, ticks, steady(0.8), 0);
        // A third of the range above the target, once the smoothed load has reached it.
        assertEquals(0.226, fallen, 0.06);
        run(12, ticks, steady(0), 0);
        assertEquals(fallen * Math.exp(12 * Adaptive.RISE), adaptive.factor(), 0.2 * adaptive.factor());
    }

    @Test
    void ignoresInvalidLoadAndErrors() {
        for (double odd : new double[] {Double.NaN, -1, Double.NEGATIVE_INFINITY}) {
            assertEquals(1, run(10, steady(odd), odd));
        }
        assertEquals(LEAST, run(60, steady(Double.POSITIVE_INFINITY), Double.POSITIVE_INFINITY));
    }

    @Test
    void clockStepCountsAsOneSecondAtMost() {
        adaptive.tick(0, 1, 0);
        adaptive.tick(Long.MAX_VALUE / 2, 1, 0);
        final double after = adaptive.factor();
        assertTrue(after >= Math.exp(-Adaptive.FALL), "factor " + after);
        adaptive.tick(0, 1, 0);
        assertEquals(after, adaptive.factor(), "the factor is back");
    }

    @Test
    void scalesSharesOfRulesExceptZeroAndOne() {
        final Sampler sampler = SamplingPlan.byDefault()
                .withBase(SamplingPlan.Base.ratio(0.5))
                .withRules(SamplingRule.parseAll("operation:none=0,record; operation:all=1; operation:some=0.5"))
                .withOperations(Map.of("outside", new OperationRate(0.25, 0)))
                .withAdaptive(0.1)
                .compile();
        for (int i = 0; i < 600; i++) {
            sampler.tick(100_000_000L * i, 1, 0);
        }
        final long tenth = Threshold.of(0.05);
        assertEquals(0.05, sampler.rate(), 1e-12);
        assertEquals(Decision.sampleAt(tenth), sampler.decide(null, tenth, 1, "some", null));
        assertEquals(Decision.RECORD, sampler.decide(null, tenth - 1, 1, "some", null));
        assertEquals(Decision.sampleAt(tenth), sampler.decide(null, tenth, 2, "other", null));
        assertEquals(Decision.RECORD, sampler.decide(null, Threshold.of(0.025) - 1, 3, "outside", null));
        assertEquals(Decision.sampleAt(0), sampler.decide(null, 0, 4, "all", null));
        assertEquals(Decision.RECORD, sampler.decide(null, Ask.MOST, 5, "none", null));
        final Sampler on = SamplingPlan.byDefault().withAdaptive(0.1).compile();
        for (int i = 0; i < 600; i++) {
            on.tick(100_000_000L * i, 1, 0);
        }
        assertEquals(Decision.SAMPLE, on.decide(null, 0, 1, "x", null));
    }
}
