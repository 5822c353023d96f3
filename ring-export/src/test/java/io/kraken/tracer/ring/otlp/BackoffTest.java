package io.kraken.tracer.ring.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private static final long FIRST = 1000;
    private static final long LONGEST = 30_000;

    private final Backoff backoff = new Backoff(FIRST, LONGEST, 8);
    private long now = Long.MAX_VALUE - 5000; // near the overflow: System.nanoTime may start anywhere

    /** The time until a single request is allowed. */
    private long pause() {
        long waited = 0;
        while (!backoff.allows(0, now)) {
            now++;
            waited++;
        }
        return waited;
    }

    private int allowed() {
        int allowed = 0;
        while (backoff.allows(allowed, now)) {
            allowed++;
        }
        return allowed;
    }

    @Test
    void allowsTheMaximumInFlightWithoutFailures() {
        assertEquals(8, allowed());
        backoff.answered();
        assertEquals(8, allowed());
    }

    @Test
    void growsEachPauseUpToTheMaximum() {
        double expected = FIRST;
        for (int i = 0; i < 20; i++) {
            backoff.failed(now, 0);
            final long pause = pause();
            assertTrue(pause >= expected && pause <= expected * 1.21, () -> "a pause of " + pause);
            expected = Math.min(LONGEST, Math.floor(expected * 1.5));
        }
    }

    @Test
    void jittersPauses() {
        final Set<Long> pauses = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            backoff.failed(now, 0);
            pauses.add(pause());
            backoff.answered();
        }
        assertTrue(pauses.size() > 1, pauses.toString());
    }

    @Test
    void ignoresFurtherFailuresDuringAPause() {
        backoff.failed(now, 0);
        final long begun = now;
        now += 10;
        backoff.failed(now, 0);
        pause();
        assertTrue(now - begun <= FIRST * 1.21);
        backoff.failed(now, 0);
        assertTrue(pause() <= FIRST * 1.5 * 1.21);
    }

    @Test
    void extendsThePauseWhenTheDestinationAsks() {
        backoff.failed(now, 50_000);
        isAsked(50_000, pause());
        backoff.failed(now, 0);
        backoff.failed(now, 60_000);
        isAsked(60_000, pause());
    }

    private static void isAsked(long asked, long pause) {
        assertTrue(pause >= asked && pause <= asked * 1.21, () -> "a pause of " + pause);
    }

    @Test
    void probesWithOneRequestThenDoublesWithEachAnswer() {
        backoff.failed(now, 0);
        pause();
        assertEquals(1, allowed());
        backoff.answered();
        assertEquals(2, allowed());
        backoff.answered();
        assertEquals(4, allowed());
        backoff.answered();
        backoff.answered();
        assertEquals(8, allowed());
    }

    @Test
    void resetsThePauseAfterAnAnswer() {
        for (int i = 0; i < 10; i++) {
            backoff.failed(now, 0);
            pause();
        }
        backoff.answered();
        backoff.failed(now, 0);
        assertTrue(pause() <= FIRST * 1.21);
    }
}
