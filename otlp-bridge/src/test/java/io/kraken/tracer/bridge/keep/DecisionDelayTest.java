package io.kraken.tracer.bridge.keep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.queues.HostQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DecisionDelayTest {

    private static final long DELAY = 1600;
    private static final long GRAIN = DELAY / 16;

    @Test
    void releasesNothingBeforeTheFirstDocument() {
        assertEquals(HostQueue.NOTHING, new DecisionDelay(DELAY).passed(1_000_000));
    }

    @Test
    void releasesADocumentWhenItIsDue() {
        final DecisionDelay delay = new DecisionDelay(DELAY);
        delay.seen(7, 1000);
        assertEquals(HostQueue.NOTHING, delay.passed(999));
        assertEquals(7, delay.passed(1000));
        assertEquals(7, delay.passed(5000));
    }

    @Test
    void releasesDocumentsOfOneMarkTogether() {
        final DecisionDelay delay = new DecisionDelay(DELAY);
        delay.seen(1, 1000);
        delay.seen(2, 1000 + GRAIN);
        delay.seen(3, 1001 + GRAIN);
        assertEquals(HostQueue.NOTHING, delay.passed(1000));
        assertEquals(2, delay.passed(1000 + GRAIN));
        assertEquals(3, delay.passed(1001 + GRAIN));
    }

    @Test
    void releasesInOrderEvenIfDueEarlier() {
        final DecisionDelay delay = new DecisionDelay(DELAY);
        delay.seen(1, 1000);
        delay.seen(2, 500);
        assertEquals(HostQueue.NOTHING, delay.passed(999));
        assertEquals(2, delay.passed(1000));
    }

    @Test
    void releasesAtOnceWithoutADelay() {
        final DecisionDelay delay = new DecisionDelay(0);
        for (int i = 0; i < 1000; i++) {
            delay.seen(i, i);
            assertEquals(i, delay.passed(i));
        }
    }

    @Test
    void releasesEverythingOnceAndNeverEarly() {
        final Random random = new Random(1);
        final DecisionDelay delay = new DecisionDelay(DELAY);
        final long[] due = new long[10_000];
        long now = 0;
        long passed = HostQueue.NOTHING;
        for (int i = 0; i < due.length; i++) {
            now += random.nextInt(random.nextInt(100) == 0 ? 1000 : 10);
            due[i] = now + random.nextInt((int) DELAY + 1);
            delay.seen(i, due[i]);
            final long before = passed;
            passed = delay.passed(now);
            assertTrue(passed >= before);
            for (long index = before + 1; index <= passed; index++) {
                assertTrue(due[(int) index] <= now);
            }
        }
        assertEquals(due.length - 1, delay.passed(now + DELAY));
    }
}
