package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChronicleStoreTest {

    private static final int ROUNDS = 8;

    private static final int SECONDS = 20;
    private static final long PERIOD_MS = SECONDS * 1000;
    private static final long NOON = 1_800_014_400_000L;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(NOON);
    private final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);

    private QueueAppender appender() throws QueueException {
        return ChronicleStore.append(directory, SECONDS, clock::get);
    }

    @Test
    void readsDocumentsBackInOrder() throws QueueException {
        try (QueueAppender appender = appender();
                QueueTailer tailer = Queues.read(directory)) {
            assertEquals(0, tailer.read(into));
            assertEquals(QueueTailer.NO_INDEX, tailer.index());
            long before = QueueTailer.NO_INDEX;
            for (int i = 1; i < 300; i++) {
                final long index = Documents.append(appender, i);
                assertTrue(index > before);
                before = index;
                assertEquals(i, Documents.read(tailer, into));
                assertEquals(index, tailer.index());
                assertEquals(0, tailer.read(into));
            }
        }
    }

    @Test
    void acceptsLargestDocumentAndRejectsLargerOne() throws QueueException {
        final ByteBuffer large = ByteBuffer.allocateDirect(Queues.MOST_BYTES + 1);
        try (QueueAppender appender = appender();
                QueueTailer tailer = Queues.read(directory)) {
            for (int i = 0; i < 20; i++) {
                large.putInt(Queues.MOST_BYTES - Integer.BYTES, i);
                appender.append(large, 0, Queues.MOST_BYTES);
                assertEquals(Queues.MOST_BYTES, tailer.read(into));
                assertEquals(i, into.getInt(Queues.MOST_BYTES - Integer.BYTES));
            }
            assertThrows(IllegalArgumentException.class, () -> appender.append(large, 0, large.capacity()));
            assertThrows(IllegalArgumentException.class, () -> appender.append(large, 0, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> appender.append(large, 2, large.capacity()));
            Documents.append(appender, 7);
            assertEquals(7, Documents.read(tailer, into));
        }
    }

    /** Documents of different lengths, so that some cross the borders of mapped blocks. */
    @Test
    void readsDocumentsAcrossMappedBlocks() throws QueueException {
        final ByteBuffer out = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
        try (QueueAppender appender = appender();
                QueueTailer tailer = Queues.read(directory)) {
            for (int i = 0; i < 60; i++) {
                final int length = Queues.MOST_BYTES - i % 7 * 77_777 - i;
                out.putInt(0, i).putInt(length - Integer.BYTES, ~i);
                appender.append(out, 0, length);
                assertEquals(length, tailer.read(into), "document " + i);
                assertEquals(i, into.getInt(0));
                assertEquals(~i, into.getInt(length - Integer.BYTES));
            }
        }
    }

    @Test
    void readsOnFromOneFileToTheNext() throws IOException {
        try (QueueAppender appender = appender();
                QueueTailer tailer = Queues.read(directory)) {
            for (int i = 1; i <= 4; i++) {
                Documents.append(appender, i);
                clock.addAndGet(i * PERIOD_MS);
            }
            for (int i = 1; i <= 4; i++) {
                assertEquals(i, Documents.read(tailer, into));
                assertEquals(CycleFiles.cycleOf(tailer.index()), tailer.cycle());
            }
            final int first = (int) (NOON / 5000);
            assertArrayEquals(new int[] {first, first + 4, first + 12, first + 24}, CycleFiles.cycles(directory));
            assertTrue(CycleFiles.delete(directory, first));
            assertFalse(CycleFiles.delete(directory, first));
            assertFalse(tailer.moveToCycle(first));
            assertTrue(tailer.moveToCycle(first + 4));
            assertEquals(2, Documents.read(tailer, into));
        }
        try (QueueTailer tailer = Queues.read(directory)) {
            assertEquals(2, Documents.read(tailer, into), "the oldest file is gone");
        }
    }

    @Test
    void indexOfAppendIsThatOfReadersForEveryPeriod() throws IOException {
        for (int seconds = 10; seconds <= 30; seconds += 10) {
            final Path own = Files.createDirectory(directory.resolve(Integer.toString(seconds)));
            try (QueueAppender appender = ChronicleStore.append(own, seconds, clock::get);
                    QueueTailer tailer = Queues.read(own)) {
                for (int i = 1; i < 50; i++) {
                    clock.addAndGet(i * 77);
                    final long index = Documents.append(appender, i);
                    assertEquals(i, Documents.read(tailer, into));
                    assertEquals(index, tailer.index());
                    assertEquals(
                            clock.get() / 1000 / seconds * seconds, tailer.cycle() * (long) CycleFiles.UNIT_SECONDS);
                }
            }
        }
    }

    @Test
    void readsQueuesOfEarlierVersions() throws IOException {
        try (QueueAppender appender = appender()) {
            for (int i = 1; i <= 3; i++) {
                Documents.append(appender, i);
                clock.addAndGet(300_000);
            }
        }
        rename("20270115-120000.cq4", "20270115-1200V.cq4");
        rename("20270115-120500.cq4", "20270115-1205V.cq4");
        final int first = (int) (NOON / 5000);
        assertArrayEquals(new int[] {first, first + 60, first + 120}, CycleFiles.cycles(directory));
        try (QueueTailer tailer = Queues.read(directory)) {
            for (int i = 1; i <= 3; i++) {
                assertEquals(i, Documents.read(tailer, into));
            }
            assertTrue(tailer.moveTo(CycleFiles.fromFormerIndex((long) (first / 60 + 1) << 32)));
            assertEquals(2, Documents.read(tailer, into));
        }
        assertTrue(CycleFiles.delete(directory, first));
        assertArrayEquals(new int[] {first + 60, first + 120}, CycleFiles.cycles(directory));
    }

    private void rename(String from, String to) throws IOException {
        Files.move(directory.resolve(from), directory.resolve(to));
    }

    @Test
    void ignoresFilesWithOtherNames() throws IOException {
        for (String name : new String[] {
            "20270115-120000.cq4",
            "20270115-1200V.cq4",
            "20270115-120005.cq4",
            "20270115-120001.cq4",
            "20270115-1201V.cq4",
            "20270115-1200.cq4",
            "20270115-120005V.cq4",
            "20270231-120000.cq4",
            "19691231-235955.cq4",
            "25000101-000000.cq4",
            "+120270115-120000.cq4",
            ".cq4",
            "V.cq4"
        }) {
            Files.createFile(directory.resolve(name));
        }
        final int first = (int) (NOON / 5000);
        assertArrayEquals(new int[] {first, first + 1}, CycleFiles.cycles(directory));
        assertEquals(
                "20270115-120000.cq4",
                CycleFiles.file(directory, first).getFileName().toString());
    }

    @Test
    void skipsCycles() throws IOException {
        try (QueueAppender appender = appender();
                QueueTailer tailer = Queues.read(directory)) {
            for (int i = 1; i <= 6; i++) {
                Documents.append(appender, i);
                clock.addAndGet(i % 2 == 0 ? PERIOD_MS : 0);
            }
            assertEquals(1, Documents.read(tailer, into));
            assertTrue(tailer.skipCycle());
            assertEquals(3, Documents.read(tailer, into));
            final int[] cycles = CycleFiles.cycles(directory);
            assertTrue(tailer.moveToCycle(cycles[0]));
            assertEquals(1, Documents.read(tailer, into));
            assertTrue(tailer.moveToCycle(cycles[2]));
            assertEquals(5, Documents.read(tailer, into));
            assertFalse(tailer.skipCycle());
            assertEquals(6, Documents.read(tailer, into), "the position is unchanged");
            assertFalse(tailer.skipCycle());
            assertEquals(0, tailer.read(into));
            Documents.append(appender, 7);
            assertEquals(7, Documents.read(tailer, into));
        }
    }

    @Test
    void ignoresFileHeaderUnlessItsLengthIsDamaged() throws IOException {
        try (QueueAppender appender = appender();
                QueueTailer tailer = Queues.read(directory)) {
            for (int i = 1; i <= 4; i++) {
                Documents.append(appender, i);
                clock.addAndGet(PERIOD_MS);
            }
            final int[] cycles = CycleFiles.cycles(directory);
            write(cycles[1], 16, 'x'); // inside the name of a class
            write(cycles[2], 0, 0, 0, 0, 0);
            assertEquals(1, Documents.read(tailer, into));
            assertEquals(2, Documents.read(tailer, into));
            assertEquals(0, tailer.read(into));
            assertFalse(tailer.moveToCycle(cycles[2]));
            assertTrue(tailer.moveToCycle(cycles[0]));
            assertTrue(tailer.moveToCycle(cycles[3]));
            assertEquals(4, Documents.read(tailer, into));
            write(cycles[0], 3, 0x7f); // longer than the file
            assertThrows(QueueException.class, () -> tailer.moveToCycle(cycles[0]));
        }
    }

    private void write(int cycle, long offset, int... bytes) throws IOException {
        try (var file =
                new java.io.RandomAccessFile(CycleFiles.file(directory, cycle).toFile(), "rw")) {
            file.seek(offset);
            for (int one : bytes) {
                file.write(one);
            }
        }
    }

    @Test
    void failedMoveDoesNotReturnToTheOldest() throws IOException {
        try (QueueAppender appender = appender();
                QueueTailer tailer = Queues.read(directory)) {
            final long first = Documents.append(appender, 1);
            final long second = Documents.append(appender, 2);
            assertTrue(tailer.moveTo(second));
            assertEquals(2, Documents.read(tailer, into));
            for (long absent : new long[] {second + 1, second + 1000, CycleFiles.firstIndex(17), 0, -1, 1L << 62}) {
                assertFalse(tailer.moveTo(absent), () -> Long.toHexString(absent));
                assertThrows(QueueException.class, () -> tailer.read(into));
                assertFalse(tailer.moveAfter(absent), () -> Long.toHexString(absent));
                assertThrows(QueueException.class, () -> tailer.read(into));
            }
            assertTrue(tailer.moveAfter(first));
            assertEquals(2, Documents.read(tailer, into));
            assertTrue(tailer.moveAfter(second));
            assertEquals(0, tailer.read(into));
            Documents.append(appender, 3);
            assertEquals(3, Documents.read(tailer, into));
        }
    }

    @Test
    void stopsAtTooLongDocumentUntilMoved() throws IOException {
        try (QueueAppender appender = appender();
                QueueTailer tailer = Queues.read(directory)) {
            final long first = Documents.append(appender, 1000);
            Documents.append(appender, 2);
            final ByteBuffer small = ByteBuffer.allocateDirect(100);
            assertThrows(QueueException.class, () -> tailer.read(small));
            assertThrows(QueueException.class, () -> tailer.read(into));
            assertTrue(tailer.moveAfter(first));
            assertEquals(2, Documents.read(tailer, into));
        }
    }

    @Test
    void refusesToAppendToAUsedDirectory() throws QueueException {
        try (QueueAppender appender = appender()) {
            Documents.append(appender, 1);
        }
        final QueueException refused = assertThrows(QueueException.class, this::appender);
        assertTrue(refused.getMessage().contains(directory.toString()), refused::getMessage);
    }

    @Test
    void refusesAppendsAfterAFailure() throws QueueException {
        final QueueAppender appender = appender();
        Documents.append(appender, 1);
        appender.close();
        for (int i = 0; i < 2; i++) {
            final QueueException finished = assertThrows(QueueException.class, () -> Documents.append(appender, 2));
            assertTrue(finished.getMessage().contains(directory.toString()), finished::getMessage);
        }
        appender.close();
        try (QueueTailer tailer = Queues.read(directory)) {
            assertEquals(1, Documents.read(tailer, into));
            assertEquals(0, tailer.read(into));
        }
    }

    @Test
    void reportsMissingDirectoryInOneMessage() {
        final Path absent = directory.resolve("absent");
        for (var open : new org.junit.jupiter.api.function.Executable[] {
            () -> Queues.append(absent, SECONDS), () -> Queues.read(absent)
        }) {
            final QueueException refused = assertThrows(QueueException.class, open);
            assertTrue(refused.getMessage().contains(absent.toString()), refused::getMessage);
        }
        assertFalse(Files.exists(absent));
    }

    /** The best of several rounds counts, since mapping a block of the file and rolling allocate now and then. */
    @Test
    void appendDoesNotAllocateAndReadHardlyDoes() throws QueueException {
        final var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        final ByteBuffer document = ByteBuffer.allocateDirect(256);
        long appending = Long.MAX_VALUE;
        long reading = Long.MAX_VALUE;
        try (QueueAppender appender = appender();
                QueueTailer tailer = Queues.read(directory)) {
            append(appender, document, 20_000);
            read(tailer, 20_000);
            for (int round = 0; round < ROUNDS; round++) {
                final long before = threads.getCurrentThreadAllocatedBytes();
                append(appender, document, 1_000);
                final long between = threads.getCurrentThreadAllocatedBytes();
                read(tailer, 1_000);
                appending = Math.min(appending, between - before);
                reading = Math.min(reading, threads.getCurrentThreadAllocatedBytes() - between);
            }
        }
        assertEquals(0, appending);
        assertTrue(reading < 50_000, reading + " bytes for 1000 documents");
    }

    private static void append(QueueAppender appender, ByteBuffer document, int times) throws QueueException {
        for (int i = 0; i < times; i++) {
            appender.append(document, 0, document.capacity());
        }
    }

    private void read(QueueTailer tailer, int times) throws QueueException {
        for (int i = 0; i < times; i++) {
            if (tailer.read(into) == 0) {
                throw new AssertionError();
            }
        }
    }
}
