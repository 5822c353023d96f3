package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.index.IndexScratch;
import io.kraken.tracer.bridge.index.IndexedTraces;
import io.kraken.tracer.bridge.index.TraceIndexFile;
import io.kraken.tracer.bridge.index.TraceIndexMerge;
import io.kraken.tracer.bridge.index.TraceIndexWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trace indexes whose writer is killed at any moment. */
@Tag("slow")
class KilledIndexTest {

    private static final int KILLS = 12;
    private static final long SEED = 17;
    private static final int SEARCHES = 300;

    @TempDir
    Path folder;

    private final IndexedTraces traces = new IndexedTraces(SEED);
    private final TraceIndexFile index = new TraceIndexFile();

    @Test
    void coverAllThatWasFlushed() throws IOException, InterruptedException {
        final Random random = new Random(SEED);
        for (int kill = 0; kill < KILLS; kill++) {
            final Path directory = Files.createDirectory(folder.resolve("kill-" + kill));
            final String[] last;
            try (ForkedMain writer = ForkedMain.start(
                    folder.resolve("log-" + kill),
                    KilledIndexMain.class,
                    List.of(directory.toString(), Long.toString(SEED)))) {
                writer.awaitOutput(random.nextInt(60) + " ");
                writer.kill();
                final String said = writer.said();
                final String[] lines = said.substring(0, said.lastIndexOf('\n')).split("\n");
                last = lines[lines.length - 1].split(" ");
            }
            check(directory, Integer.parseInt(last[0]), Integer.parseInt(last[1]));
        }
    }

    private void check(Path directory, int last, int flushed) {
        for (int number = 0; number < last; number++) {
            assertFinds(directory.resolve("index-" + number), KilledIndexMain.DOCUMENTS - 1);
            assertTrue(index.isSealed());
        }
        final Path killed = directory.resolve("index-" + last);
        assertFinds(killed, flushed);
        resume(killed);
    }

    private void assertFinds(Path file, int least) {
        assertTrue(index.open(file));
        assertFalse(index.isDamaged());
        final int covered = index.coveredSequence();
        assertTrue(covered >= least, () -> file + " covers " + covered + " of " + least);
        assertEquals(0, traces.assertFinds(index, IndexedTraces.range(0, covered + 1), SEARCHES));
    }

    private void resume(Path file) {
        try (TraceIndexWriter writer = new TraceIndexWriter(new IndexScratch())) {
            traces.add(writer, writer.begin(file, 0), KilledIndexMain.DOCUMENTS);
            assertTrue(writer.seal());
            assertTrue(TraceIndexMerge.merge(file, new IndexScratch()));
        }
        assertFinds(file, KilledIndexMain.DOCUMENTS - 1);
        assertTrue(index.isSealed());
    }
}
