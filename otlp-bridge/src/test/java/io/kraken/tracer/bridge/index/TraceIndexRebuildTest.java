package io.kraken.tracer.bridge.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.queues.LaidOutQueue;
import io.kraken.tracer.bridge.queues.QueueCursor;
import io.kraken.tracer.bridge.queues.QueueFiles;
import io.kraken.tracer.bridge.queues.SpanDocuments;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceIndexRebuildTest {

    private static final int FIRST_CYCLE = 5;
    private static final int SECOND_CYCLE = 7;

    @TempDir
    static Path scratch;

    private static SpanDocuments documents;

    @TempDir
    Path root;

    private final BatchReader document = new BatchReader();
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(QueueCursor.mostBytes());
    private final IndexScratch buffers = new IndexScratch();
    private final TraceIndexFile index = new TraceIndexFile();
    private Path file;
    private Path queue;

    @BeforeAll
    static void write() throws IOException {
        documents = new SpanDocuments(scratch, "agent", FIRST_CYCLE + SECOND_CYCLE);
    }

    @BeforeEach
    void lay() throws IOException {
        file = root.resolve("index");
        queue = new LaidOutQueue(root, documents)
                .append(FIRST_CYCLE)
                .nextCycle()
                .append(SECOND_CYCLE)
                .dead();
    }

    private TraceIndexRebuild rebuild(int cycle) {
        return new TraceIndexRebuild(queue, LaidOutQueue.cycle(cycle), true, file, buffers);
    }

    private void finish(TraceIndexRebuild rebuild) {
        while (!rebuild.doWork(document, bytes, 2)) {
            // until it has ended
        }
    }

    /** Checks that the traces of documents are found where they are. */
    private void assertFinds(int from, int to) {
        assertEquals(to - from - 1, index.coveredSequence());
        for (int i = from; i < to; i++) {
            final ByteBuffer one = documents.all.get(i).bytes();
            assertTrue(document.wrap(one, 0, one.limit()));
            for (int record = 0; record < document.count(); record++) {
                final List<Integer> found = new ArrayList<>();
                final int at = document.offset(record);
                assertTrue(index.find(
                        RecordLayout.traceIdHigh(document.buffer(), at),
                        RecordLayout.traceIdLow(document.buffer(), at),
                        found::add));
                assertTrue(found.contains(i - from));
            }
        }
    }

    @Test
    void indexesOneFileInSlices() throws IOException {
        final TraceIndexRebuild rebuild = rebuild(0);
        assertFalse(rebuild.doWork(document, bytes, FIRST_CYCLE));
        assertFalse(index.open(file));
        assertTrue(rebuild.doWork(document, bytes, 1));
        assertTrue(rebuild.isSuccessful());
        assertTrue(index.open(file));
        assertTrue(index.isSealed());
        assertFinds(0, FIRST_CYCLE);
    }

    @Test
    void replacesADamagedIndex() throws IOException {
        Files.write(file, new byte[100]);
        assertTrue(index.open(file) && index.isDamaged());
        finish(rebuild(1));
        assertTrue(index.open(file));
        assertFinds(FIRST_CYCLE, FIRST_CYCLE + SECOND_CYCLE);
        assertTrue(index.isSealed());
    }

    @Test
    void leavesOpenAFileThatMayGrow() {
        finish(new TraceIndexRebuild(queue, LaidOutQueue.cycle(1), false, file, buffers));
        assertTrue(index.open(file));
        assertFinds(FIRST_CYCLE, FIRST_CYCLE + SECOND_CYCLE);
        assertFalse(index.isSealed());
    }

    @Test
    void coversWhatIsReadable() throws IOException {
        final Path cycle = CycleFiles.file(queue, LaidOutQueue.cycle(1));
        final long end = endOf(cycle, SECOND_CYCLE - 2);
        try (FileChannel channel = FileChannel.open(cycle, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {0, 0, 0, 0x3f}), end);
        }
        final TraceIndexRebuild rebuild = rebuild(1);
        finish(rebuild);
        assertTrue(rebuild.isSuccessful());
        assertTrue(index.open(file));
        assertFalse(index.isSealed());
        assertFinds(FIRST_CYCLE, FIRST_CYCLE + SECOND_CYCLE - 1);
    }

    /** The end of a document, at which the length of the next one is. */
    private static long endOf(Path cycle, int number) throws IOException {
        final byte[] used = QueueFiles.used(cycle);
        final int begin = QueueFiles.documents(used).get(number);
        final int end = QueueFiles.end(used, begin);
        return end + (-end & Integer.BYTES - 1);
    }

    @Test
    void keepsTheOldIndexWithoutAQueueFile() throws IOException {
        Files.write(file, new byte[1]);
        final TraceIndexRebuild rebuild = rebuild(2);
        finish(rebuild);
        assertFalse(rebuild.isSuccessful());
        assertEquals(1, Files.size(file));
    }

    @Test
    void leavesNothingBehindWhenClosedEarly() throws IOException {
        final TraceIndexRebuild rebuild = rebuild(0);
        rebuild.doWork(document, bytes, 1);
        rebuild.close();
        assertTrue(rebuild.doWork(document, bytes, 1));
        assertFalse(rebuild.isSuccessful());
        try (var files = Files.list(root)) {
            assertEquals(List.of(queue), files.toList());
        }
    }
}
