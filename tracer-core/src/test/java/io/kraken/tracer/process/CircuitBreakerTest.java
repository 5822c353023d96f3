package io.kraken.tracer.process;

import static io.kraken.tracer.file.BreakerState.CLOSED;
import static io.kraken.tracer.file.BreakerState.HALF_OPEN;
import static io.kraken.tracer.file.BreakerState.OPEN;
import static io.kraken.tracer.file.BreakerState.SAMPLED_ONLY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.BreakerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CircuitBreakerTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final long TICK = SECOND / 10;
    private static final long COOL_DOWN = CircuitBreaker.COOL_DOWN_DEFAULT.toNanos();
    private static final long TOP = (1L << 56) - 1;

    private final CircuitBreaker breaker =
            new CircuitBreaker(CircuitBreaker.SAMPLED_THRESHOLD_DEFAULT, CircuitBreaker.THRESHOLD_DEFAULT, COOL_DOWN);
    /** A clock may begin anywhere, and overflow. */
    private long nowNs = Long.MAX_VALUE - 7 * SECOND;

    /** The states entered meanwhile, in order. */
    private List<BreakerState> during(double seconds, double cpu, double occupancy) {
        final List<BreakerState> states = new ArrayList<>(List.of(breaker.state()));
        for (long i = Math.round(seconds * 10); i > 0; i--) {
            nowNs += TICK;
            breaker.tick(nowNs, cpu, occupancy);
            if (breaker.state() != states.get(states.size() - 1)) {
                states.add(breaker.state());
            }
        }
        return states;
    }

    @ParameterizedTest(name = "CPU {0}, records {1}: {2}")
    @CsvSource({
        "0.00, 0.00, 0",
        "0.79, 0.00, 0",
        "0.82, 0.00, 1",
        "0.89, 0.00, 1",
        "0.92, 0.00, 2",
        "1.00, 0.00, 2",
        "0.00, 0.89, 1",
        "0.00, 1.00, 2",
        "0.79, 0.79, 0",
        "7.00, 0.00, 2",
        "NaN, NaN, 0",
        "-1.0, -5.0, 0",
        "NaN, 1.00, 2",
    })
    void followsTheGreaterLoadAfterEnoughTicks(double cpu, double occupancy, int steps) {
        assertEquals(List.of(CLOSED, SAMPLED_ONLY, OPEN).subList(0, steps + 1), during(20, cpu, occupancy));
        assertEquals(steps == 2 ? 1 : 0, breaker.timesOpened());
    }

    @Test
    void leavesTheFirstStepAfterALowLoad() {
        assertEquals(List.of(CLOSED, SAMPLED_ONLY), during(10, 0.85, 0));
        assertTrue(breaker.records(0), "the breaker does not select traces in this state");
        assertEquals(List.of(SAMPLED_ONLY), during(30, 0.85, 0));
        assertEquals(List.of(SAMPLED_ONLY), during(2, 0.1, 0));
        assertEquals(List.of(SAMPLED_ONLY), during(3, 0.89, 0), "the load returns earlier");
        assertEquals(List.of(SAMPLED_ONLY), during(4, 0.1, 0));
        assertEquals(List.of(SAMPLED_ONLY, CLOSED), during(2, 0.1, 0));
        assertEquals(0, breaker.timesOpened());
    }

    @Test
    void returnsToTheFirstStepUnderMediumLoad() {
        assertEquals(List.of(CLOSED, SAMPLED_ONLY, OPEN), during(10, 1, 0));
        assertEquals(List.of(OPEN, HALF_OPEN, SAMPLED_ONLY), during(40, 0.85, 0));
        assertEquals(List.of(SAMPLED_ONLY, OPEN), during(10, 1, 0), "under a growing load");
        assertEquals(List.of(OPEN, HALF_OPEN, CLOSED), during(40, 0.1, 0));
    }

    @Test
    void skipsTheFirstStepIfItsThresholdIsNotLower() {
        breaker.configure(true, CircuitBreaker.SAMPLED_THRESHOLD_DEFAULT);
        assertEquals(List.of(CLOSED), during(10, 0.79, 0));
        assertEquals(List.of(CLOSED, OPEN), during(10, 0.85, 0));
    }

    @Test
    void ignoresPeaks() {
        for (int i = 0; i < 100; i++) {
            assertEquals(List.of(CLOSED), during(0.5, 1, 1));
            assertEquals(List.of(CLOSED), during(1, 0, 0));
        }
    }

    @Test
    void opensCoolsDownProbesAndCloses() {
        assertEquals(List.of(CLOSED, SAMPLED_ONLY, OPEN), during(10, 1, 0));
        assertEquals(List.of(OPEN), during(19, 0, 0));
        assertEquals(List.of(OPEN, HALF_OPEN), during(4, 0.5, 0.5));
        assertEquals(List.of(HALF_OPEN, CLOSED), during(5, 0.5, 0.5));
        assertEquals(1, breaker.timesOpened());
    }

    @Test
    void opensAgainUnderLoadWhileProbing() {
        assertEquals(List.of(CLOSED, SAMPLED_ONLY, OPEN, HALF_OPEN, OPEN, HALF_OPEN, OPEN), during(75, 1, 0));
        assertEquals(3, breaker.timesOpened());
        assertEquals(List.of(OPEN, HALF_OPEN, CLOSED), during(40, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 1, 2.4})
    void probingContinuesUntilANewLoadIsClear(double quiet) {
        during(10, 1, 0);
        while (breaker.state() == OPEN) {
            during(0.1, 0, 0);
        }
        assertEquals(List.of(HALF_OPEN), during(quiet, 0, 0));
        assertEquals(List.of(HALF_OPEN, OPEN), during(4, 1, 1));
    }

    @Test
    void recordsAllNothingOrTheProbeShareByState() {
        assertTrue(breaker.records(0));
        assertTrue(breaker.records(TOP));
        during(5, 1, 0);
        assertFalse(breaker.records(0));
        assertFalse(breaker.records(TOP));
        while (breaker.state() == OPEN) {
            during(0.1, 0, 0);
        }
        final Random random = new Random(1);
        int recorded = 0;
        for (int i = 0; i < 100_000; i++) {
            recorded += breaker.records(random.nextLong() >>> 8) ? 1 : 0;
        }
        final double expected = 100_000 * CircuitBreaker.PROBE_SHARE;
        assertEquals(expected, recorded, 3 * Math.sqrt(expected * (1 - CircuitBreaker.PROBE_SHARE)));
        assertTrue(breaker.records(TOP), "the traces that samplers select");
        assertFalse(breaker.records(0));
    }

    @Test
    void keepsTheCoolDownWhileSwitchedOff() {
        assertEquals(List.of(CLOSED, SAMPLED_ONLY, OPEN), during(5, 1, 0));
        breaker.configure(false, CircuitBreaker.THRESHOLD_DEFAULT);
        assertEquals(List.of(OPEN, CLOSED), during(1, 1, 0));
        assertTrue(breaker.records(0));
        assertEquals(List.of(CLOSED), during(10, 1, 0));
        breaker.configure(true, CircuitBreaker.THRESHOLD_DEFAULT);
        assertEquals(List.of(CLOSED, SAMPLED_ONLY), during(10, 1, 0), "within the cool-down");
        assertEquals(List.of(SAMPLED_ONLY, OPEN), during(10, 1, 0));
    }

    @Test
    void thresholdMayChangeAtRunTime() {
        assertEquals(List.of(CLOSED), during(10, 0.5, 0));
        breaker.configure(true, 0.4);
        assertEquals(List.of(CLOSED, OPEN), during(1, 0.5, 0));
    }

    /** Random loads, clocks that stand still or jump ahead, and switches. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void opensOncePerCoolDownAndClosesWithoutLoad(long seed) {
        final Random random = new Random(seed);
        long openedNs = 0;
        long opened = 0;
        double level = 0;
        for (int i = 0; i < 200_000; i++) {
            nowNs += random.nextInt(50) == 0 ? random.nextLong(5 * SECOND) : random.nextLong(2 * TICK);
            level = random.nextInt(100) == 0 ? random.nextDouble() * 1.5 : level;
            breaker.tick(nowNs, level, random.nextDouble() * level);
            if (random.nextInt(1000) == 0) {
                breaker.configure(random.nextInt(4) != 0, 0.5 + random.nextDouble() / 2);
            }
            if (breaker.timesOpened() != opened) {
                assertEquals(opened + 1, breaker.timesOpened());
                assertEquals(OPEN, breaker.state());
                assertTrue(opened == 0 || nowNs - openedNs >= COOL_DOWN, "too early, after " + (nowNs - openedNs));
                opened = breaker.timesOpened();
                openedNs = nowNs;
            }
            assertEquals(breaker.state() != OPEN, breaker.records(TOP));
            if (i % 10_000 == 0) {
                during((COOL_DOWN + CircuitBreaker.PROBE_NS) / 1e9 + 5, 0, 0);
                assertEquals(CLOSED, breaker.state(), "without load");
            }
        }
        assertTrue(opened > 100, "opened " + opened + " times");
    }
}
