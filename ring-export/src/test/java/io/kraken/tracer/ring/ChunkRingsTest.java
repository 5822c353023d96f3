package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.RecordSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class ChunkRingsTest {

    /** Not a power of two. */
    private static final int CHUNKS = 28;

    private static final int SHORT_AT = 6;
    private static final int WARM = 8;

    private final AtomicInteger nudges = new AtomicInteger();
    private final ChunkRings rings = new ChunkRings(CHUNKS, SHORT_AT, nudges::incrementAndGet);

    private void giveAll() {
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            rings.give(chunk);
        }
    }

    private List<Integer> claimAll() {
        final List<Integer> claimed = new ArrayList<>();
        for (int chunk = rings.claim(); chunk != RecordSink.NONE; chunk = rings.claim()) {
            claimed.add(chunk);
        }
        return claimed;
    }

    @Test
    void claimsChunksInOrderOfGiving() {
        assertEquals(RecordSink.NONE, rings.claim());
        for (int round = 0; round < 100; round++) {
            final List<Integer> given = new ArrayList<>();
            for (int i = 0; i < CHUNKS; i++) {
                given.add((i * 5 + round) % CHUNKS);
                rings.give(given.get(i));
            }
            assertEquals(CHUNKS, rings.available());
            assertEquals(given, claimAll());
            assertEquals(0, rings.available());
        }
    }

    @Test
    void positionIsPassedOnceChunkIsClaimed() {
        final long first = rings.give(3);
        final long second = rings.give(4);
        assertFalse(rings.isPassed(first));
        rings.claim();
        assertTrue(rings.isPassed(first));
        assertFalse(rings.isPassed(second));
    }

    @Test
    void sharedChunksStayInRingAndSpreadOverItsHead() {
        assertEquals(RecordSink.NONE, rings.share(0));
        giveAll();
        for (int number = -8; number < 8; number++) {
            assertEquals(Math.floorMod(number, ChunkRings.SPREAD), rings.share(number));
        }
        assertEquals(CHUNKS, rings.available());
    }

    @Test
    void sharesHeadWhenFewChunksAreLeft() {
        rings.give(7);
        rings.give(8);
        final int[] shared = {7, 8, 7, 7};
        for (int number = 0; number < ChunkRings.SPREAD; number++) {
            assertEquals(shared[number], rings.share(number));
        }
    }

    @Test
    void passesOnlyTheChunkAtTheHead() {
        giveAll();
        rings.pass(1);
        assertEquals(CHUNKS, rings.available());
        rings.pass(0);
        assertEquals(CHUNKS - 1, rings.available());
        rings.pass(0);
        assertEquals(CHUNKS - 1, rings.available(), "another thread has passed it already");
        assertEquals(1, rings.claim());
    }

    @Test
    void reportsUsedUpChunksInOrderWhenChunksAreScarce() {
        for (int round = 0; round < 50; round++) {
            for (int chunk = 0; chunk < 5; chunk++) {
                rings.usedUp(chunk);
            }
            for (int chunk = 0; chunk < 5; chunk++) {
                assertEquals(chunk, rings.nextUsedUp());
            }
            assertEquals(RecordSink.NONE, rings.nextUsedUp());
        }
    }

    @Test
    void fullUsedUpRingDropsTheNewest() {
        for (int i = 0; i < 1000; i++) {
            rings.usedUp(i);
        }
        int next = 0;
        for (int chunk = rings.nextUsedUp(); chunk != RecordSink.NONE; chunk = rings.nextUsedUp()) {
            assertEquals(next++, chunk);
        }
        assertTrue(next >= CHUNKS && next < 1000, "found " + next);
        rings.usedUp(77);
        assertEquals(77, rings.nextUsedUp());
    }

    @Test
    void wakesExporterWhenChunksAreScarce() {
        giveAll();
        for (int i = 0; i < CHUNKS - SHORT_AT; i++) {
            assertFalse(rings.isShort());
            rings.claim();
            rings.usedUp(i);
            assertEquals(0, nudges.get(), "chunks claimed: " + i);
        }
        assertEquals(RecordSink.NONE, rings.nextUsedUp(), "chunks are not scarce");
        rings.claim();
        assertTrue(rings.isShort());
        assertEquals(1, nudges.get());
        rings.usedUp(77);
        assertEquals(77, rings.nextUsedUp());
        claimAll();
        assertTrue(nudges.get() > 1);
    }

    @Test
    void keepsAFewChunksWarm() {
        giveAll();
        final List<Integer> used = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            used.add(rings.claim());
            rings.give(used.get(i));
        }
        assertEquals(WARM, used.stream().distinct().count());
        assertEquals(CHUNKS, rings.available());
        assertEquals(CHUNKS, claimAll().stream().distinct().count(), "the other chunks are available when needed");
    }

    @Test
    void wakesExporterWhenNoChunkIsFound() {
        rings.claim();
        assertEquals(1, nudges.get());
        rings.share(0);
        assertEquals(2, nudges.get());
    }

    @Test
    void passingWakesExporter() {
        giveAll();
        for (int chunk = 0; chunk <= CHUNKS - SHORT_AT; chunk++) {
            assertEquals(0, nudges.get());
            rings.pass(chunk);
        }
        assertEquals(1, nudges.get());
        assertEquals(CHUNKS - SHORT_AT, rings.nextUsedUp());
    }

    /** Threads claim chunks and one returns them: no chunk is owned by two threads at a time, and none is lost. */
    @Test
    void noChunkIsClaimedTwiceOrLost() throws InterruptedException {
        final AtomicIntegerArray owners = new AtomicIntegerArray(CHUNKS);
        final AtomicInteger twice = new AtomicInteger();
        final AtomicInteger claims = new AtomicInteger();
        final ConcurrentLinkedQueue<Integer> used = new ConcurrentLinkedQueue<>();
        final int goal = 200_000;
        final Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                while (claims.get() < goal) {
                    final int chunk = rings.claim();
                    if (chunk == RecordSink.NONE) {
                        Thread.onSpinWait();
                        continue;
                    }
                    claims.incrementAndGet();
                    twice.addAndGet(owners.getAndIncrement(chunk));
                    owners.decrementAndGet(chunk);
                    used.add(chunk);
                    rings.usedUp(chunk);
                }
            });
        }
        giveAll();
        for (Thread thread : threads) {
            thread.start();
        }
        while (claims.get() < goal) {
            final Integer chunk = used.poll();
            if (chunk != null) {
                rings.give(chunk);
            }
            rings.nextUsedUp();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        used.forEach(rings::give);
        assertEquals(0, twice.get());
        assertEquals(CHUNKS, rings.available());
        assertEquals(CHUNKS, claimAll().stream().distinct().count());
    }
}
