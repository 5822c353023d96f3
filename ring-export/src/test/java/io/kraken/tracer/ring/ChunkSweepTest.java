package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What becomes of records and chunks, swept by hand. */
class ChunkSweepTest {

    private static final int CHUNK = SweepRig.CHUNK;
    /** SERVER, as OTLP numbers it; attached ones are INTERNAL, 1. */
    private static final int DETACHED_KIND = 2;

    private static final Duration LOOK = Duration.ofMillis(300);

    private static List<Integer> records(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    // --- chunks that a thread owns

    @Test
    void spansOfAnOwnedChunkAreFoundInTheirOrder() {
        final SweepRig rig = new SweepRig(4).spans(10);
        assertEquals(10, rig.sweep());
        assertEquals(records(0, 10), rig.done);
        assertEquals(0, rig.sweep());
        rig.spans(5).sweep();
        assertEquals(records(10, 15), rig.done);
        assertEquals(15, rig.close().shipped());
    }

    @Test
    void anOwnedChunkIsNotGivenBackWhileItsOwnerMayUseIt() {
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
    void aUsedUpChunkRestsAndThenIsGivenBackWhole() {
        final SweepRig rig = new SweepRig(16);
        int rested = 0;
        for (; rig.freeWord(0) == 0 || rig.uses(CHUNK - 1) == 0; rested++) {
            rig.spans(CHUNK).sweep();
        }
        assertEquals(-1L, rig.freeWord(0));
        assertTrue(rested >= 3, "two others rest behind it");
        rig.circulate();
        assertTrue(rig.uses(0) > 2);
        assertEquals(0, rig.close().dropped());
    }

    @Test
    void chunksGoRoundForEver() {
        final SweepRig rig = new SweepRig(4);
        for (int i = 0; i < 500; i++) {
            rig.spans(37).sweep();
        }
        final Ledger end = rig.close();
        assertEquals(0, end.dropped());
        assertEquals(500 * 37, end.shipped());
    }

    @Test
    void whatAThreadThatDiedHasNotUsedComesBack() throws InterruptedException {
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
    void aThreadThatDiesWithOpenSpansCostsTheirRecordsOnly() throws InterruptedException {
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

    // --- spans that are open for long

    @Test
    void openRecordsStayWhereTheyAreAndTheRestCirculates() {
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
    void aChunkOfNothingButOpenSpansWaitsUntilOneEnds() {
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
    void youngSpansAreLookedAtAtOnceAndOldOnesLessOften() {
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
    void whileTheTracerClosesEveryOpenSpanIsLookedAt() {
        final SweepRig rig = new SweepRig(4);
        final Span old = rig.open();
        rig.sweep();
        rig.sweepAfter(Duration.ofMinutes(1));
        old.end();
        rig.sweep.thorough();
        assertEquals(1, rig.sweep());
        rig.close();
    }

    // --- chunks that threads share

    @Test
    void sharedRecordsAreFoundAndCirculate() {
        final SweepRig rig = new SweepRig(8);
        for (int i = 0; i < 300; i++) {
            rig.detached(50).sweep();
        }
        final Ledger end = rig.close();
        assertEquals(0, end.dropped());
        assertEquals(300 * 50, end.shipped());
    }

    @Test
    void aSharedChunkIsInTheFreeRingOnce() {
        final SweepRig rig = new SweepRig(16);
        for (int i = 0; i < 4000; i++) {
            rig.detached(i * 7 % 256).sweep();
            assertTrue(rig.rings.available() <= 16, "more chunks are free than there are");
        }
        rig.close();
    }

    @Test
    void whatOthersLeftOfASharedChunkAThreadMayOwn() {
        final SweepRig rig = new SweepRig(2).detached(3);
        rig.spans(CHUNK);
        assertEquals(CHUNK + 3, rig.sweep());
        assertEquals(CHUNK + 3, rig.close().shipped());
    }

    @Test
    void attachedAndDetachedSpansOfManyThreadsAreAllFound() throws InterruptedException {
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

    // --- what is not a record of its own

    @Test
    void partsAreTakenWithTheirSpan() {
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
    void spansBehindPartsThatAreTakenAreFoundInTheSameSweep() {
        final SweepRig rig = new SweepRig(16);
        for (int i = 0; i < 20; i++) {
            rig.tracer.start(SweepRig.WORK).set("text", "x".repeat(1000)).end();
        }
        assertEquals(20, rig.sweep());
        assertEquals(20, rig.close().shipped());
    }

    @Test
    void partsOfAnOpenSpanStayWhereTheyAre() {
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
    void largeSpansOfEverySizeGoRound() {
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
        assertEquals(0, end.count(Counter.DROPPED_ENTRIES), "there was always room for all of it");
    }

    @Test
    void spansThatAreNotRecordedGiveTheirRecordsBack() {
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
    void whatTheSinkHasNoRoomForStaysWhereItIs() {
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
    void aRecordIsFreeOnlyOnceTheSinkHasIt() {
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
    void whatIsHeldKeepsItsChunkUntilItIsSafe() {
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

    // --- resting

    @Test
    void aRecordOfADetachedSpanIsNotUsedAgainBeforeThousandsOfOthers() {
        assertNotUsedBefore(ChunkSweep.MOST_RESTING, new SweepRig(512), 512 * CHUNK - 6000, 100, 0);
    }

    @Test
    void notEvenWhereItsChunkIsOwnedMeanwhile() {
        assertNotUsedBefore(ChunkSweep.MOST_RESTING, new SweepRig(512), 512 * CHUNK - 6000, 50, 50);
    }

    @Test
    void ofFewRecordsAQuarterRests() {
        assertNotUsedBefore(8 * CHUNK, new SweepRig(32), 16 * CHUNK, 20, 0);
    }

    @Test
    void aRecordOfAnAttachedSpanIsNotUsedAgainBeforeSome128Others() {
        assertNotUsedBefore(128, new SweepRig(32), 16 * CHUNK, 0, 20);
    }

    /**
     * Among others, some spans that are detached and open for long, which end while the rest of their chunk
     * circulates.
     */
    private static void assertNotUsedBefore(int others, SweepRig rig, int open, int detached, int attached) {
        final List<Span> filling = new ArrayList<>();
        for (int i = 0; i < open; i++) {
            filling.add(rig.open());
        }
        final int least = detached > 0 ? DETACHED_KIND : 0;
        final Map<Integer, Integer> last = new HashMap<>();
        int used = 0;
        for (int round = 0; used < 40_000; round++) {
            rig.spans(attached * (round % 3)).detached(detached * (round * 7 % 5));
            if (round % 3 == 0) {
                filling.get(round % filling.size()).end();
                filling.set(round % filling.size(), rig.open());
            }
            rig.sweepAfter(LOOK);
            for (int record : rig.done) {
                final Integer before = last.remove(record);
                assertTrue(before == null || used - before >= others, "used again: record " + record);
                if (rig.kind(record) >= least) {
                    last.put(record, used);
                }
                used++;
            }
        }
        assertEquals(0, rig.count(Counter.RECORDS_FULL));
        filling.forEach(Span::end);
        rig.close();
    }

    @Test
    void whatRestsIsUsedBeforeASpanIsDropped() {
        final SweepRig rig = new SweepRig(32);
        for (int i = 0; i < 24 * CHUNK; i++) {
            rig.open();
        }
        for (int round = 0; round < 500; round++) {
            rig.detached(50).spans(30).sweep();
        }
        assertEquals(0, rig.count(Counter.RECORDS_FULL));
        assertEquals(24 * CHUNK, rig.close().open());
    }

    // --- spans that are never ended

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static SweepRig abandoning() {
        return new SweepRig(32, SweepRig.config().with(TracerConfig.ABANDON_AFTER, LIMIT));
    }

    @Test
    void openSpansAreLeftAloneWhileThereAreRecords() {
        final SweepRig rig = abandoning();
        for (int i = 0; i < 20 * CHUNK; i++) {
            rig.open();
        }
        rig.sweep();
        rig.sweepAfter(Duration.ofHours(2));
        rig.sweepAfter(LOOK);
        assertEquals(List.of(), rig.abandoned);
        assertEquals(20 * CHUNK, rig.close().open());
    }

    @Test
    void oldOpenSpansAreTakenBackWhenRecordsAreScarce() {
        final SweepRig rig = abandoning();
        final List<Span> forgotten = new ArrayList<>();
        for (int i = 0; i < 31 * CHUNK; i++) {
            forgotten.add(rig.open());
        }
        rig.sweep();
        rig.sweepAfter(LIMIT.minusSeconds(1));
        assertEquals(List.of(), rig.abandoned, "not old enough");
        rig.sweepAfter(Duration.ofSeconds(2));
        final int taken = rig.abandoned.size();
        assertTrue(taken > 0 && taken < 31 * CHUNK, "only as many as are needed: " + taken);
        assertEquals(taken, rig.count(Counter.ABANDONED));
        assertEquals(taken, rig.ledger().taken());
        final long misused = rig.count(Counter.MISUSE_AFTER_END);
        forgotten.forEach(span -> span.set("late", 1).end());
        assertEquals(
                misused + 2L * taken, rig.count(Counter.MISUSE_AFTER_END), "each late call is refused and counted");
        rig.sweepAfter(LOOK);
        assertEquals(0, rig.spans(3 * CHUNK).ledger().dropped());
        final Ledger end = rig.close();
        assertEquals(34 * CHUNK, end.shipped());
        assertEquals(0, end.open());
    }

    @Test
    void youngSpansAreNotTakenBackHoweverScarceRecordsAre() {
        final SweepRig rig = abandoning();
        for (int i = 0; i < 33 * CHUNK; i++) {
            rig.open();
        }
        rig.sweep();
        rig.sweepAfter(LIMIT.dividedBy(2));
        assertEquals(List.of(), rig.abandoned);
        assertEquals(CHUNK, rig.ledger().dropped());
        rig.close();
    }

    @Test
    void anAttachedSpanIsTakenBackOnceItsThreadCannotBeWritingIntoIt() throws InterruptedException {
        final SweepRig rig = abandoning();
        final CountDownLatch started = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        final boolean[] running = {true};
        final Thread thread = new Thread(() -> {
            final Span outermost = rig.tracer.start(SweepRig.WORK);
            rig.tracer.start(SweepRig.WORK);
            started.countDown();
            awaitQuietly(go);
            outermost.end();
        });
        thread.start();
        started.await();
        final int first = IntStream.range(0, 32 * CHUNK)
                .filter(record -> rig.uses(record) == 1)
                .findFirst()
                .getAsInt();
        while (rig.open().isRecording()) {
            running[0] = true;
        }
        rig.sweep();
        Harness.await("the thread to wait", () -> thread.getState() == Thread.State.WAITING);
        rig.sweepAfter(LIMIT.plusSeconds(1));
        for (int i = 0; i < 30 && !rig.abandoned.contains(first); i++) {
            while (rig.open().isRecording()) {
                running[0] = true;
            }
            rig.sweepAfter(LIMIT.plusSeconds(1));
        }
        assertTrue(rig.abandoned.contains(first));
        // Its record may serve another thread's span by now.
        final long misused = rig.count(Counter.MISUSE_AFTER_END) + rig.count(Counter.MISUSE_WRONG_THREAD);
        go.countDown();
        thread.join();
        assertNotEquals(misused, rig.count(Counter.MISUSE_AFTER_END) + rig.count(Counter.MISUSE_WRONG_THREAD));
        rig.ledger();
        rig.close();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
