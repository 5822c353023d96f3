package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.bridge.ship.Shipper;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services that are killed while they append as fast as they can, and a bridge that keeps running. */
@Tag("slow")
class KilledServiceTest {

    private static final int KILLS = 20;
    private static final int MOST_SPANS = 100_000;
    private static final long SEED = 20;

    @TempDir
    Path folder;

    private Path root;
    private final Map<String, Long> queued = new HashMap<>();

    @Test
    void shipsQueuedSpansOnceAndDeletesTheDirectories() throws IOException, InterruptedException {
        root = folder.resolve("queues");
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                Bridge bridge = Bridge.start(
                        new BridgeSetup(root).grpc("receiver", receiver.port()).config())) {
            killOneAfterTheOther();
            queued.forEach(receiver.book::awaitAll);
            Waiting.until("the directories of the dead to go", () -> list().isEmpty());
            assertEquals(List.of(), QueueRoot.list(root.resolve(".bridge").resolve("quarantine")));
            assertEquals(0, receiver.book.duplicates());
            final Shipper shipper = bridge.shippers().get(0);
            Ledgers.assertClosed(shipper);
            assertEquals(receiver.book.distinct(), shipper.counts().get(ShipCount.SENT));
            assertEquals(shipper.counts().get(ShipCount.READ), shipper.counts().get(ShipCount.SENT));
        }
    }

    /** The next one starts while one is still appending. */
    private void killOneAfterTheOther() throws IOException, InterruptedException {
        final Random random = new Random(SEED);
        NumberingService next = start(1);
        for (int kill = 1; kill <= KILLS; kill++) {
            try (NumberingService service = next) {
                next = kill < KILLS ? start(kill + 1) : null;
                service.awaitQueued(1 + random.nextInt(MOST_SPANS));
                queued.put(service.name, service.kill());
            }
        }
    }

    private NumberingService start(int number) throws IOException {
        return NumberingService.forEver(Files.createDirectories(folder), root, "service-" + number, 0);
    }

    private List<Path> list() {
        try {
            return QueueRoot.list(root);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
