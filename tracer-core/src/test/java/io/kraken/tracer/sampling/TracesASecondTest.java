package io.kraken.tracer.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits and lower bounds, with a stepped clock. */
class TracesASecondTest {

    private static final long TENTH_NS = 100_000_000;
    private static final long HOUR_NS = 3_600_000_000_000L;

    private long nowNs = -50; // a monotonic clock may be negative, and overflow

    /** Lets time pass in steps of this length. */
    private void pass(Sampler sampler, double seconds) {
        for (int i = 0; i < Math.round(seconds * 10); i++) {
            nowNs += TENTH_NS;
            sampler.tick(nowNs, 0, 0);
        }
    }

    private static Sampler limited(double perSecond) {
        final Sampler sampler = Samplers.limit(perSecond, Samplers.alwaysOn());
        sampler.tick(-50, 0, 0);
        return sampler;
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "10, 10", "0.1, 1", "2.5, 2", "1000, 1000"})
    void burstIsLimitedToOneSecond(double perSecond, int burst) {
        final Sampler sampler = limited(perSecond);
        assertEquals(burst, Ask.sampled(sampler, 10_000, 1));
        pass(sampler, 3_600);
        assertEquals(burst, Ask.sampled(sampler, 10_000, 1));
    }

    @Test
    void remainderCountsTowardsTheNextBurst() {
        final Sampler sampler = limited(10);
        assertEquals(5, Ask.sampled(sampler, 5, 1));
        nowNs += 1_000_000_000;
        sampler.tick(nowNs, 0, 0);
        assertEquals(10, Ask.sampled(sampler, 1_000, 1));
    }

    @ParameterizedTest
    @CsvSource({"100, 37", "7, 1", "0.25, 3", "1000, 99999"})
    void limitHoldsOverTime(double perSecond, int aTenth) {
        final Sampler sampler = limited(perSecond);
        final int seconds = 200;
        int sampled = 0;
        for (int i = 0; i < seconds * 10; i++) {
            final boolean burst = i % 50 < 10;
            sampled += Ask.sampled(sampler, burst ? 5 * aTenth : aTenth / 10, i);
            pass(sampler, 0.1);
        }
        assertTrue(sampled <= seconds * perSecond + Math.max(1, perSecond), "sampled " + sampled);
        assertTrue(sampled >= seconds / 5 * perSecond * 0.99, "sampled " + sampled);
    }

    @Test
    void clockStepGivesOneSecondAtMost() {
        final Sampler sampler = limited(10);
        assertEquals(10, Ask.sampled(sampler, 1_000, 1));
        for (long step : new long[] {HOUR_NS, -HOUR_NS, 10 * HOUR_NS, -20 * HOUR_NS, Long.MAX_VALUE / 2, 1 << 20}) {
            nowNs += step;
            sampler.tick(nowNs, 0, 0);
            final int sampled = Ask.sampled(sampler, 1_000, 1);
            assertEquals(step > 1_000_000_000 ? 10 : 0, sampled, "after a step of " + step);
        }
        pass(sampler, 0.5);
        assertEquals(5, Ask.sampled(sampler, 1_000, 1), "continues as before");
    }

    @Test
    void oscillatingClockGivesNothing() {
        final Sampler sampler = limited(10);
        assertEquals(10, Ask.sampled(sampler, 1_000, 1));
        for (int i = 0; i < 1_000; i++) {
            sampler.tick(nowNs - HOUR_NS, 0, 0);
            sampler.tick(nowNs - HOUR_NS, 0, 0);
        }
        assertEquals(0, Ask.sampled(sampler, 1_000, 1));
    }

    @Test
    void limitOfZeroSamplesNothing() {
        final Sampler sampler = limited(0);
        pass(sampler, 100);
        assertEquals(0, Ask.sampled(sampler, 1_000, 1));
    }

    @Test
    void concurrentThreadsTakeNoMoreThanAvailable() throws Exception {
        final Sampler sampler = limited(5_000);
        final ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            final List<Future<Integer>> all = IntStream.range(0, 4)
                    .mapToObj(thread -> threads.submit(() -> Ask.sampled(sampler, 100_000, thread)))
                    .toList();
            int sampled = 0;
            for (Future<Integer> each : all) {
                sampled += each.get();
            }
            assertEquals(5_000, sampled);
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void decisionsHaveNoThresholdWhileTheLimitRefuses() {
        final Sampler sampler = Samplers.limit(10, Samplers.ratio(1));
        sampler.tick(nowNs, 0, 0);
        assertEquals(Decision.sampleAt(0), sampler.decide(null, 0, 1, "x", null));
        Ask.sampled(sampler, 100, 1);
        pass(sampler, 0.1);
        assertEquals(Decision.SAMPLE, sampler.decide(null, 0, 1, "x", null));
        pass(sampler, 0.2);
        assertEquals(Decision.sampleAt(0), sampler.decide(null, 0, 1, "x", null));
    }

    @ParameterizedTest
    @CsvSource({"0, 2, 50", "0.001, 2, 50", "0, 0.5, 3", "0.0001, 10, 1000"})
    void everyOperationGetsItsLowerBound(double rate, double lowerBound, int aTenth) {
        final Sampler sampler = Samplers.atLeast(lowerBound, Map.of(), Samplers.ratio(rate));
        sampler.tick(nowNs, 0, 0);
        final int[] sampled = new int[20];
        for (int i = 0; i < 1_000; i++) {
            for (int symbol = 0; symbol < sampled.length; symbol++) {
                sampled[symbol] += Ask.sampled(sampler, aTenth, 100 * i + symbol, symbol, "operation " + symbol);
            }
            pass(sampler, 0.1);
        }
        for (int each : sampled) {
            assertTrue(each >= 100 * lowerBound, "sampled " + each);
            assertTrue(each <= 100 * lowerBound + Math.max(1, lowerBound) + 2_000 * aTenth * rate, "sampled " + each);
        }
    }

    @Test
    void busyOperationTakesNothingFromARareOne() {
        final Sampler sampler = Samplers.atLeast(1, Map.of(), Samplers.alwaysOff());
        sampler.tick(nowNs, 0, 0);
        assertEquals(1, Ask.sampled(sampler, 100_000, 1, 17, "busy"));
        assertEquals(1, Ask.sampled(sampler, 1, 1, 18, "rare"));
    }

    @Test
    void sampledTracesCountTowardsTheLowerBound() {
        final Sampler sampler = Samplers.atLeast(5, Map.of(), Samplers.ratio(0.5));
        sampler.tick(nowNs, 0, 0);
        for (int i = 0; i < 5; i++) {
            assertTrue(Decision.hasThreshold(sampler.decide(null, Ask.MOST, 1, "x", null)));
        }
        assertEquals(Decision.RECORD, sampler.decide(null, Ask.LEAST, 1, "x", null));
    }

    @Test
    void higherOfOwnAndCommonLowerBoundApplies() {
        final Map<String, OperationRate> operations = Map.of(
                "more", new OperationRate(0, 10), "less", new OperationRate(0, 1), "glob.*", new OperationRate(0, 7));
        final Sampler sampler = Samplers.atLeast(3, operations, Samplers.alwaysOff());
        assertEquals(10, Ask.sampled(sampler, 100, 1, 1, "more"));
        assertEquals(3, Ask.sampled(sampler, 100, 1, 2, "less"));
        assertEquals(7, Ask.sampled(sampler, 100, 1, 3, "glob.one"));
        assertEquals(7, Ask.sampled(sampler, 100, 1, 4, "glob.two"), "each operation separately");
        assertEquals(3, Ask.sampled(sampler, 100, 1, 5, "none of these"));
        final Sampler onlySome = Samplers.atLeast(0, operations, Samplers.alwaysOff());
        assertEquals(10, Ask.sampled(onlySome, 100, 1, 1, "more"));
        assertEquals(0, Ask.sampled(onlySome, 100, 1, 5, "none of these"));
    }

    @Test
    void operationsBeyondTheMaximumShareABound() {
        final Sampler sampler = Samplers.atLeast(1, Map.of(), Samplers.alwaysOff());
        sampler.tick(nowNs, 0, 0);
        int sampled = 0;
        for (int symbol = 0; symbol < 10 * LowerBoundSampler.MAX_OPERATIONS; symbol++) {
            sampled += Ask.sampled(sampler, 3, 1, symbol, "operation " + symbol);
        }
        assertEquals(LowerBoundSampler.MAX_OPERATIONS + 1, sampled);
        pass(sampler, 1);
        assertEquals(1, Ask.sampled(sampler, 3, 1, 0, "operation 0"));
        assertEquals(1, Ask.sampled(sampler, 3, 1, 9_999, "operation 9999"));
        assertEquals(0, Ask.sampled(sampler, 3, 1, Ask.NO_SYMBOL, "a name without a symbol"));
    }

    @Test
    void concurrentThreadsCreateOneBucketPerOperation() throws Exception {
        final int operations =
                LowerBoundSampler.MAX_OPERATIONS - 4; // a thread that creates a surplus bucket holds a place until then
        final ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            final Sampler sampler = Samplers.atLeast(2, Map.of(), Samplers.alwaysOff());
            final List<Future<Integer>> all = IntStream.range(0, 4)
                    .mapToObj(thread -> threads.submit(() -> {
                        int sampled = 0;
                        for (int symbol = 0; symbol < operations; symbol++) {
                            sampled += Ask.sampled(sampler, 4, thread, 31 * symbol, "operation");
                        }
                        return sampled;
                    }))
                    .toList();
            int sampled = 0;
            for (Future<Integer> each : all) {
                sampled += each.get();
            }
            assertEquals(2 * operations, sampled);
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void verySmallBoundIsKept() {
        final Sampler sampler = limited(0.001);
        assertEquals(1, Ask.sampled(sampler, 100, 1));
        pass(sampler, 999);
        assertEquals(0, Ask.sampled(sampler, 100, 1));
        pass(sampler, 1.1);
        assertEquals(1, Ask.sampled(sampler, 100, 1));
        assertFalse(sampler.asksChildren());
    }
}
