package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kraken.tracer.file.SpanFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small shared memory in which a process has died. */
class SpanFileRoomTest {

    private static final int MEGABYTES = 24;
    /** Takes more than half of that memory. */
    private static final int RECORDS = 49_152;

    @TempDir
    Path folder;

    private Path memory;
    private boolean mounted;

    private void mount() throws Exception {
        memory = Files.createDirectory(folder.resolve("shm"));
        mounted = Commands.succeeds(
                "mount", "-t", "tmpfs", "-o", "size=" + MEGABYTES + "m,mode=700", "kraken", memory.toString());
        assumeTrue(mounted, "a small file system can't be mounted here: that takes a privileged user");
    }

    @AfterEach
    void unmount() throws Exception {
        assertTrue(!mounted
                || Commands.succeeds("umount", memory.toString())
                || Commands.succeeds("umount", "-l", memory.toString()));
    }

    /** A process that starts, leaves a span open or records nothing, and is killed. */
    private String die(String... andNothing) {
        final String[] arguments = {"die", memory.toString(), Integer.toString(RECORDS)};
        final List<String> all =
                Stream.concat(Stream.of(arguments), Stream.of(andNothing)).toList();
        return Child.run(List.of(), List.of("-XX:-UsePerfData"), all.toArray(new String[0]));
    }

    private TracerConfig config() {
        return new TracerConfig()
                .with(TracerConfig.FILE, memory.toString())
                .with(TracerConfig.RECORDS, RECORDS)
                .with(TracerConfig.BREAKER_ENABLED, false)
                .with(TracerConfig.SHUTDOWN_HOOK, false);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(memory)) {
            return files.filter(file -> file.toString().endsWith(SpanFile.SUFFIX))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }

    private void assertHasFile(int records, Tracer tracer) {
        assertEquals(memory, tracer.file().path().getParent(), tracer::describe);
        assertEquals(records, tracer.file().layout().shape().records(), tracer::describe);
    }

    @Test
    void keepsFilesToRecoverAndMakesTheNextSmaller() throws Exception {
        mount();
        die();
        final Path dead = files().get(0);
        final long size = Files.size(dead);
        final CapturingSink sink = new CapturingSink();
        try (Tracer tracer = Tracer.create(config(), sink)) {
            assertHasFile(RECORDS / 2, tracer);
            assertTrue(Files.exists(dead));
            final String expected = "warning: no room for a span file of " + size + " bytes in " + memory
                    + " (span files of dead processes awaiting recovery: 1, " + size + " bytes):"
                    + " kraken.tracer.records is 24576 instead of 49152\n";
            assertTrue(tracer.describe().contains(expected), tracer::describe);
            for (int i = 0; i < RECORDS; i++) {
                tracer.start(SpanName.of("span")).end();
            }
            assertEquals(RECORDS, sink.accepted());
            assertEquals(0, tracer.ledger().lost());
        }
    }

    @Test
    void repeatedKillsLeaveSmallerFilesAndThenNone() throws Exception {
        mount();
        final List<Integer> expected = List.of(49_152, 24_576, 12_288);
        for (int records : expected) {
            final String described = die();
            assertTrue(described.contains("records: " + records + " of 256 bytes\n"), described);
            assertTrue(described.contains("file: " + memory), described);
        }
        final String described = die();
        assertTrue(described.contains("file: anonymous memory: "), described);
        assertTrue(described.contains(" (span files of dead processes awaiting recovery: 3, "), described);
        assertTrue(described.contains("records: " + RECORDS + " of 256 bytes\n"), described);
        assertEquals(expected.size(), files().size());
    }

    @Test
    void deletesDeadFilesBeforeCreatingOne() throws Exception {
        mount();
        die();
        final Path dead = files().get(0);
        try (Tracer tracer = Tracer.create(config().with(TracerConfig.FILES_KEPT, 0), new CapturingSink())) {
            assertHasFile(RECORDS, tracer);
            assertFalse(Files.exists(dead));
            assertFalse(tracer.describe().contains("warning: there is no room"), tracer::describe);
        }
    }

    @Test
    void deletesDeadFileWithoutSpans() throws Exception {
        mount();
        die("recording nothing");
        final Path dead = files().get(0);
        try (Tracer tracer = Tracer.create(config(), new CapturingSink())) {
            assertHasFile(RECORDS, tracer);
            assertFalse(Files.exists(dead));
        }
    }

    /** The kernel limits files to some megabytes, which has the same effect in the process as a full disk. */
    @Test
    void halvesTheFileUntilItFits() throws IOException {
        memory = folder;
        final List<String> limited = List.of("sh", "-c", "ulimit -f 8000; exec \"$@\"", "sh");
        final String[] arguments = {"die", memory.toString(), Integer.toString(RECORDS)};
        final String described = Child.run(limited, List.of("-XX:-UsePerfData"), arguments);
        assertEquals(1, files().size(), described);
        assertTrue(described.contains(" instead of " + RECORDS + '\n'), described);
        assertTrue(Files.size(files().get(0)) <= 8000 * 1024, described);
    }
}
