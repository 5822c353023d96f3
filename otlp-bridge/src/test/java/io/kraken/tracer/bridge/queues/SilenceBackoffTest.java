package io.kraken.tracer.bridge.queues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SilenceBackoffTest {

    private final SilenceBackoff backoff = new SilenceBackoff(1, 250);

    /** The time from a check until the next one is due. */
    private long pauseAfter(boolean isActive, long nowNs) {
        backoff.checked(isActive, nowNs);
        long pause = 0;
        while (!backoff.isDue(nowNs + pause)) {
            pause++;
        }
        return pause;
    }

    @Test
    void growsWithTheSilenceUpToTheLongestInterval() {
        assertTrue(backoff.isDue(Long.MIN_VALUE));
        assertEquals(1, pauseAfter(true, 1000));
        assertEquals(1, pauseAfter(false, 1016));
        assertEquals(97, pauseAfter(false, 2600));
        assertEquals(246, pauseAfter(false, 1_000_000));
    }

    @Test
    void startsAnewWhenSomethingHappens() {
        pauseAfter(true, 0);
        assertEquals(246, pauseAfter(false, 1_000_000));
        assertEquals(1, pauseAfter(true, 1_000_250));
        assertEquals(1, pauseAfter(false, 1_000_260));
    }

    @Test
    void isDueAtOnceAfterWake() {
        pauseAfter(true, 0);
        backoff.checked(false, 1_000_000);
        assertFalse(backoff.isDue(1_000_001));
        backoff.wake();
        assertTrue(backoff.isDue(1_000_001));
    }
}
