package io.kraken.tracer.bridge.queues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.BridgeRig;
import io.kraken.tracer.bridge.ScriptedDestination;
import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.ring.queue.DiskUse;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.kraken.tracer.ring.queue.ReclaimableBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of which queue files the window keeps, and which ones go at the disk limit. */
class LogWindowTest {

    @TempDir
    static Path scratch;

    private static SpanDocuments documents;

    @TempDir
    Path root;

    private final BridgeRig.Setup setup = new BridgeRig.Setup();

    @BeforeAll
    static void write() throws IOException {
        documents = new SpanDocuments(scratch, "agent", 30);
    }

    private LaidOutQueue threeCycles() throws IOException {
        return LaidOutQueue.threeCycles(root, documents);
    }

    private LaidOutQueue oneCycle(long startedNs) throws IOException {
        return new LaidOutQueue(root, documents, startedNs).append(10);
    }

    private static List<String> names(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().collect(Collectors.toList());
        }
    }

    private static long bytes(Path directory) throws IOException {
        return new DiskUse().of(directory);
    }

    // --- the disk limit

    @Test
    void deletesTheOldestCycleUnshippedAtTheDiskLimit() throws IOException {
        try (LaidOutQueue laid = threeCycles()) {
            setup.diskBytes = bytes(laid.path()) - 1;
            setup.requestBytes = 2048;
            try (BridgeRig rig = new BridgeRig(root, setup)) {
                rig.destination.always = ScriptedDestination.UNAVAILABLE;
                rig.untilIdle();
                rig.later(2, TimeUnit.SECONDS);
                rig.destination.always = ScriptedDestination.TAKEN;
                rig.later(60, TimeUnit.SECONDS);
                assertEquals(1, rig.janitor.doomedCycles());
                final int all = documents.numbers(0, 30).size();
                final long lost = rig.shipper.counts().get(ShipCount.LOST);
                // Spans that were in a request already are not lost.
                assertTrue(lost > 0 && lost <= documents.numbers(0, 10).size(), () -> lost + " lost");
                rig.assertLedger(all, ShipCount.SENT, (int) (all - lost));
                assertTrue(rig.destination.taken().containsAll(documents.numbers(10, 30)));
            }
        }
    }

    @Test
    void enforcesTheDiskLimitWhileAllRequestsWait() throws IOException {
        setup.requestBytes = 4096;
        try (LaidOutQueue other = oneCycle(0);
                LaidOutQueue laid = threeCycles()) {
            setup.diskBytes = bytes(other.path()) + bytes(laid.path()) + (1 << 20);
            try (BridgeRig rig = new BridgeRig(root, setup)) {
                rig.destination.always = ScriptedDestination.UNAVAILABLE;
                rig.untilIdle();
                rig.later(1, TimeUnit.SECONDS);
                assertTrue(rig.shipper.waiting() > 0);
                assertEquals(List.of(0, 1, 2), LaidOutQueue.cycles(laid.path()));
                final Path large = Files.write(laid.path().resolve("large"), new byte[(1 << 20) + 1]);
                rig.later(5, TimeUnit.SECONDS);
                assertEquals(List.of(1, 2), LaidOutQueue.cycles(laid.path()));
                Files.write(laid.path().resolve("larger"), new byte[1 << 25]);
                rig.later(5, TimeUnit.SECONDS);
                assertEquals(List.of(2), LaidOutQueue.cycles(laid.path()));
                assertEquals(List.of(0), LaidOutQueue.cycles(other.path()));
                rig.destination.always = ScriptedDestination.TAKEN;
                rig.later(2, TimeUnit.MINUTES);
                assertShippedOrLost(rig);
            }
        }
    }

    /** Asserts that every span was either shipped or counted as lost, of two queues with the same documents. */
    private static void assertShippedOrLost(BridgeRig rig) {
        final int read =
                documents.numbers(0, 10).size() + documents.numbers(0, 30).size();
        final long lost = rig.shipper.counts().get(ShipCount.LOST);
        rig.assertLedger(read, ShipCount.SENT, (int) (read - lost));
        assertTrue(lost > 0 && lost <= documents.numbers(0, 20).size(), () -> lost + " lost");
        final List<Long> taken = rig.destination.taken();
        assertEquals(read - lost, taken.size());
        assertTrue(taken.containsAll(documents.numbers(20, 30)));
        assertTrue(taken.containsAll(documents.numbers(0, 10)));
    }

    @Test
    void deletesAWholeDeadQueueAtTheDiskLimit() throws IOException {
        final LaidOutQueue laid = threeCycles();
        laid.close();
        setup.requestBytes = 2048;
        setup.diskBytes = 1;
        try (BridgeRig rig = new BridgeRig(root, setup)) {
            rig.destination.always = ScriptedDestination.UNAVAILABLE;
            rig.untilIdle();
            rig.later(5, TimeUnit.SECONDS);
            // Spans in a request do not need the file any more.
            assertEquals(List.of(), LaidOutQueue.cycles(laid.path()));
            rig.destination.always = ScriptedDestination.TAKEN;
            rig.untilEmpty(root, 60);
            final long lost = rig.shipper.counts().get(ShipCount.LOST);
            assertTrue(lost >= documents.numbers(0, 10).size());
            rig.assertLedger(documents.numbers(0, 30).size());
        }
    }

    @Test
    void deletesADoomedCycleThatReadersCannotPass() throws IOException {
        try (LaidOutQueue broken = threeCycles()) {
            // The position file cannot be written, so the queue is not shipped.
            Files.createDirectories(root.resolve(".bridge/positions/scripted")
                    .resolve(broken.path().getFileName())
                    .resolve("x"));
            setup.diskBytes = bytes(broken.path()) - 1;
            try (BridgeRig rig = new BridgeRig(root, setup)) {
                rig.untilIdle();
                rig.later(10, TimeUnit.SECONDS);
                assertEquals(List.of(0, 1, 2), LaidOutQueue.cycles(broken.path()));
                rig.later(30, TimeUnit.SECONDS);
                assertEquals(List.of(1, 2), LaidOutQueue.cycles(broken.path()));
                assertEquals(List.of(broken.path()), QueueRoot.list(root));
            }
        }
    }

    @Test
    void deletesQuarantineFirstAtTheDiskLimit() throws IOException {
        final LaidOutQueue damaged = oneCycle(0);
        QueueFiles.corrupt(damaged.file(0), 3);
        damaged.close();
        try (LaidOutQueue laid = threeCycles()) {
            setup.diskBytes = bytes(laid.path()) + bytes(damaged.path());
            try (BridgeRig rig = new BridgeRig(root, setup)) {
                rig.untilIdle();
                rig.destination.always = ScriptedDestination.UNAVAILABLE;
                rig.later(1, TimeUnit.SECONDS);
                assertEquals(
                        1, names(root.resolve(".bridge").resolve("quarantine")).size());
                laid.nextCycle().append(documents.all.get(0).bytes());
                Files.write(laid.path().resolve("large"), new byte[1 << 26]);
                rig.later(1, TimeUnit.SECONDS);
                assertEquals(List.of(), names(root.resolve(".bridge").resolve("quarantine")));
                assertEquals(0, rig.shipper.counts().get(ShipCount.LOST));
            }
        }
    }

    // --- the window

    @Test
    void keepsShippedFilesInTheWindowAndTellsTheServices() throws IOException {
        setup.windowNs = TimeUnit.MINUTES.toNanos(10);
        try (LaidOutQueue laid = threeCycles();
                BridgeRig rig = new BridgeRig(root, setup)) {
            rig.untilIdle();
            rig.later(5, TimeUnit.MINUTES);
            assertEquals(documents.numbers(0, 30), rig.destination.taken());
            assertEquals(List.of(0, 1, 2), LaidOutQueue.cycles(laid.path()));
            assertTrue(rig.janitor.reclaimableBytes() > 0);
            assertEquals(rig.janitor.reclaimableBytes(), ReclaimableBytes.read(root));
            rig.later(6, TimeUnit.MINUTES);
            assertEquals(List.of(2), LaidOutQueue.cycles(laid.path()));
            assertEquals(0, ReclaimableBytes.read(root));
            assertEquals(2, rig.janitor.deletedCycles());
        }
    }

    @Test
    void deletesShippedFilesFirstAtTheDiskLimit() throws IOException {
        setup.windowNs = TimeUnit.HOURS.toNanos(1);
        setup.destinations = 2;
        try (LaidOutQueue laid = threeCycles()) {
            setup.diskBytes = bytes(laid.path()) + (1 << 20);
            try (BridgeRig rig = new BridgeRig(root, setup)) {
                rig.untilIdle();
                rig.later(5, TimeUnit.SECONDS);
                assertEquals(List.of(0, 1, 2), LaidOutQueue.cycles(laid.path()));
                Files.write(laid.path().resolve("large"), new byte[(1 << 20) + 1]);
                rig.later(5, TimeUnit.SECONDS);
                assertTrue(LaidOutQueue.cycles(laid.path()).size() < 3);
                assertEquals(0, rig.janitor.doomedCycles());
                rig.assertLedger(documents.numbers(0, 30).size(), ShipCount.LOST, 0);
            }
        }
    }
}
