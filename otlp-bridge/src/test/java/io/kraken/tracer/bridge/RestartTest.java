package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.bridge.ship.Shipper;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The position at which a restarted bridge continues, for each destination. */
class RestartTest {

    private static final String SERVICE = "agent";
    private static final int SPANS = 5000;

    @TempDir
    Path folder;

    private Path root;

    @BeforeEach
    void place() {
        root = folder.resolve("queues");
    }

    private boolean isRootEmpty() {
        try {
            return QueueRoot.list(root).isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @Tag("slow")
    void resendsAllAndLogsItIfThePositionIsDamaged() throws IOException, InterruptedException {
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                QueuedSpans agent =
                        new QueuedSpans(root, SERVICE).sampled(SPANS).settle()) {
            final BridgeSetup setup = new BridgeSetup(root).grpc("receiver", receiver.port());
            try (Bridge bridge = Bridge.start(setup.config())) {
                receiver.book.awaitAll(SERVICE, SPANS);
                assertEquals(1, bridge.shippers().size());
            }
            final Path queue = QueueRoot.list(root).get(0);
            final Path position = root.resolve(".bridge")
                    .resolve("positions")
                    .resolve("receiver")
                    .resolve(queue.getFileName());
            Files.write(position, "not a position at all ".repeat(10).getBytes(StandardCharsets.UTF_8));
            try (ForkedMain next =
                    ForkedMain.start(folder.resolve("next.log"), BridgeOfItsOwnMain.class, setup.arguments())) {
                Waiting.until("all of it once more", () -> receiver.book.duplicates() == SPANS);
                next.awaitOutput("position file damaged");
                agent.sampled(10).settle();
                receiver.book.awaitAll(SERVICE, SPANS + 10);
                next.terminate();
            }
            assertEquals(SPANS, receiver.book.duplicates());
        }
    }

    @Test
    void keepsFilesForADestinationThatIsDownWithoutDelayingOthers() throws IOException {
        try (GrpcSpanServer well = new GrpcSpanServer();
                GrpcSpanServer ill = new GrpcSpanServer()) {
            ill.down();
            final BridgeSetup setup = new BridgeSetup(root)
                    .delayMs(1000)
                    .drainMs(200)
                    .retryMs(20)
                    .grpc("ill", ill.port())
                    .grpc("well", well.port());
            new QueuedSpans(root, SERVICE).sampled(SPANS).close();
            try (Bridge bridge = Bridge.start(setup.config())) {
                well.book.awaitAll(SERVICE, SPANS);
                final Shipper failing = bridge.shippers().get(0);
                final long tries = failing.counts().get(ShipCount.RETRIES) + 2;
                Waiting.until("more tries", () -> failing.counts().get(ShipCount.RETRIES) >= tries);
                assertEquals(1, QueueRoot.list(root).size());
            }
            try (Bridge next = Bridge.start(setup.config())) {
                assertEquals(2, next.shippers().size());
                ill.up();
                ill.book.awaitAll(SERVICE, SPANS);
                Waiting.until("the directory to go", this::isRootEmpty);
                next.shippers().forEach(Ledgers::assertClosed);
            }
            assertEquals(0, ill.book.duplicates());
            assertEquals(0, well.book.duplicates());
        }
    }
}
