package io.kraken.tracer.bridge.queues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrailingScanTest {

    @TempDir
    static Path scratch;

    private static SpanDocuments documents;

    @TempDir
    Path root;

    @BeforeAll
    static void write() throws IOException {
        documents = new SpanDocuments(scratch, "agent", 12);
    }

    /** Creates a queue of two cycles, of which some documents of the second were read. */
    private HostQueue queue(Path directory, int read) {
        final HostQueue queue = new HostQueue(directory, null, 1);
        queue.count(LaidOutQueue.cycle(0));
        for (int i = 0; i < read; i++) {
            queue.count(LaidOutQueue.cycle(1));
        }
        return queue;
    }

    private LaidOutQueue twoCycles() throws IOException {
        return new LaidOutQueue(root, documents).append(5).nextCycle().append(7);
    }

    @Test
    void findsNothingIfAllWasRead() throws IOException {
        final Path laid = twoCycles().dead();
        assertEquals(0, TrailingScan.unread(queue(laid, 7)));
    }

    @Test
    void findsDocumentsAfterTheLastOneRead() throws IOException {
        final Path laid = twoCycles().dead();
        assertEquals(3, TrailingScan.unread(queue(laid, 4)));
        assertEquals(7, TrailingScan.unread(queue(laid, 0)));
    }

    @Test
    void countsCompleteDocumentsOfATruncatedFile() throws IOException {
        final LaidOutQueue laid = twoCycles();
        final Path file = laid.file(1);
        laid.close();
        final int cut = QueueFiles.document(file, 5) + 3;
        try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
            channel.truncate(cut);
        }
        assertEquals(1, TrailingScan.unread(queue(laid.path(), 4)));
        assertEquals(0, TrailingScan.unread(queue(laid.path(), 5)));
    }

    @Test
    void findsADocumentAcrossTwoPiecesOnce() throws IOException {
        final Path directory = Files.createDirectory(root.resolve("made"));
        final LaidOutQueue laid = twoCycles();
        final int first = QueueFiles.document(laid.file(1), 0);
        final byte[] begin = java.util.Arrays.copyOfRange(
                QueueFiles.used(laid.file(1)), first - Integer.BYTES, first + 2 * Long.BYTES);
        final Path file = directory.resolve(laid.file(1).getFileName());
        laid.close();
        for (int piece : new int[] {1 << 20, 2 << 20}) {
            for (int at = piece - 28; at <= piece + 12; at += Integer.BYTES) {
                Files.write(file, new byte[(2 << 20) + 64]);
                QueueFiles.write(file, at, begin);
                assertEquals(1, TrailingScan.unread(queue(directory, 0)));
            }
        }
    }

    @Test
    void ignoresADocumentThatWasNeverCompleted() throws IOException {
        final LaidOutQueue laid = twoCycles();
        final int last = QueueFiles.document(laid.file(1), 6);
        QueueFiles.write(laid.file(1), last - 1, (byte) 0x80);
        assertEquals(1, TrailingScan.unread(queue(laid.dead(), 5)));
    }

    @Test
    void failsForADeletedQueue() {
        assertThrows(NoSuchFileException.class, () -> TrailingScan.unread(queue(root.resolve("gone"), 0)));
    }
}
