package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of unreadable data at the end of a dead process's queue. */
class UnpublishedDocumentTest {

    private static final int SPANS = 1000;
    private static final int HEADER = Integer.BYTES;

    @TempDir
    Path root;

    private Path file;
    private final List<Integer> documents = new ArrayList<>();

    @BeforeEach
    void makeQueue() throws IOException {
        new QueuedSpans(root, "agent").sampled(SPANS).close();
        final Path directory = QueueRoot.list(root).get(0);
        file = CycleFiles.file(directory, CycleFiles.cycles(directory)[0]);
        final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < bytes.capacity() - Long.BYTES; at += HEADER) {
            if (bytes.getLong(at) == BatchLayout.MAGIC) {
                documents.add(at);
            }
        }
        assertTrue(documents.size() > 5);
    }

    private void zero(int from, int to) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(from);
            out.write(new byte[to - from]);
        }
    }

    @Test
    void ignoresADocumentThatWasNotPublished() throws IOException {
        final int last = documents.get(documents.size() - 1);
        zero(last - HEADER, last);
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.later(1, TimeUnit.SECONDS);
            assertEquals(List.of(), QueueRoot.list(root));
            assertEquals(0, rig.janitor.quarantined());
        }
    }

    @Test
    void quarantinesDocumentsAfterALostOne() throws IOException {
        zero(documents.get(3) - HEADER, documents.get(4) - HEADER);
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.later(1, TimeUnit.SECONDS);
            assertEquals(List.of(), QueueRoot.list(root));
            assertEquals(1, rig.janitor.quarantined());
        }
    }
}
