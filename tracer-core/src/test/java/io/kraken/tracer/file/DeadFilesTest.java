package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CapturingSink;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files of dead processes are deleted, and which are kept. */
class DeadFilesTest {

    private static final SpanName NAME = SpanName.of("left");

    @TempDir
    Path directory;

    private final CapturingSink sink = new CapturingSink();
    private Tracer tracer;

    @AfterEach
    void close() {
        if (tracer != null) {
            tracer.close();
        }
    }

    /** A live file, elsewhere, to take copies of. */
    private Tracer tracer() throws IOException {
        tracer = Tracer.create(
                new TracerConfig()
                        .with(
                                TracerConfig.FILE,
                                Files.createDirectory(directory.resolve("living"))
                                        .toString())
                        .with(TracerConfig.RECORDS, 1024)
                        .with(TracerConfig.BREAKER_ENABLED, false)
                        .with(TracerConfig.SHUTDOWN_HOOK, false),
                sink);
        return tracer;
    }

    private void leave(String name) throws IOException {
        Left.copy(tracer.file().path(), directory.resolve(name + ".spans"));
    }

    private void create(String name, Duration ago) throws IOException {
        final Path file = Files.createFile(directory.resolve(name));
        Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() - ago.toMillis()));
    }

    private String names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .collect(Collectors.toCollection(TreeSet::new))
                    .toString();
        }
    }

    @Test
    void keepsOnlyFilesWithSpans() throws IOException {
        sink.taking(false);
        final Tracer living = tracer();
        leave("1-unused");
        final Span open = living.start(NAME);
        leave("2-open");
        open.end();
        leave("3-ended");
        sink.taking(true);
        assertEquals(1, sink.accepted());
        leave("4-taken");
        sink.taking(false);
        living.recording(false);
        final Span unrecorded = living.start(NAME);
        leave("5-not-recorded");
        unrecorded.end();
        living.recording(true);
        sink.taking(true);
        final long bytes = Files.size(living.file().path());
        assertEquals(new DeadFiles(3, 2, 2 * bytes), DeadFiles.delete(directory, 10));
        assertEquals("[2-open.alive, 2-open.spans, 3-ended.alive, 3-ended.spans]", names());
    }

    @Test
    void findsSpanInTheLastRecord() throws IOException {
        final Tracer living = tracer();
        leave("last");
        final SpanFileLayout layout = living.file().layout();
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("last.spans").toFile(), "rw")) {
            file.seek(layout.recordOffset(1023));
            file.writeLong(Long.reverseBytes(1L << 24 | RecordLayout.DONE));
        }
        assertEquals(0, DeadFiles.delete(directory, 10).deleted());
    }

    @Test
    void keepsUnreadableFiles() throws IOException {
        tracer();
        leave("cut");
        leave("shape");
        leave("version");
        leave("unbegun");
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("cut.spans").toFile(), "rw")) {
            file.setLength(file.length() - 4096);
        }
        Left.put(directory.resolve("shape.spans"), 56, -1);
        Left.put(directory.resolve("version.spans"), 8, 4);
        Left.put(directory.resolve("unbegun.spans"), 8, 0);
        final DeadFiles dead = DeadFiles.delete(directory, 10);
        assertEquals(1, dead.deleted(), "the file that had not begun");
        assertEquals(3, dead.kept());
        assertEquals(3, DeadFiles.delete(directory, 0).deleted(), "deleted once it is old");
        assertEquals("[]", names());
    }

    @Test
    void keepsFilesThatMayBeBeingCreated() throws IOException {
        create("young.alive", Duration.ofMinutes(9));
        create("young-too.spans", Duration.ofMinutes(9));
        create("old.alive", Duration.ofMinutes(11));
        create("old-too.spans", Duration.ofMinutes(11));
        create("control.lock", Duration.ofDays(1));
        assertEquals(1, DeadFiles.delete(directory, 10).deleted());
        assertEquals("[control.lock, young-too.spans, young.alive]", names());
    }

    @Test
    void doesNotOpenAnythingButRegularFiles() throws Exception {
        final Process made =
                new ProcessBuilder("mkfifo", directory.resolve("pipe.spans").toString()).start();
        assertEquals(0, made.waitFor());
        Files.createDirectory(directory.resolve("directory.spans"));
        assertEquals(0, DeadFiles.delete(directory, 0).deleted());
        assertTrue(SpanFile.isAlive(directory.resolve("pipe.spans")), "not deleted");
    }
}
