package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskUseTest {

    private static final long BLOCK = 4096;
    private static final long PREALLOCATED = 20 << 20;
    /** By how much the result may differ from the blocks on disk, for each file. */
    private static final long TOLERANCE = 3 * BLOCK;

    @TempDir
    Path root;

    private Path queue;
    private final AtomicLong clock = new AtomicLong(1_800_014_400_000L);
    private final DiskUse use = new DiskUse();

    @BeforeEach
    void create() throws IOException {
        queue = Files.createDirectory(root.resolve("queue"));
    }

    private QueueAppender appender() throws QueueException {
        return ChronicleStore.append(queue, 20, clock::get);
    }

    /** Bytes on disk of the files in a directory, by the command {@code du}. */
    private static long disk(Path directory) throws IOException {
        long sum = 0;
        for (Path file : files(directory)) {
            final Process process = new ProcessBuilder("du", "--block-size=1", file.toString()).start();
            final String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            sum += Long.parseLong(line.substring(0, line.indexOf('\t')));
        }
        return sum;
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    private void assertIsOnDisk() throws IOException {
        final long expected = disk(queue);
        final long found = use.of(queue);
        assertTrue(
                Math.abs(found - expected) <= TOLERANCE * files(queue).size(),
                () -> found + " bytes, on disk are " + expected);
    }

    @Test
    void countsTheBlocksOfSparseFiles() throws IOException {
        try (QueueAppender appender = appender()) {
            for (int i = 1; i <= 2000; i++) {
                Documents.append(appender, i);
                if (i == 1 || i == 2 || i == 3 || i == 100 || i == 2000) {
                    assertIsOnDisk();
                    clock.addAndGet(20_000);
                }
            }
        }
        assertIsOnDisk();
        final long size =
                files(queue).stream().mapToLong(file -> file.toFile().length()).sum();
        assertTrue(size >= 5 * PREALLOCATED);
    }

    @Test
    void countsAQueueWithOneSpanAsAFewBlocks() throws IOException {
        try (QueueAppender appender = appender()) {
            Documents.append(appender, 3);
            assertEquals(3 * BLOCK, use.of(queue), "two of the queue file, one of its metadata");
        }
    }

    @Test
    void countsAQueueWithoutDocumentsAsAFewBlocks() throws IOException {
        final QueueAppender appender = appender();
        assertTrue(use.of(queue) <= 3 * BLOCK, () -> "files " + queue.toFile().list().length);
        appender.close();
        assertEquals(0, use.of(root.resolve("absent")));
    }

    @Test
    void countsTheSizeIfThePositionIsImplausible() throws IOException {
        try (QueueAppender appender = appender()) {
            for (int i = 1; i <= 100; i++) {
                Documents.append(appender, i);
            }
        }
        final Path file = CycleFiles.file(queue, CycleFiles.cycles(queue)[0]);
        assertTrue(use.ofFile(file) < 1 << 20);
        for (long position : new long[] {-4, PREALLOCATED, PREALLOCATED + 4, 1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            write(file, 64, position);
            assertEquals(PREALLOCATED, use.ofFile(file), () -> "position " + position);
        }
        write(file, 64, 0);
        write(file, 0, -1L);
        assertEquals(PREALLOCATED, use.ofFile(file), "longer than the file");
        write(file, 28, 0);
        assertEquals(PREALLOCATED, use.ofFile(file), "no position");
        for (int length : new int[] {0, 1, 71, 72, 100}) {
            Files.write(file, new byte[length]);
            assertEquals(length == 0 ? 0 : BLOCK, use.ofFile(file));
        }
    }

    private static void write(Path file, long offset, long value) throws IOException {
        try (RandomAccessFile to = new RandomAccessFile(file.toFile(), "rw")) {
            to.seek(offset);
            to.write(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(value)
                    .array());
        }
    }

    @Test
    void looksAtOlderFilesOnce() throws IOException {
        final Path oldest = Files.write(queue.resolve("20270115-120000.cq4"), new byte[1]);
        final Path newest = Files.write(queue.resolve("20270115-120020.cq4"), new byte[1]);
        final Path other = Files.write(queue.resolve("descriptor"), new byte[1]);
        Files.setLastModifiedTime(queue, FileTime.from(Instant.now().minus(Duration.ofMinutes(1))));
        assertEquals(3 * BLOCK, use.of(queue));
        Files.write(newest, new byte[5000]);
        Files.write(other, new byte[5000]);
        assertEquals(4 * BLOCK, use.of(queue), "the newest is looked at");
        Files.write(oldest, new byte[5000]);
        Files.write(queue.resolve("20270115-120040.cq4"), new byte[1]);
        assertEquals(6 * BLOCK, use.of(queue), "the oldest is not looked at again, all others are");
        use.retain(List.of());
        assertEquals(7 * BLOCK, use.of(queue));
        Files.delete(oldest);
        assertEquals(5 * BLOCK, use.of(queue));
    }

    @Test
    void countsAllQueuesInSteps() throws IOException {
        final RootUse all = new RootUse(root);
        assertTrue(all.count(2));
        assertEquals(0, all.bytes());
        for (int i = 0; i < 5; i++) {
            Files.write(Files.createDirectory(root.resolve("queue-" + i)).resolve("x"), new byte[1]);
        }
        Files.createDirectory(root.resolve(".bridge"));
        assertFalse(all.count(2));
        assertFalse(all.count(2));
        assertEquals(0, all.bytes());
        assertTrue(all.count(2));
        assertEquals(5 * BLOCK, all.bytes());
        QueueRoot.delete(root.resolve("queue-3"));
        while (!all.count(1)) {
            assertEquals(5 * BLOCK, all.bytes());
        }
        assertEquals(4 * BLOCK, all.bytes());
    }
}
