package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.DeadFiles;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The life cycle of a span file: location, permissions, deletion. */
class SpanFileTest {

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @TempDir
    Path directory;

    private Tracer tracer(Path where) {
        return traced.with(TracerConfig.FILE, where.toString()).tracer();
    }

    private static TreeSet<String> names(Path where) throws IOException {
        try (Stream<Path> files = Files.list(where)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** The file that is locked while the tracer is open. */
    private static String lockOf(Path spanFile) {
        return spanFile.getFileName().toString().replace(".spans", ".alive");
    }

    private static String warnings(Tracer tracer) {
        return tracer.describe()
                .lines()
                .filter(line -> line.startsWith("warning"))
                .collect(Collectors.joining("\n"));
    }

    /** It contains no identity, so it must be old to count as dead. */
    private Path dead(String name, int hoursAgo) throws IOException {
        final Path file = Files.write(directory.resolve(name + SpanFile.SUFFIX), new byte[16]);
        Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() - 3_600_000L * hoursAgo));
        return file;
    }

    @Test
    void fileAndDirectoryAreAccessibleToTheOwnerOnly() throws IOException {
        final Path where = directory.resolve("not").resolve("there yet");
        final Tracer tracer = tracer(where);
        final Path file = tracer.file().path();
        assertEquals(where, file.getParent());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(where)));
        assertEquals(
                new TreeSet<>(List.of(file.getFileName().toString(), lockOf(file))),
                names(where),
                "nothing else is left there");
        assertEquals(tracer.file().layout().length(), Files.size(file));
        assertTrue(tracer.describe().contains("file: " + file + ", " + Files.size(file) + " bytes"));
    }

    @Test
    void nameContainsServiceAndProcess() {
        traced.settings(traced.config().serviceName("../my service/ü")).with(TracerConfig.FILE, directory.toString());
        final String name = traced.tracer().file().path().getFileName().toString();
        assertTrue(
                name.matches(".._my_service__-" + ProcessHandle.current().pid() + "-[0-9a-z]+-[0-9]+[.]spans"), name);
    }

    @Test
    void closeDeletesTheFile() throws IOException {
        final Tracer tracer = tracer(directory);
        final Path file = tracer.file().path();
        final Span open = tracer.start(SpanName.of("span"));
        assertTrue(Files.exists(file));
        tracer.close();
        assertEquals(new TreeSet<>(), names(directory));
        open.set("still", "harmless").end();
        assertEquals(1, tracer.ledger().ended(), "the memory is still mapped");
    }

    @Test
    void closeKeepsAFileWithSpans() {
        final Tracer tracer = tracer(directory);
        final Path file = tracer.file().path();
        traced.sink.taking(false);
        tracer.start(SpanName.of("span")).end();
        final Ledger ledger = tracer.close(Duration.ZERO);
        assertEquals(1, ledger.buffered());
        assertEquals(0, ledger.lost());
        assertTrue(Files.exists(file));
        assertFalse(SpanFile.isAlive(file));
        traced.untaken(1);
    }

    @Test
    void usesAnonymousMemoryIfSet() {
        final Tracer tracer = traced.tracer();
        assertNull(tracer.file().path());
        assertEquals("", warnings(tracer));
        assertTrue(tracer.describe().contains("file: anonymous memory, set by kraken.tracer.file"));
    }

    @Test
    void unusableDirectoryMeansAnonymousMemoryAndAWarning() throws IOException {
        final Path file = Files.createFile(directory.resolve("a file"));
        for (String where :
                List.of(file.toString(), file.resolve("below a file").toString(), "no\0path")) {
            final CapturingSink sink = new CapturingSink();
            try (Tracer tracer = Tracer.create(traced.config().with(TracerConfig.FILE, where), sink)) {
                assertTrue(tracer.isEnabled());
                assertNull(tracer.file().path());
                tracer.start(SpanName.of("span")).end();
                assertEquals(1, sink.accepted());
                assertEquals(0, tracer.ledger().lost());
                final String warning = "warning: no span file in " + where + ", spans will not survive the process: ";
                assertTrue(warnings(tracer).startsWith(warning + "java.nio.file."), tracer::describe);
            }
        }
        assertEquals(new TreeSet<>(List.of("a file")), names(directory));
    }

    @Test
    void deletesTheFileWithoutASink() throws IOException {
        final RecordSinkProvider none = (file, config, time) -> null;
        final RecordSinkProvider broken = (file, config, time) -> {
            throw new IllegalStateException("no sink today");
        };
        final Tracer[] tracers = new Tracer[2];
        final List<String> logged = TracerFixture.logOf(() -> {
            final String where = directory.toString();
            tracers[0] = Tracer.create(traced.config().with(TracerConfig.FILE, where), none);
            tracers[1] = Tracer.create(traced.config().with(TracerConfig.FILE, where), broken);
        });
        assertEquals(List.of("WARNING cannot start the tracer; the program runs untraced"), logged);
        assertEquals("tracer: off (no destination is configured)\n", tracers[0].describe());
        assertEquals(
                "tracer: off (failed to start: java.lang.IllegalStateException: no sink today)\n",
                tracers[1].describe());
        assertEquals(new TreeSet<>(), names(directory));
    }

    @Test
    void tooLargeLayoutDisablesTheTracerAndTellsWhy() {
        final TracerConfig config = traced.config().with(TracerConfig.RECORD_LENGTH, 4096);
        config.with(TracerConfig.RECORDS, 8 * 1024 * 1024);
        final Tracer[] created = new Tracer[1];
        assertEquals(
                List.of("WARNING cannot start the tracer; the program runs untraced"),
                TracerFixture.logOf(() -> created[0] = Tracer.create(config, new CapturingSink())));
        final Tracer tracer = created[0];
        assertFalse(tracer.isEnabled());
        tracer.start(SpanName.of("span")).end();
        assertTrue(tracer.describe().contains("is larger than one mapping"), tracer::describe);
    }

    @Test
    void keepsFilesOfDeadProcessesUpToALimit() throws IOException {
        for (int i = 0; i < 7; i++) {
            dead("dead-" + i, 100 - i);
        }
        Files.createFile(directory.resolve("something else"));
        final Path own = traced.with(TracerConfig.FILES_KEPT, 3)
                .with(TracerConfig.FILE, directory.toString())
                .tracer()
                .file()
                .path();
        final TreeSet<String> left = names(directory);
        assertTrue(left.removeAll(List.of(own.getFileName().toString(), lockOf(own))));
        assertEquals("[dead-4.spans, dead-5.spans, dead-6.spans, something else]", left.toString());
    }

    @Test
    void neverDeletesOrUnlocksFilesOfLiveProcesses() throws IOException {
        final Path own = tracer(directory).file().path();
        assertEquals("true\n", Child.run(List.of(), List.of(), "alive", own.toString()));
        assertTrue(SpanFile.isAlive(own));
        final TracerConfig config = traced.config().with(TracerConfig.FILES_KEPT, 0);
        try (Tracer second = Tracer.create(config.with(TracerConfig.FILE, directory.toString()), new CapturingSink())) {
            assertEquals(4, names(directory).size());
            assertEquals(0, DeadFiles.delete(directory, 0).deleted());
            for (Path file : List.of(own, second.file().path())) {
                assertEquals("true\n", Child.run(List.of(), List.of(), "alive", file.toString()));
            }
        }
        assertTrue(Files.exists(own));
    }

    @Test
    void neverDeletesLiveFilesThroughASymbolicLink() throws IOException {
        final Path own = tracer(directory.resolve("real")).file().path();
        final Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("real"));
        for (Path name : List.of(directory.resolve("real/../real"), link)) {
            assertTrue(SpanFile.isAlive(name.resolve(own.getFileName())));
            assertEquals(0, DeadFiles.delete(name, 0).deleted());
            assertEquals("true\n", Child.run(List.of(), List.of(), "alive", own.toString()));
        }
    }

    @Test
    void killedProcessLeavesItsFileAndExitedOneDoesNot() throws IOException {
        assertEquals("", Child.run(List.of(), List.of(), "exit", directory.toString()));
        assertEquals(new TreeSet<>(), names(directory), "the shutdown hook has closed the tracer");
        final String described = Child.run(List.of(), List.of(), "die", directory.toString());
        assertEquals(2, names(directory).size(), described);
        final Path left = directory.resolve(names(directory).last());
        assertTrue(described.contains("file: " + left), described);
        assertFalse(SpanFile.isAlive(left));
        assertEquals(1, DeadFiles.delete(directory, 0).deleted());
        assertEquals(new TreeSet<>(), names(directory));
    }

    /** The kernel limits files to a megabyte, which has the same effect in the process as a full disk. */
    @Test
    void fullFileSystemMeansAnonymousMemory() throws IOException {
        final List<String> limited = List.of("sh", "-c", "ulimit -f 1000; exec \"$@\"", "sh");
        final String described = Child.run(limited, List.of("-XX:-UsePerfData"), "die", directory.toString());
        assertTrue(described.contains("file: anonymous memory: "), described);
        assertTrue(described.contains("warning: no span file in " + directory), described);
        assertEquals(new TreeSet<>(), names(directory));
    }
}
