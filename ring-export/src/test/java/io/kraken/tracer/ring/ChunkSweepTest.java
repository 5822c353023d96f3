package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CoreAccess;
import io.kraken.tracer.Span;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests of {@link ChunkSweep}, which the test runs by hand. */
class ChunkSweepTest {

    private static final int CHUNK = SweepRig.CHUNK;
    private static final Duration LOOK = Duration.ofMillis(300);

    private static List<Integer> records(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    // --- chunks owned by a thread

    @Test
    void findsSpansOfOwnedChunkInOrder() {
        final SweepRig rig = new SweepRig(4).spans(10);
        assertEquals(10, rig.sweep());
        assertEquals(records(0, 10), rig.done);
        assertEquals(0, rig.sweep());
        rig.spans(5).sweep();
        assertEquals(records(10, 15), rig.done);
        assertEquals(15, rig.close().shipped());
    }

    @Test
    void failedStartsHideLaterSpansOnlyBriefly() {
        final SweepRig rig = new SweepRig(4).spans(1);
        CoreAccess.failStart(rig.tracer);
        CoreAccess.failStart(rig.tracer);
        rig.spans(10);
        int found = 0;
        for (int looks = 0; looks < 4; looks++) {
            found += rig.sweepAfter(LOOK);
        }
        assertEquals(11, found);
        assertEquals(11, rig.close().shipped());
    }

    @Test
    void doesNotReuseAbandonedRecordEvenWhenScarce() {
        final SweepRig rig = new SweepRig(8, SweepRig.config().with(TracerConfig.ABANDON_AFTER, Duration.ofSeconds(1)));
        final Span forgotten = rig.open();
        final int record = CoreAccess.record(forgotten);
        rig.sweep();
        rig.sweepAfter(Duration.ofSeconds(2));
        for (int round = 0; round < 20; round++) {
            final List<Span> open = new ArrayList<>();
            for (Span span = rig.open(); span != Span.NOOP; span = rig.open()) {
                open.add(span);
            }
            rig.sweepAfter(LOOK);
            open.forEach(Span::end);
            rig.sweep();
        }
        assertEquals(1, rig.count(Counter.ABANDONED));
        assertEquals(1, rig.uses(record));
        forgotten.error("late").end();
        assertEquals(2, rig.count(Counter.MISUSE_AFTER_END));
        rig.close();
    }

    @Test
    void keepsOwnedChunkWhileItsOwnerMayUseIt() {
        final SweepRig rig = new SweepRig(8).spans(CHUNK - 1);
        for (int i = 0; i < 100; i++) {
            rig.detached(CHUNK).sweepAfter(LOOK);
            assertEquals(0, rig.freeWord(0));
        }
        assertEquals(1, rig.uses(0));
        rig.spans(1).sweep();
        assertTrue(rig.done.contains(CHUNK - 1));
        rig.circulate();
        assertEquals(0, rig.close().dropped());
    }

    @Test
    void usedUpChunkRestsAndIsThenReturnedWhole() {
        final SweepRig rig = new SweepRig(16);
        int rested = 0;
        for (; rig.freeWord(0) == 0 || rig.uses(CHUNK - 1) == 0; rested++) {
            rig.spans(CHUNK).sweep();
        }
        assertEquals(-1L, rig.freeWord(0));
        assertTrue(rested >= 3, "two other chunks rest after it");
        rig.circulate();
        assertTrue(rig.uses(0) > 2);
        assertEquals(0, rig.close().dropped());
    }

    @Test
    void reusesChunksIndefinitely() {
        final SweepRig rig = new SweepRig(4);
        for (int i = 0; i < 500; i++) {
            rig.spans(37).sweep();
        }
        final Ledger end = rig.close();
        assertEquals(0, end.dropped());
        assertEquals(500 * 37, end.shipped());
    }

    @Test
    void reclaimsUnusedRecordsOfDeadThread() throws InterruptedException {
        final SweepRig rig = new SweepRig(4);
        runAndDie(() -> rig.spans(5));
        rig.sweep();
        assertEquals(records(0, 5), rig.done);
        Harness.await("the thread to be collected", () -> {
            System.gc();
            rig.circulate();
            return rig.uses(CHUNK - 1) > 1;
        });
        assertEquals(0, rig.close().open());
    }

    @Test
    void deadThreadKeepsOnlyRecordsOfItsOpenSpans() throws InterruptedException {
        final SweepRig rig = new SweepRig(4);
        runAndDie(() -> {
            rig.tracer.start(SweepRig.WORK);
            rig.tracer.start(SweepRig.WORK);
        });
        Harness.await("the thread to be collected", () -> {
            System.gc();
            rig.circulate();
            return rig.uses(2) > 1;
        });
        assertEquals(1, rig.uses(0));
        assertEquals(1, rig.uses(1));
        assertEquals(2, rig.close().open());
    }

    private static void runAndDie(Runnable work) throws InterruptedException {
        final Thread thread = new Thread(work);
        thread.start();
        thread.join();
    }

    // --- long-lived spans

    @Test
    void openRecordsStayAndOthersCirculate() {
        final SweepRig rig = new SweepRig(4);
        final Span slow = rig.tracer.start(SweepRig.WORK);
        rig.circulate();
        assertEquals(1, rig.uses(0));
        assertTrue(rig.uses(1) > 2);
        assertEquals(0, rig.count(Counter.RECORDS_FULL));
        rig.spans(3 * CHUNK).sweep();
        slow.end();
        rig.sweepAfter(LOOK);
        assertTrue(rig.done.contains(0));
        rig.circulate();
        assertTrue(rig.uses(0) > 2, "it circulates again");
        assertEquals(0, rig.close().open());
    }

    @Test
    void chunkOfOpenSpansWaitsUntilOneEnds() {
        final SweepRig rig = new SweepRig(4);
        final List<Span> open = new ArrayList<>();
        for (int i = 0; i < CHUNK; i++) {
            open.add(rig.tracer.start(SweepRig.WORK));
        }
        rig.circulate();
        assertEquals(1, rig.uses(CHUNK - 1));
        open.get(CHUNK - 1).end();
        rig.sweepAfter(LOOK);
        rig.circulate();
        assertTrue(rig.uses(CHUNK - 1) > 1);
        assertEquals(1, rig.uses(CHUNK - 2));
        for (int i = CHUNK - 2; i >= 0; i--) {
            open.get(i).end();
        }
        assertEquals(0, rig.close().open());
    }

    @Test
    void checksYoungSpansAtOnceAndOldOnesLessOften() {
        final SweepRig rig = new SweepRig(4);
        final Span old = rig.open();
        rig.sweep();
        rig.sweepAfter(Duration.ofMinutes(1));
        old.end();
        assertEquals(0, rig.sweep());
        assertEquals(1, rig.sweepAfter(LOOK));
        final Span young = rig.open();
        rig.sweep();
        young.end();
        assertEquals(1, rig.sweepAfter(Duration.ofMillis(20)));
        rig.close();
    }

    @Test
    void checksEveryOpenSpanWhileClosing() {
        final SweepRig rig = new SweepRig(4);
        final Span old = rig.open();
        rig.sweep();
        rig.sweepAfter(Duration.ofMinutes(1));
        old.end();
        rig.sweep.thorough();
        assertEquals(1, rig.sweep());
        rig.close();
    }

    // --- chunks shared by threads

    @Test
    void findsAndReusesSharedRecords() {
        final SweepRig rig = new SweepRig(8);
        for (int i = 0; i < 300; i++) {
            rig.detached(50).sweep();
        }
        final Ledger end = rig.close();
        assertEquals(0, end.dropped());
        assertEquals(300 * 50, end.shipped());
    }

    @Test
    void sharedChunkIsInFreeRingOnce() {
        final SweepRig rig = new SweepRig(16);
        for (int i = 0; i < 4000; i++) {
            rig.detached(i * 7 % 256).sweep();
            assertTrue(rig.rings.available() <= 16, "more chunks are free than exist");
        }
        rig.close();
    }

    @Test
    void threadMayOwnTheRestOfASharedChunk() {
        final SweepRig rig = new SweepRig(2).detached(3);
        rig.spans(CHUNK);
        assertEquals(CHUNK + 3, rig.sweep());
        assertEquals(CHUNK + 3, rig.close().shipped());
    }

    @Test
    void findsAttachedAndDetachedSpansOfManyThreads() throws InterruptedException {
        final SweepRig rig = new SweepRig(64);
        final Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                for (int i = 0; i < 20_000; i++) {
                    final Span detached = rig.open();
                    rig.spans(1);
                    detached.end();
                }
            });
            threads[t].start();
        }
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                rig.sweepAfter(Duration.ofMillis(5));
            }
            thread.join();
        }
        final Ledger end = rig.close();
        assertEquals(160_000, end.started());
        assertEquals(160_000, end.shipped() + end.dropped());
    }

    // --- parts and spans that are not recorded

    @Test
    void takesPartsWithTheirSpan() {
        final SweepRig rig = new SweepRig(4);
        final Span large = rig.tracer.start(SweepRig.WORK);
        large.set("text", "x".repeat(1000));
        rig.sweep();
        assertEquals(0, rig.count(Counter.PARTS_TAKEN));
        large.end();
        rig.spans(1).sweepAfter(LOOK);
        assertEquals(2, rig.done.size());
        final int payload = 256 - RecordLayout.PART_HEADER_LENGTH;
        final long parts = (RecordLayout.HEADER_LENGTH + 1000 - 256 + payload) / payload;
        assertEquals(parts, rig.count(Counter.PARTS_TAKEN));
        rig.circulate();
        assertTrue(rig.uses(1) > 2, "the parts' records circulate again");
        assertEquals(0, rig.count(Counter.RECORDS_FULL));
        rig.close();
    }

    @Test
    void findsSpansAfterTakenPartsInTheSameSweep() {
        final SweepRig rig = new SweepRig(16);
        for (int i = 0; i < 20; i++) {
            rig.tracer.start(SweepRig.WORK).set("text", "x".repeat(1000)).end();
        }
        assertEquals(20, rig.sweep());
        assertEquals(20, rig.close().shipped());
    }

    @Test
    void keepsPartsOfOpenSpan() {
        final SweepRig rig = new SweepRig(4);
        final Span large = rig.open();
        large.set("text", "x".repeat(3000));
        rig.circulate();
        final Ledger open = rig.ledger();
        assertEquals(1, open.open());
        assertEquals(0, rig.count(Counter.PARTS_TAKEN));
        large.end();
        rig.sweepAfter(LOOK);
        assertTrue(rig.count(Counter.PARTS_TAKEN) > 10);
        rig.circulate();
        assertEquals(0, rig.close().open());
    }

    @Test
    void reusesRecordsOfLargeSpansOfEverySize() {
        final SweepRig rig = new SweepRig(16);
        for (int i = 0; i < 2000; i++) {
            rig.tracer
                    .start(SweepRig.WORK)
                    .set("text", "x".repeat(i * 7 % 9000))
                    .end();
            final Span detached = rig.open();
            detached.set("text", "x".repeat(i * 11 % 9000)).end();
            rig.sweepAfter(LOOK);
        }
        final Ledger end = rig.close();
        assertEquals(4000, end.shipped());
        assertEquals(0, end.count(Counter.DROPPED_ENTRIES), "no entry was dropped for lack of room");
    }

    @Test
    void unrecordedSpansReturnTheirRecords() {
        final SweepRig rig = new SweepRig(
                8,
                SweepRig.config()
                        .with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED)
                        .with(TracerConfig.SAMPLER, "always_off"));
        for (int i = 0; i < 100; i++) {
            assertEquals(50, rig.spans(20).detached(30).sweep());
            assertEquals(List.of(), rig.done);
        }
        assertEquals(5000, rig.count(Counter.PASSED_TAKEN));
        final Ledger end = rig.close();
        assertEquals(5000, end.unrecorded());
        assertEquals(0, end.dropped());
    }

    // --- the sink

    @Test
    void keepsRecordsThatSinkHasNoRoomFor() {
        final SweepRig rig = new SweepRig(4);
        rig.room = 3;
        rig.spans(10);
        assertEquals(3, rig.sweep());
        assertEquals(0, rig.sweep());
        final Ledger full = rig.ledger();
        assertEquals(10, full.inChunks());
        assertEquals(0, full.taken());
        final List<Integer> found = new ArrayList<>();
        while (!rig.held.isEmpty()) {
            found.addAll(rig.held);
            rig.release();
            rig.sweep();
        }
        assertEquals(records(0, 10), found.stream().sorted().toList());
        assertEquals(10, rig.close().shipped());
    }

    @Test
    void freesRecordOnlyOnceSinkHasIt() {
        final SweepRig rig = new SweepRig(4);
        rig.room = Integer.MAX_VALUE;
        rig.spans(4 * CHUNK).sweep();
        assertEquals(4 * CHUNK, rig.held.size());
        rig.spans(100).detached(100).sweep();
        final Ledger full = rig.ledger();
        assertEquals(200, full.count(Counter.RECORDS_FULL));
        assertEquals(4 * CHUNK, full.inChunks());
        for (int record = 0; record < 4 * CHUNK; record++) {
            assertEquals(1, rig.uses(record));
        }
        rig.release();
        rig.sweep();
        rig.spans(CHUNK).sweep();
        final Ledger end = rig.close();
        assertEquals(5 * CHUNK, end.shipped());
        assertEquals(200, end.dropped());
    }

    @Test
    void heldRecordKeepsItsChunkUntilTaken() {
        final SweepRig rig = new SweepRig(8);
        rig.room = 1;
        rig.spans(2 * CHUNK).sweep();
        final int held = rig.held.get(0);
        rig.room = Integer.MAX_VALUE;
        for (int i = 0; i < 50; i++) {
            rig.spans(10).sweep();
            final List<Integer> all = new ArrayList<>(rig.held);
            rig.held.removeIf(record -> record == held);
            rig.release();
            if (all.contains(held)) {
                rig.held.add(held);
            }
        }
        assertEquals(1, rig.uses(held));
        assertEquals(0, rig.freeWord(SpanFileLayout.chunkOf(held)));
        assertEquals(0, rig.close().buffered());
    }
}
