package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CycleTailerTest {

    /** Bytes that the current thread has read from files. */
    private static final Path READ_BYTES = Path.of("/proc/thread-self/io");

    private static final int POLLS = 1000;
    private static final int BYTES_A_POLL = 64;
    /** For reading {@link #READ_BYTES} itself, and classes. */
    private static final int OVERHEAD = 32 << 10;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_800_014_400_000L);
    private final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);

    private static long readBytes() throws IOException {
        final String rchar = Files.readAllLines(READ_BYTES).get(0);
        return Long.parseLong(rchar.substring(rchar.indexOf(' ') + 1));
    }

    @Test
    void pollAtTheEndReadsFewBytes() throws IOException {
        assumeTrue(Files.isReadable(READ_BYTES), "Linux only");
        try (QueueAppender appender = ChronicleStore.append(directory, 20, clock::get);
                QueueTailer tailer = Queues.read(directory)) {
            for (int i = 1; i <= 10; i++) {
                Documents.append(appender, i);
                assertEquals(i, Documents.read(tailer, into));
                assertEquals(0, tailer.read(into));
            }
            final long before = readBytes();
            for (int i = 0; i < POLLS; i++) {
                assertEquals(0, tailer.read(into));
            }
            final long read = readBytes() - before;
            assertTrue(read <= POLLS * BYTES_A_POLL + OVERHEAD, () -> read + " bytes");
            for (int i = 11; i <= 1000; i++) {
                Documents.append(appender, i);
                clock.addAndGet(i % 100 == 0 ? 20_000 : 0);
            }
            for (int i = 11; i <= 1000; i++) {
                assertEquals(i, Documents.read(tailer, into));
            }
            assertEquals(0, tailer.read(into));
        }
    }

    @Test
    void readingOnTakesFewReads() throws IOException {
        assumeTrue(Files.isReadable(READ_BYTES), "Linux only");
        final int documents = 5000;
        final ByteBuffer small = ByteBuffer.allocateDirect(100);
        try (QueueAppender appender = ChronicleStore.append(directory, 20, clock::get);
                QueueTailer tailer = Queues.read(directory)) {
            assertEquals(0, tailer.read(into));
            for (int i = 0; i < documents; i++) {
                appender.append(small, 0, small.capacity());
            }
            final long before = reads();
            for (int i = 0; i < documents; i++) {
                assertEquals(small.capacity(), tailer.read(into));
            }
            final long reads = reads() - before;
            assertTrue(reads < 100, () -> reads + " reads");
        }
    }

    private static long reads() throws IOException {
        final String syscr = Files.readAllLines(READ_BYTES).get(2);
        return Long.parseLong(syscr.substring(syscr.indexOf(' ') + 1));
    }
}
