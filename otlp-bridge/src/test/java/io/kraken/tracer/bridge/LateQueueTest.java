package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A queue directory that is found before its process has created the queue. */
class LateQueueTest {

    private static final int SPANS = 100;

    @TempDir
    Path folder;

    @Test
    void shipsDocumentsAppendedAfterDiscoveryWhenProcessDies() throws IOException {
        final Path elsewhere = folder.resolve("elsewhere");
        new QueuedSpans(elsewhere, "agent").sampled(SPANS).close();
        final Path made = QueueRoot.list(elsewhere).get(0);
        final Path root = folder.resolve("root");
        try (BridgeRig rig = new BridgeRig(Files.createDirectory(root))) {
            final QueueDirectory living = QueueDirectory.create(root, QueueDescriptor.read(made));
            rig.later(1, TimeUnit.SECONDS);
            copyQueue(made, living.path());
            living.close();
            rig.later(2, TimeUnit.SECONDS);
            assertEquals(SPANS, rig.destination.taken().size());
            assertEquals(List.of(), QueueRoot.list(root));
            assertEquals(0, rig.janitor.quarantined());
        }
    }

    private static void copyQueue(Path from, Path to) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(from, "*.cq4*")) {
            for (Path file : files) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }
}
