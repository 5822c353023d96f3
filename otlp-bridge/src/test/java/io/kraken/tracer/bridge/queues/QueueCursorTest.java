package io.kraken.tracer.bridge.queues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.queue.BatchReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the cursor with a manual clock, on undamaged and damaged queues. */
class QueueCursorTest {

    private static final long STALL_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long STEP_NS = TimeUnit.MILLISECONDS.toNanos(50);

    @TempDir
    static Path scratch;

    private static SpanDocuments documents;

    @TempDir
    Path root;

    private final BatchReader document = new BatchReader();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(QueueCursor.mostBytes());
    private HostQueue queue;
    private long nowNs;

    @BeforeAll
    static void write() throws IOException {
        documents = new SpanDocuments(scratch, "agent", 30);
    }

    private QueueCursor cursor(Path directory) {
        queue = new HostQueue(directory, null, 1);
        return new QueueCursor(queue, queue.counts(), STALL_NS);
    }

    /** Three cycles of ten documents. */
    private LaidOutQueue threeCycles() throws IOException {
        return new LaidOutQueue(root, documents)
                .append(10)
                .nextCycle()
                .append(10)
                .nextCycle()
                .append(10);
    }

    private List<Long> readNow(QueueCursor cursor) throws IOException {
        final List<Long> numbers = new ArrayList<>();
        while (cursor.next(document, buffer, nowNs)) {
            numbers.addAll(SpanDocuments.numbers(buffer));
        }
        numbers.sort(null);
        return numbers;
    }

    private List<Long> readFor(QueueCursor cursor, int seconds) throws IOException {
        final List<Long> numbers = new ArrayList<>();
        for (long passed = 0; passed < TimeUnit.SECONDS.toNanos(seconds); passed += STEP_NS) {
            nowNs += STEP_NS;
            numbers.addAll(readNow(cursor));
        }
        numbers.sort(null);
        return numbers;
    }

    private void assertCounts(int documents, int skippedCycles, int missingDocuments) {
        assertEquals(documents, queue.counts().get(ReadCount.DOCUMENTS), "documents");
        assertEquals(skippedCycles, queue.counts().get(ReadCount.SKIPPED_CYCLES), "skipped cycles");
        assertEquals(missingDocuments, queue.counts().get(ReadCount.MISSING_DOCUMENTS), "missing documents");
    }

    @Test
    void readsAllCyclesInOrder() throws IOException {
        try (LaidOutQueue laid = threeCycles();
                QueueCursor cursor = cursor(laid.path())) {
            assertEquals(documents.numbers(0, 30), readNow(cursor));
            assertTrue(cursor.isAtEnd());
            assertEquals(LaidOutQueue.cycle(2), cursor.cycle());
            assertCounts(30, 0, 0);
            assertFalse(queue.isDamaged());
        }
    }

    @Test
    void waitsForDocumentsAtTheEndOfALiveQueue() throws IOException {
        try (LaidOutQueue laid = new LaidOutQueue(root, documents).append(5);
                QueueCursor cursor = cursor(laid.path())) {
            assertEquals(documents.numbers(0, 5), readNow(cursor));
            assertEquals(List.of(), readFor(cursor, 60));
            assertTrue(cursor.isAtEnd());
            laid.append(5);
            assertEquals(documents.numbers(5, 10), readNow(cursor));
            laid.nextCycle().append(1);
            assertEquals(documents.numbers(10, 11), readFor(cursor, 1));
            assertCounts(11, 0, 0);
            assertFalse(queue.isDamaged());
        }
    }

    @Test
    void retriesDamageThenSkipsTheRestOfTheCycle() throws IOException {
        final LaidOutQueue laid = threeCycles();
        QueueFiles.breakLength(laid.file(1), 4);
        try (QueueCursor cursor = cursor(laid.dead())) {
            assertEquals(documents.numbers(0, 14), readNow(cursor));
            assertEquals(List.of(), readFor(cursor, 4));
            assertFalse(cursor.isAtEnd());
            assertFalse(queue.isDamaged());
            assertEquals(documents.numbers(20, 30), readFor(cursor, 4));
            assertTrue(cursor.isAtEnd());
            assertTrue(queue.isDamaged());
            assertCounts(24, 1, 6);
        }
    }

    @Test
    void readsLaterCyclesAfterAZeroedRegion() throws IOException {
        final LaidOutQueue laid = threeCycles();
        QueueFiles.zeroFrom(laid.file(0), 3);
        try (QueueCursor cursor = cursor(laid.dead())) {
            assertEquals(documents.numbers(0, 3), readNow(cursor));
            assertEquals(List.of(), readFor(cursor, 4));
            assertFalse(cursor.isAtEnd());
            assertEquals(documents.numbers(10, 30), readFor(cursor, 4));
            assertTrue(cursor.isAtEnd());
            assertCounts(23, 1, 7);
        }
    }

    @Test
    void readsLaterCyclesAfterAnUnfinishedFirstOne() throws IOException {
        final LaidOutQueue laid = threeCycles();
        QueueFiles.write(laid.file(0), 0, new byte[Long.BYTES]);
        try (QueueCursor cursor = cursor(laid.dead())) {
            assertEquals(List.of(), readNow(cursor));
            assertFalse(cursor.isAtEnd());
            assertEquals(documents.numbers(10, 30), readFor(cursor, 8));
            assertTrue(queue.isDamaged());
        }
    }

    @Test
    void doesNotDependOnTheQueuesMetadata() throws IOException {
        final LaidOutQueue laid = threeCycles();
        QueueFiles.write(laid.file(0), 20, (byte) 0xff);
        QueueFiles.write(laid.dead().resolve(QueueFiles.METADATA), 20, (byte) 0xff);
        try (QueueCursor cursor = cursor(laid.path())) {
            assertEquals(documents.numbers(0, 30), readNow(cursor));
            assertTrue(cursor.isAtEnd());
            assertFalse(queue.isDamaged());
        }
    }

    @Test
    void readsAFileThatReappears() throws IOException {
        final LaidOutQueue laid = threeCycles();
        final Path away = root.resolve("away");
        Files.move(laid.dead(), away);
        try (QueueCursor cursor = cursor(laid.path())) {
            assertEquals(List.of(), readFor(cursor, 4));
            assertFalse(cursor.isAtEnd());
            Files.move(away, laid.path());
            assertEquals(documents.numbers(0, 30), readFor(cursor, 2));
            assertFalse(queue.isDamaged());
            assertCounts(30, 0, 0);
        }
    }

    @Test
    void skipsAFileThatStaysAway() throws IOException {
        try (QueueCursor cursor = cursor(root.resolve("nowhere"))) {
            assertEquals(List.of(), readFor(cursor, 4));
            assertFalse(cursor.isAtEnd());
            assertEquals(List.of(), readFor(cursor, 2));
            assertTrue(cursor.isAtEnd());
            assertTrue(queue.counts().get(ReadCount.FAILURES) > 0);
        }
    }

    @Test
    void countsMissingDocuments() throws IOException {
        try (LaidOutQueue laid = new LaidOutQueue(root, documents)
                        .append(5)
                        .leaveOut(3)
                        .append(5)
                        .nextCycle()
                        .leaveOut(1)
                        .append(1);
                QueueCursor cursor = cursor(laid.path())) {
            readNow(cursor);
            assertCounts(11, 0, 4);
        }
    }

    @Test
    void skipsAnInvalidDocument() throws IOException {
        final LaidOutQueue laid = threeCycles();
        QueueFiles.corrupt(laid.file(1), 0);
        try (QueueCursor cursor = cursor(laid.dead())) {
            final List<Long> expected = documents.numbers(0, 10);
            expected.addAll(documents.numbers(11, 30));
            assertEquals(expected, readNow(cursor));
            assertEquals(1, queue.counts().get(ReadCount.REFUSED_DOCUMENTS));
            assertTrue(queue.isDamaged());
            assertTrue(cursor.isAtEnd());
        }
    }

    // --- starting after an index

    /** The index after a number of documents, as a cursor before has reached it. */
    private QueueCursor behind(LaidOutQueue laid, int read) throws IOException {
        final long index;
        try (QueueCursor before = cursor(laid.path())) {
            for (int i = 0; i < read; i++) {
                assertTrue(before.next(document, buffer, nowNs));
            }
            index = before.index();
        }
        final QueueCursor cursor = cursor(laid.path());
        cursor.startAfter(index, read);
        return cursor;
    }

    @Test
    void startsAfterAnIndex() throws IOException {
        for (int read : new int[] {1, 9, 10, 11, 29, 30}) {
            try (LaidOutQueue laid = threeCycles();
                    QueueCursor cursor = behind(laid, read)) {
                assertEquals(documents.numbers(read, 30), readNow(cursor));
                assertCounts(30 - read, 0, 0);
            }
        }
    }

    @Test
    void startsInALaterCycleIfTheOneOfTheIndexIsMissing() throws IOException {
        try (LaidOutQueue laid = threeCycles();
                QueueCursor cursor = behind(laid, 5)) {
            Files.delete(laid.file(0));
            assertEquals(documents.numbers(10, 30), readFor(cursor, 1));
            assertCounts(20, 0, 5);
        }
    }

    @Test
    void readsNothingTwiceIfTheDocumentOfTheIndexIsDamaged() throws IOException {
        try (LaidOutQueue laid = threeCycles()) {
            final QueueCursor cursor = behind(laid, 5);
            QueueFiles.breakLength(laid.file(0), 4);
            assertEquals(documents.numbers(10, 30), readFor(cursor, 12));
            assertTrue(queue.isDamaged());
            cursor.close();
        }
    }

    @Test
    void readsNothingTwiceIfTheDocumentOfTheIndexIsZeroed() throws IOException {
        try (LaidOutQueue laid = threeCycles()) {
            final QueueCursor cursor = behind(laid, 5);
            QueueFiles.zero(laid.file(0), 4);
            assertEquals(documents.numbers(10, 30), readFor(cursor, 12));
            assertTrue(queue.isDamaged());
            cursor.close();
        }
    }

    @Test
    void readsNothingAfterAnIndexBeyondTheQueue() throws IOException {
        final LaidOutQueue laid = threeCycles();
        try (QueueCursor cursor = cursor(laid.dead())) {
            cursor.startAfter((long) LaidOutQueue.cycle(7) << Integer.SIZE, 99);
            assertEquals(List.of(), readFor(cursor, 12));
            assertTrue(cursor.isAtEnd());
            assertTrue(queue.isDamaged());
        }
    }

    @Test
    void readsNoCycleAfterTheLimit() throws IOException {
        try (LaidOutQueue laid = threeCycles();
                QueueCursor cursor = cursor(laid.path())) {
            int read = 0;
            while (cursor.next(document, buffer, nowNs, LaidOutQueue.cycle(0))) {
                read++;
            }
            assertEquals(10, read);
            assertEquals(LaidOutQueue.cycle(1), cursor.cycle());
            assertEquals(documents.numbers(10, 30), readNow(cursor));
            assertCounts(30, 0, 0);
        }
    }

    // --- directories without a queue

    @Test
    void treatsADirectoryWithoutQueueAsEmptyNotDamaged() throws IOException {
        try (QueueCursor cursor = cursor(Files.createDirectory(root.resolve("empty")))) {
            assertEquals(List.of(), readFor(cursor, 30));
            assertTrue(cursor.isAtEnd());
            assertFalse(queue.isDamaged());
        }
    }

    @Test
    void waitsForAQueueThatIsCreatedLate() throws IOException {
        final LaidOutQueue laid = threeCycles();
        final Path late = Files.createDirectory(root.resolve("late"));
        try (QueueCursor cursor = cursor(late)) {
            readFor(cursor, 30);
            Files.move(
                    laid.dead().resolve(laid.file(0).getFileName()),
                    late.resolve(laid.file(0).getFileName()));
            assertEquals(documents.numbers(0, 10), readFor(cursor, 2));
            assertFalse(queue.isDamaged());
        }
    }
}
