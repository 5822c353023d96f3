package io.kraken.tracer.bridge.keep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TraceSetTest {

    private static final long KEEP_NS = 1000;

    private static TraceSet set(int ids) {
        return new TraceSet(ids, KEEP_NS, 42, 0);
    }

    @Test
    void remembersAnIdForItsTimeToLive() {
        final TraceSet set = set(100);
        set.add(1, 2, 10);
        assertTrue(set.contains(1, 2, 10 + KEEP_NS - 1));
    }

    @Test
    void evictsAnIdWithoutLookUps() {
        final TraceSet set = set(100);
        set.add(1, 2, 10);
        set.add(3, 4, KEEP_NS + 10);
        set.add(5, 6, 2 * KEEP_NS + 20);
        assertFalse(set.contains(1, 2, 2 * KEEP_NS + 20));
        assertTrue(set.contains(3, 4, 2 * KEEP_NS + 20));
    }

    @Test
    void keepsAnIdThatIsLookedUp() {
        final TraceSet set = set(100);
        set.add(1, 2, 0);
        for (long now = 0; now < 20 * KEEP_NS; now += KEEP_NS / 2) {
            assertTrue(set.contains(1, 2, now));
        }
    }

    @Test
    void evictsEverythingAfterALongPause() {
        final TraceSet set = set(100);
        set.add(1, 2, 0);
        assertFalse(set.contains(1, 2, 5 * KEEP_NS));
        assertEquals(0, set.size());
    }

    @Test
    void ignoresAnAllZeroId() {
        final TraceSet set = set(100);
        set.add(0, 0, 0);
        assertFalse(set.contains(0, 0, 0));
        assertEquals(0, set.size());
    }

    @Test
    void distinguishesIdsThatShareOneHalf() {
        final TraceSet set = set(100);
        set.add(1, 0, 0);
        set.add(0, 1, 0);
        assertTrue(set.contains(1, 0, 0));
        assertTrue(set.contains(0, 1, 0));
        assertFalse(set.contains(1, 1, 0));
        assertFalse(set.contains(0, 2, 0));
    }

    @Test
    void evictsAndCountsTheOldestBeyondTheMaximum() {
        final TraceSet set = set(1000);
        for (int i = 1; i <= 1500; i++) {
            set.add(i, i, 0);
            assertTrue(set.size() <= 1000);
        }
        assertEquals(500, set.forgottenEarly());
        assertFalse(set.contains(1, 1, 0));
        assertFalse(set.contains(500, 500, 0));
        for (int i = 501; i <= 1500; i++) {
            assertTrue(set.contains(i, i, 0), "id " + i);
        }
    }

    @Test
    void behavesLikeASetWithoutEvictions() {
        final Random random = new Random(7);
        final TraceSet set = set(20_000);
        final Set<Long> expected = new HashSet<>();
        for (int i = 0; i < 100_000; i++) {
            final long low = random.nextInt(16_000) + 1;
            if (random.nextBoolean() && expected.size() < 9_000) {
                set.add(low << 48, low, 0);
                expected.add(low);
            }
            assertEquals(expected.contains(low), set.contains(low << 48, low, 0));
        }
        assertEquals(expected.size(), set.size());
        assertEquals(0, set.forgottenEarly());
    }
}
