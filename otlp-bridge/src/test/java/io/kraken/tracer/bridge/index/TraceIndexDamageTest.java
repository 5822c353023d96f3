package io.kraken.tracer.bridge.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A damaged index finds what a sound one does, covers less, or says that it is damaged. */
class TraceIndexDamageTest {

    private static final int DOCUMENTS = 300;
    private static final int SEGMENTS = 3;

    @TempDir
    Path folder;

    private final IndexedTraces traces = new IndexedTraces(7);
    private final Set<Integer> added = IndexedTraces.range(0, DOCUMENTS);
    private final IndexScratch scratch = new IndexScratch();
    private final TraceIndexFile index = new TraceIndexFile();
    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("index");
    }

    private byte[] write(boolean seal) throws IOException {
        final TraceIndexWriter writer = new TraceIndexWriter(scratch);
        writer.begin(file, 0);
        for (int i = 0; i < SEGMENTS; i++) {
            traces.add(writer, DOCUMENTS / SEGMENTS * i, DOCUMENTS / SEGMENTS * (i + 1));
            writer.flush();
        }
        if (seal) {
            assertTrue(writer.seal());
            assertTrue(TraceIndexMerge.merge(file, scratch));
        }
        writer.close();
        return Files.readAllBytes(file);
    }

    /** Returns whether damage was reported, or documents are not covered. */
    private boolean isNoticed(byte[] bytes, int searches) throws IOException {
        Files.write(file, bytes);
        assertTrue(index.open(file));
        final int refused = traces.assertFinds(index, added, searches);
        assertTrue(refused == 0 || index.isDamaged());
        assertTrue(index.coveredSequence() < DOCUMENTS);
        return index.isDamaged() || index.coveredSequence() < DOCUMENTS - 1;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noticesAnyChangedByte(boolean sealed) throws IOException {
        final byte[] sound = write(sealed);
        assertFalse(isNoticed(sound, 200));
        final Random random = new Random(11);
        for (int at = 0; at < sound.length; at += 1 + random.nextInt(40)) {
            final byte[] damaged = sound.clone();
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            assertTrue(isNoticed(damaged, 60), "byte " + at);
        }
    }

    @Test
    void noticesEachByteOfAHeader() throws IOException {
        final byte[] sound = write(true);
        for (int at = 0; at < TraceIndexLayout.HEADER_LENGTH + TraceIndexLayout.BLOCK_HEADER_LENGTH; at++) {
            final byte[] damaged = sound.clone();
            damaged[at] ^= 1;
            assertTrue(isNoticed(damaged, 60), "byte " + at);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void coversCompleteSegmentsOfATruncatedFile(boolean sealed) throws IOException {
        final byte[] sound = write(sealed);
        final Random random = new Random(12);
        for (int length = 0; length < sound.length; length += 1 + random.nextInt(80)) {
            assertTrue(isNoticed(Arrays.copyOf(sound, length), 20));
            assertFalse(index.isDamaged());
            assertEquals(-1, (index.coveredSequence() + 1) % (DOCUMENTS / SEGMENTS) - 1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void survivesSeveralDamages(long seed) throws IOException {
        final byte[] sound = write(seed % 2 == 0);
        final Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            final byte[] damaged = sound.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                final int from = random.nextInt(damaged.length);
                final int to = Math.min(damaged.length, from + random.nextInt(1 << random.nextInt(13)));
                final int source = random.nextInt(damaged.length - (to - from) + 1);
                switch (random.nextInt(3)) {
                    case 0 -> Arrays.fill(damaged, from, to, (byte) -random.nextInt(2));
                    case 1 -> System.arraycopy(sound, source, damaged, from, to - from);
                    default -> damaged[from] ^= (byte) random.nextInt();
                }
            }
            isNoticed(damaged, 20);
        }
    }

    @Test
    void noticesABlockOfAnotherPlace() throws IOException {
        final byte[] sound = write(true);
        final byte[] damaged = sound.clone();
        System.arraycopy(
                sound,
                TraceIndexLayout.HEADER_LENGTH,
                damaged,
                (int) TraceIndexLayout.blockOffset(1),
                TraceIndexLayout.BLOCK_LENGTH);
        assertTrue(isNoticed(damaged, 500));
    }

    @Test
    void resumesADamagedIndex() throws IOException {
        final byte[] sound = write(false);
        final Random random = new Random(13);
        for (int round = 0; round < 100; round++) {
            final byte[] damaged = Arrays.copyOf(sound, 1 + random.nextInt(sound.length));
            damaged[random.nextInt(damaged.length)] ^= 1;
            Files.write(file, damaged);
            final TraceIndexWriter writer = new TraceIndexWriter(scratch);
            traces.add(writer, writer.begin(file, 0), DOCUMENTS + 10);
            assertTrue(writer.seal());
            final boolean merged = TraceIndexMerge.merge(file, scratch);
            assertTrue(index.open(file));
            assertEquals(DOCUMENTS + 9, index.coveredSequence());
            final int refused = traces.assertFinds(index, IndexedTraces.range(0, DOCUMENTS + 10), 60);
            assertTrue(index.isSealed());
            assertTrue(refused == 0 || !merged);
        }
    }

    /** Files with correct checksums that no writer has written. */
    @Test
    void survivesForgedFiles() throws IOException {
        final Random random = new Random(14);
        for (int round = 0; round < 1_000; round++) {
            final byte[] data = new byte[random.nextInt(1 << random.nextInt(14))];
            random.nextBytes(data);
            FuzzTraceIndex.fuzzerTestOneInput(data);
        }
    }

    @Test
    void ignoresUnsortedPairsWithoutALoop() throws IOException {
        final long[] pairs = new long[5_000];
        final Random random = new Random(15);
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = random.nextLong() & 0x7fff_ffff_0000_00ffL;
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            new SegmentOutput(channel, 0, scratch).write(0, 200, true, pairs, pairs.length);
        }
        assertTrue(index.open(file));
        final List<Integer> found = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            index.find(random.nextLong(), random.nextLong(), found::add);
        }
        assertTrue(found.stream().allMatch(sequence -> sequence >= 0 && sequence <= 200));
    }
}
