package io.kraken.tracer.bridge.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.kraken.tracer.Commands;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceIndexTest {

    private static final int DISK_KILOBYTES = 128;

    @TempDir
    Path folder;

    private final IndexedTraces traces = new IndexedTraces(5);
    private final IndexScratch scratch = new IndexScratch();
    private final TraceIndexWriter writer = new TraceIndexWriter(scratch);
    private final TraceIndexFile index = new TraceIndexFile();
    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("index");
    }

    @AfterEach
    void close() {
        writer.close();
        index.close();
    }

    private void assertCovered(int from, int to, Set<Integer> added) {
        assertTrue(index.open(file));
        assertFalse(index.isDamaged());
        assertFalse(from > 0 && index.isCovered(from - 1));
        assertFalse(index.isCovered(to));
        for (int sequence = from; sequence < to; sequence++) {
            assertTrue(index.isCovered(sequence));
        }
        assertEquals(0, traces.assertFinds(index, added, 200));
    }

    private void assertCovered(int to) {
        assertCovered(0, to, IndexedTraces.range(0, to));
        assertEquals(to - 1, index.coveredSequence());
    }

    @Test
    void coversNothingWithoutAFile() {
        assertFalse(index.open(file));
        assertFalse(index.isDamaged());
        assertEquals(-1, index.coveredSequence());
        assertTrue(index.find(1, 2, sequence -> assertEquals(-1, sequence)));
        assertEquals(0, writer.begin(file, 0));
        assertTrue(writer.flush());
        assertFalse(Files.exists(file));
    }

    @Test
    void createsAFileForTheOwnerOnly() throws IOException {
        writer.begin(file, 0);
        traces.add(writer, 0, 10);
        assertTrue(writer.flush());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertTrue(writer.seal());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void showsFlushedDocumentsToAnotherReader() {
        writer.begin(file, 0);
        for (int to = 1; to < 500; to += to) {
            traces.add(writer, to / 2, to);
            assertTrue(writer.flush());
            assertCovered(to);
            assertFalse(index.isSealed());
        }
    }

    @Test
    void flushesByItselfWhenManyPairsArePending() {
        writer.begin(file, 0);
        traces.add(writer, 0, 1000);
        assertTrue(index.open(file));
        final int covered = index.coveredSequence();
        assertTrue(covered > 500 && covered < 999);
        assertEquals(0, traces.assertFinds(index, IndexedTraces.range(0, covered + 1), 200));
    }

    @Test
    void mergesSegments() throws IOException {
        writer.begin(file, 0);
        for (int i = 0; i < 100; i++) {
            traces.add(writer, i * 20, i * 20 + 20);
            writer.flush();
        }
        final long unmerged = Files.size(file);
        assertTrue(writer.seal());
        assertCovered(2000); // sees the old file from now on
        assertTrue(index.isSealed());
        assertTrue(TraceIndexMerge.merge(file, scratch));
        assertTrue(Files.size(file) < unmerged);
        assertEquals(0, traces.assertFinds(index, IndexedTraces.range(0, 2000), 200));
        assertCovered(2000);
        assertTrue(index.isSealed());
        assertEquals(List.of("index"), names());
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString()).toList();
        }
    }

    @Test
    void splitsIndexesThatAreTooLargeForOneSegment() throws IOException {
        writer.begin(file, 0);
        final int each = 50;
        final int documents = 2 * TraceIndexLayout.MAX_PAIRS / each + 100;
        for (int sequence = 0; sequence < documents; sequence++) {
            assertTrue(writer.beginDocument(sequence));
            for (int i = 0; i < each; i++) {
                writer.addTrace(sequence, i);
            }
        }
        assertTrue(writer.seal());
        assertTrue(index.open(file));
        assertEquals(documents - 1, index.coveredSequence());
        for (int i = 0; i < 2; i++) {
            assertTrue(TraceIndexMerge.merge(file, scratch));
            final SegmentReader reader = new SegmentReader();
            try (FileChannel channel = FileChannel.open(file)) {
                reader.open(channel);
            }
            assertEquals(3, reader.segments());
        }
        assertTrue(index.open(file));
        assertTrue(index.isSealed());
        for (int sequence = 0; sequence < documents; sequence += 1 + documents / 500) {
            final Set<Integer> found = new HashSet<>();
            assertTrue(index.find(sequence, 7, found::add));
            assertTrue(found.contains(sequence));
            assertTrue(found.size() < 5, found::toString);
        }
    }

    @Test
    void findsATraceOfAllDocuments() {
        writer.begin(file, 0);
        for (int sequence = 0; sequence < 20_000; sequence++) {
            writer.beginDocument(sequence);
            writer.addTrace(1, 1);
            writer.addTrace(2, sequence);
            writer.addTrace(1, 1);
        }
        writer.seal();
        assertTrue(TraceIndexMerge.merge(file, scratch));
        index.open(file);
        final List<Integer> found = new ArrayList<>();
        assertTrue(index.find(1, 1, found::add));
        assertEquals(new ArrayList<>(IndexedTraces.range(0, 20_000)), found);
        assertTrue(index.find(2, 777, found::add));
        assertEquals(777, found.get(20_000));
    }

    @Test
    void resumesAfterTheDocumentsInTheFile() {
        writer.begin(file, 0);
        traces.add(writer, 0, 30);
        writer.close();
        assertEquals(30, writer.begin(file, 0));
        traces.add(writer, 0, 60); // the first 30 are ignored
        writer.flush();
        assertCovered(60);
    }

    @Test
    void leavesDocumentsThatWereNotAddedUncovered() {
        writer.begin(file, 0);
        traces.add(writer, 0, 30);
        assertEquals(50, writer.begin(file, 50));
        traces.add(writer, 50, 70);
        writer.flush();
        assertTrue(index.open(file));
        assertEquals(29, index.coveredSequence());
        assertFalse(index.isCovered(30) || index.isCovered(49));
        assertTrue(writer.finish(false));
        assertTrue(TraceIndexMerge.merge(file, scratch));
        final Set<Integer> added = IndexedTraces.range(0, 30);
        added.addAll(IndexedTraces.range(50, 70));
        assertCovered(50, 70, added);
        // Resumed after a gap, it keeps what is in front.
        assertEquals(75, writer.begin(file, 75));
        writer.close();
        assertCovered(50, 70, added);
        // Begun from the start, the later part is dropped.
        assertEquals(30, writer.begin(file, 0));
        assertCovered(30);
    }

    @Test
    void dropsAnIndexThatIsWronglySealed() {
        writer.begin(file, 0);
        traces.add(writer, 0, 30);
        writer.seal();
        assertEquals(30, writer.begin(file, 0));
        assertTrue(writer.seal());
        assertCovered(30);
        writer.begin(file, 0);
        traces.add(writer, 30);
        assertFalse(writer.seal());
        assertFalse(index.open(file));
    }

    @Test
    void sealsADocumentlessIndex() {
        writer.begin(file, 0);
        assertTrue(writer.seal());
        assertTrue(index.open(file));
        assertTrue(index.isSealed());
        assertEquals(-1, index.coveredSequence());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void agreesWithAModel(long seed) {
        final Random random = new Random(seed);
        final Set<Integer> added = new HashSet<>();
        int next = 0;
        writer.begin(file, 0);
        for (int step = 0; step < 300; step++) {
            switch (random.nextInt(12)) {
                case 0 -> next += random.nextInt(3); // could not be read
                case 1 -> {
                    final int from = writer.begin(file, random.nextInt(next + 1));
                    assertTrue(from <= next);
                    added.stream()
                            .filter(sequence -> sequence >= from)
                            .sorted()
                            .forEach(sequence -> traces.add(writer, sequence));
                }
                case 2 -> {
                    assertTrue(writer.finish(false));
                    assertTrue(TraceIndexMerge.merge(file, scratch));
                    writer.begin(file, next);
                }
                case 3 -> {
                    if (index.open(file)) {
                        traces.assertFinds(index, added, 50);
                    }
                }
                case 4 -> {
                    final int documents = random.nextInt(300);
                    traces.add(writer, next, next + documents);
                    added.addAll(IndexedTraces.range(next, next + documents));
                    next += documents;
                }
                default -> {
                    traces.add(writer, next);
                    added.add(next++);
                    assertTrue(writer.flush());
                }
            }
        }
        assertTrue(writer.seal());
        assertTrue(index.open(file));
        assertEquals(0, traces.assertFinds(index, added, 2_000));
        added.forEach(sequence -> assertTrue(index.isCovered(sequence)));
        assertEquals(0, writer.failures());
    }

    @Test
    void sortsLikeAComparisonSort() {
        final Random random = new Random(3);
        for (int round = 0; round < 200; round++) {
            final int count = random.nextInt(round % 2 == 0 ? 300 : 5_000);
            final long[] pairs = scratch.pairs(count);
            for (int i = 0; i < count; i++) {
                pairs[i] = TraceIndexLayout.pair(random.nextInt() >> random.nextInt(32), i);
            }
            final List<Long> expected = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                expected.add(pairs[i]);
            }
            expected.sort(Long::compareUnsigned);
            final long[] sorted = scratch.sorted(count);
            for (int i = 0; i < count; i++) {
                assertEquals(expected.get(i), sorted[i]);
            }
        }
    }

    @Test
    void allocatesNothingForADocument() {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        writer.begin(file, 0);
        int sequence = 0;
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 100; i++) {
                writer.beginDocument(sequence);
                for (int trace = 0; trace < 8; trace++) {
                    writer.addTrace(sequence, trace);
                }
                sequence++;
            }
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
            writer.flush();
        }
        assertEquals(0, allocated);
    }

    // --- failures

    @Test
    void survivesAFileThatCannotBeWritten() throws IOException {
        Files.createDirectory(file);
        writer.begin(file, 0);
        traces.add(writer, 0, 10);
        assertFalse(writer.flush());
        assertFalse(writer.isIncomplete());
        Files.delete(file);
        assertTrue(writer.flush());
        assertCovered(10);
        assertEquals(1, writer.failures());
    }

    @Test
    void givesUpWhenThereIsNoRoomForPairs() throws IOException {
        Files.createDirectory(file);
        writer.begin(file, 0);
        traces.add(writer, 0, 1000);
        assertTrue(writer.isIncomplete());
        Files.delete(file);
        assertFalse(writer.flush());
        assertFalse(writer.seal());
        assertFalse(index.open(file));
        writer.begin(file, 0);
        traces.add(writer, 0, 1000);
        assertTrue(writer.seal());
        assertCovered(1000);
    }

    @Test
    void followsNoLinks() throws IOException {
        final Path target = Files.write(folder.resolve("target"), new byte[10]);
        Files.createSymbolicLink(file, target);
        writer.begin(file, 0);
        traces.add(writer, 0, 10);
        assertFalse(writer.flush());
        assertFalse(index.open(file));
        assertEquals(10, Files.size(target));
    }

    /** Fills a small disk while an index is written, and frees it again. */
    @Test
    void coversWhatWasWrittenBeforeTheDiskWasFull() throws IOException {
        final Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                Commands.succeeds(
                        "mount", "-t", "tmpfs", "-o", "size=" + DISK_KILOBYTES + "k,mode=700", "kraken", "" + disk),
                "cannot mount a small file system here: requires a privileged user");
        try {
            file = disk.resolve("index");
            writer.begin(file, 0);
            traces.add(writer, 0, 100);
            assertTrue(writer.flush());
            final Path filler = disk.resolve("filler");
            fill(filler);
            traces.add(writer, 100, 400);
            assertFalse(writer.flush());
            assertCovered(100);
            traces.add(writer, 400, 420);
            Files.delete(filler);
            assertTrue(writer.flush());
            assertCovered(420);
            fill(filler);
            assertTrue(writer.finish(false));
            assertFalse(TraceIndexMerge.merge(file, scratch));
            assertCovered(420);
            writer.begin(file, 420);
            traces.add(writer, 420, 2_000);
            assertTrue(writer.isIncomplete());
            assertFalse(writer.seal());
            assertCovered(420);
        } finally {
            index.close();
            writer.close();
            assertTrue(Commands.succeeds("umount", "" + disk) || Commands.succeeds("umount", "-l", "" + disk));
        }
    }

    private static void fill(Path filler) throws IOException {
        try (FileChannel channel = FileChannel.open(filler, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i <= DISK_KILOBYTES; i++) {
                channel.write(ByteBuffer.allocate(1 << 10));
            }
        } catch (IOException e) {
            return;
        }
        throw new AssertionError("the disk is not full");
    }
}
