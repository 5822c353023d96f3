package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentFileTest {

    private static final int DOCUMENTS = 300;

    /** Where a reader has found a document. */
    private record Note(int cycle, long position, int length, int number) {}

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_800_014_400_000L);
    private final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
    private final List<Note> notes = new ArrayList<>();

    @BeforeEach
    void write() throws IOException {
        try (QueueAppender appender = ChronicleStore.append(directory, 20, clock::get);
                QueueTailer tailer = Queues.read(directory)) {
            for (int i = 1; i <= DOCUMENTS; i++) {
                Documents.append(appender, i);
                clock.addAndGet(i % 100 == 0 ? 20_000 : 0);
            }
            for (int i = 1; i <= DOCUMENTS; i++) {
                final int number = Documents.read(tailer, into);
                notes.add(new Note(tailer.cycle(), tailer.position(), tailer.length(), number));
            }
            assertTrue(tailer.moveAfter(tailer.index() - 7));
            assertEquals(notes.get(DOCUMENTS - 8).position(), tailer.position());
            assertEquals(notes.get(DOCUMENTS - 8).length(), tailer.length());
        }
    }

    private DocumentFile open(Note note) throws QueueException {
        return DocumentFile.open(directory, note.cycle());
    }

    @Test
    void readsDocumentsInAnyOrder() throws IOException {
        Collections.shuffle(notes, new Random(5));
        for (Note note : notes) {
            try (DocumentFile file = open(note)) {
                file.read(note.position(), note.length(), into);
                assertEquals(note.length(), into.limit());
                assertEquals(Documents.length(note.number()), note.length());
                assertEquals(note.number(), into.getInt(0));
            }
        }
    }

    @Test
    void refusesPositionsAndLengthsWithoutADocument() throws IOException {
        final Note note = notes.get(50);
        try (DocumentFile file = open(note)) {
            for (long position : new long[] {
                0,
                1,
                4,
                -4,
                note.position() - 4,
                note.position() + 1,
                note.position() + 4,
                1L << 40,
                Long.MAX_VALUE - 3,
                Long.MIN_VALUE,
                Files.size(CycleFiles.file(directory, note.cycle()))
            }) {
                assertThrows(QueueException.class, () -> file.read(position, note.length(), into));
            }
            for (int length : new int[] {
                0, -1, note.length() - 1, note.length() + 1, Queues.MOST_BYTES, Integer.MAX_VALUE, Integer.MIN_VALUE
            }) {
                assertThrows(QueueException.class, () -> file.read(note.position(), length, into));
            }
            final ByteBuffer small = ByteBuffer.allocateDirect(note.length() - 1);
            assertThrows(QueueException.class, () -> file.read(note.position(), note.length(), small));
            file.read(note.position(), note.length(), into);
        }
    }

    @Test
    void refusesADocumentThatIsCutOff() throws IOException {
        final Note note = notes.get(50);
        final Path path = CycleFiles.file(directory, note.cycle());
        try (DocumentFile file = open(note);
                RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
            for (long left :
                    new long[] {note.position() + note.length() - 1, note.position(), note.position() - 4, 0}) {
                cut.setLength(left);
                assertThrows(QueueException.class, () -> file.read(note.position(), note.length(), into));
            }
        }
    }

    @Test
    void doesNotOpenMissingFilesAndLinks() throws IOException {
        final Path path = CycleFiles.file(directory, notes.get(0).cycle());
        Files.move(path, directory.resolve("elsewhere"));
        assertNull(open(notes.get(0)));
        Files.createSymbolicLink(path, directory.resolve("elsewhere"));
        assertNull(open(notes.get(0)));
    }
}
