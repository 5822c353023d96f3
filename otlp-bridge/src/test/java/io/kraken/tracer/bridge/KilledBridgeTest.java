package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.ship.PositionFiles;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A bridge that is killed repeatedly while a service appends spans. */
@Tag("slow")
class KilledBridgeTest {

    private static final int KILLS = 20;
    private static final long SPANS_PER_SECOND = 20_000;
    private static final int REQUESTS = 4;
    private static final int REQUEST_BYTES = 64 << 10;
    private static final int MOST_SPANS_OF_A_DOCUMENT = 64;
    private static final String RECEIVER = "receiver";
    private static final long SEED = 9;

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);
    private final Map<Path, Long> positions = new HashMap<>();
    private Path root;

    @Test
    @Timeout(300)
    void deliversAllWithAtMostAWindowOfDuplicatesPerKill() throws IOException, InterruptedException {
        root = folder.resolve("queues");
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                NumberingService service = NumberingService.forEver(folder, root, "service", SPANS_PER_SECOND)) {
            service.awaitQueued(1);
            for (int kill = 1; kill <= KILLS; kill++) {
                killOne(receiver, kill);
                assertPositionsNeverGoBack();
            }
            final long queued = service.kill();
            try (ForkedMain last = start(receiver, KILLS + 1)) {
                receiver.book.awaitAll(service.name, queued);
                Waiting.until("the directory of the dead to go", this::isRootEmpty);
                last.terminate();
            }
            assertTrue(
                    receiver.book.duplicates() <= KILLS * window(receiver),
                    () -> receiver.book.duplicates() + " duplicates");
        }
    }

    /**
     * The maximum number of duplicate spans after a kill: those of the requests ahead of the position (one more than
     * the limit in flight, if the last document does not fit into the last request), and the spans of the document at
     * the border that were in the acknowledged request before.
     */
    private static long window(GrpcSpanServer receiver) {
        return (REQUESTS + 1L) * receiver.book.mostSpansOfARequest() + MOST_SPANS_OF_A_DOCUMENT;
    }

    private ForkedMain start(GrpcSpanServer receiver, int number) throws IOException {
        final BridgeSetup setup =
                new BridgeSetup(root).requests(REQUESTS, REQUEST_BYTES).grpc(RECEIVER, receiver.port());
        return ForkedMain.start(
                folder.resolve("bridge-" + number + ".log"), BridgeOfItsOwnMain.class, setup.arguments());
    }

    /** Starts and kills a bridge; some are killed before they have sent anything, while they still read. */
    private void killOne(GrpcSpanServer receiver, int number) throws IOException, InterruptedException {
        final long wanted = receiver.requests() + (number % 5 == 0 ? 0 : 1 + random.nextInt(50));
        try (ForkedMain bridge = start(receiver, number)) {
            bridge.awaitOutput(BridgeOfItsOwnMain.STARTED);
            Waiting.until("requests of bridge " + number, () -> receiver.requests() >= wanted);
            bridge.kill();
        }
    }

    private void assertPositionsNeverGoBack() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(
                root.resolve(".bridge").resolve("positions").resolve(RECEIVER))) {
            for (Path file : files) {
                final long before = positions.getOrDefault(file, 0L);
                final long index = PositionFiles.index(file);
                assertTrue(index >= before, () -> file + " has gone back");
                positions.put(file, index);
            }
        }
    }

    private boolean isRootEmpty() {
        try {
            return QueueRoot.list(root).isEmpty();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
