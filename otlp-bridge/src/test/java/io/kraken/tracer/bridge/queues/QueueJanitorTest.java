package io.kraken.tracer.bridge.queues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.BridgeRig;
import io.kraken.tracer.bridge.ScriptedDestination;
import io.kraken.tracer.bridge.ship.PositionFiles;
import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the janitor's treatment of queue files, shipped and unshipped. */
class QueueJanitorTest {

    @TempDir
    static Path scratch;

    private static SpanDocuments documents;

    @TempDir
    Path root;

    private final BridgeRig.Setup setup = new BridgeRig.Setup();
    private Path quarantine;
    private Path positions;

    @BeforeAll
    static void write() throws IOException {
        documents = new SpanDocuments(scratch, "agent", 30);
    }

    @BeforeEach
    void names() {
        quarantine = root.resolve(".bridge").resolve("quarantine");
        positions = root.resolve(".bridge").resolve("positions").resolve("scripted");
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

    @Test
    void deletesCyclesShippedToAllDestinationsButNotTheLast() throws IOException {
        setup.destinations = 2;
        try (LaidOutQueue laid = threeCycles();
                BridgeRig rig = new BridgeRig(root, setup)) {
            rig.destinations.get(1).always = ScriptedDestination.UNAVAILABLE;
            rig.untilIdle();
            rig.later(2, TimeUnit.SECONDS);
            assertEquals(documents.numbers(0, 30), rig.destination.taken());
            assertEquals(List.of(0, 1, 2), LaidOutQueue.cycles(laid.path()));
            rig.destinations.get(1).always = ScriptedDestination.TAKEN;
            rig.later(60, TimeUnit.SECONDS);
            assertEquals(documents.numbers(0, 30), rig.destinations.get(1).taken());
            assertEquals(List.of(2), LaidOutQueue.cycles(laid.path()));
            assertEquals(2, rig.janitor.deletedCycles());
        }
    }

    /** Whose files began every five minutes, and whose positions numbered these periods. */
    @Test
    void shipsTheRestOfAQueueOfAnEarlierVersion() throws IOException {
        final LaidOutQueue laid = new LaidOutQueue(root, documents).append(10);
        for (int i = 0; i < 15; i++) {
            laid.nextCycle();
        }
        final Path directory = laid.append(20).dead();
        Files.move(directory.resolve("20270115-120000.cq4"), directory.resolve("20270115-1200V.cq4"));
        Files.move(directory.resolve("20270115-120500.cq4"), directory.resolve("20270115-1205V.cq4"));
        final long formerCycle = 1_800_014_400 / 300 + 1;
        PositionFiles.writeFirstVersion(
                Files.createDirectories(positions).resolve(directory.getFileName()), formerCycle << 32 | 4, 15);
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.untilEmpty(root, 30);
            assertEquals(documents.numbers(15, 30), rig.destination.taken());
            assertEquals(0, rig.janitor.quarantined());
        }
    }

    @Test
    void keepsTheDirectoryOfAnIdleLiveProcess() throws IOException {
        try (LaidOutQueue laid = threeCycles();
                BridgeRig rig = new BridgeRig(root)) {
            rig.untilIdle();
            rig.later(10, TimeUnit.MINUTES);
            assertEquals(List.of(laid.path()), QueueRoot.list(root));
            assertEquals(List.of(laid.path().getFileName().toString()), names(positions));
            laid.dead();
            rig.later(7, TimeUnit.SECONDS);
            assertEquals(List.of(), QueueRoot.list(root));
            assertEquals(List.of(), names(positions));
            rig.assertLedger(documents.numbers(0, 30).size(), ShipCount.LOST, 0);
        }
    }

    @Test
    void keepsADeadQueueUntilAllDestinationsHaveIt() throws IOException {
        setup.destinations = 2;
        threeCycles().close();
        try (BridgeRig rig = new BridgeRig(root, setup)) {
            rig.destinations.get(1).always = ScriptedDestination.UNAVAILABLE;
            rig.untilIdle();
            rig.later(2, TimeUnit.MINUTES);
            assertEquals(1, QueueRoot.list(root).size());
            rig.destinations.get(1).always = ScriptedDestination.TAKEN;
            rig.untilEmpty(root, 60);
            assertEquals(documents.numbers(0, 30), rig.destinations.get(1).taken());
        }
    }

    @Test
    void quarantinesDamagedQueuesAndDeletesThemLater() throws IOException {
        setup.quarantineNs = TimeUnit.HOURS.toNanos(1);
        final LaidOutQueue laid = threeCycles();
        QueueFiles.corrupt(laid.file(1), 3);
        final String name = laid.dead().getFileName().toString();
        try (BridgeRig rig = new BridgeRig(root, setup)) {
            rig.untilEmpty(root, 5);
            assertEquals(List.of(name), names(quarantine));
            assertEquals(List.of(), names(positions));
            assertEquals(1, rig.janitor.quarantined());
            rig.later(1, TimeUnit.MINUTES);
            assertEquals(List.of(name), names(quarantine));
            final Instant earlier = Instant.now().minus(Duration.ofMinutes(61));
            Files.setLastModifiedTime(quarantine.resolve(name), FileTime.from(earlier));
            rig.later(6, TimeUnit.SECONDS);
            assertEquals(List.of(), names(quarantine));
        }
    }

    @Test
    void quarantinesAQueueWithUnreachableDocuments() throws IOException {
        final LaidOutQueue laid = threeCycles();
        QueueFiles.zero(laid.file(2), 5);
        final String name = laid.dead().getFileName().toString();
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.untilEmpty(root, 30);
            assertEquals(documents.numbers(0, 25), rig.destination.taken());
            assertEquals(List.of(name), names(quarantine));
        }
    }

    @Test
    void quarantinesAQueueDamagedAfterTheHeadReader() throws IOException {
        setup.requestBytes = 4096;
        final LaidOutQueue laid = threeCycles();
        laid.close();
        try (BridgeRig rig = new BridgeRig(root, setup)) {
            rig.destination.always = ScriptedDestination.UNAVAILABLE;
            rig.untilIdle();
            QueueFiles.breakLength(laid.file(2), 5);
            rig.destination.always = ScriptedDestination.TAKEN;
            rig.untilEmpty(root, 60);
            final List<Long> expected = documents.numbers(0, 25);
            expected.addAll(documents.numbers(26, 30));
            assertEquals(expected, rig.destination.taken());
            rig.assertLedger(
                    documents.numbers(0, 30).size(),
                    ShipCount.UNREADABLE,
                    documents.numbers(25, 26).size());
            assertEquals(1, rig.janitor.quarantined());
        }
    }

    // --- queues that appear and disappear

    @Test
    void shipsADirectoryThatAppearsLater() throws IOException {
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.untilIdle();
            rig.later(1, TimeUnit.SECONDS);
            try (LaidOutQueue laid = threeCycles()) {
                rig.later(1, TimeUnit.SECONDS);
                assertEquals(documents.numbers(0, 30), rig.destination.taken());
                assertEquals(List.of(2), LaidOutQueue.cycles(laid.path()));
            }
        }
    }

    @Test
    void shipsMoreQueuesThanAreReadAtATime() throws IOException {
        setup.mostQueues = 2;
        final List<Long> expected = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            oneCycle(i).close();
            expected.addAll(documents.numbers(0, 10));
        }
        expected.sort(null);
        try (BridgeRig rig = new BridgeRig(root, setup)) {
            rig.untilIdle();
            assertEquals(2, rig.queues.list().size());
            rig.untilEmpty(root, 20);
            assertEquals(expected, rig.destination.taken());
        }
    }

    @Test
    void forgetsAQueueDeletedByAnotherProcess() throws IOException {
        setup.requestBytes = 4096;
        final Path gone = threeCycles().dead();
        final Path other = oneCycle(Long.MAX_VALUE).dead();
        try (BridgeRig rig = new BridgeRig(root, setup)) {
            rig.destination.always = ScriptedDestination.UNAVAILABLE;
            rig.untilIdle();
            QueueRoot.delete(gone);
            rig.later(1, TimeUnit.SECONDS);
            assertEquals(List.of(other.getFileName().toString()), names(positions));
            rig.destination.always = ScriptedDestination.TAKEN;
            rig.untilEmpty(root, 60);
            assertEquals(List.of(), names(positions));
            assertTrue(rig.destination.taken().containsAll(documents.numbers(0, 10)));
            BridgeRig.assertLedgerClosed(rig.shipper);
            assertEquals(0, rig.shipper.waiting());
        }
    }

    @Test
    void quarantinesADirectoryThatCannotBeDeleted() throws IOException {
        final Path laid = threeCycles().dead();
        Files.write(Files.createDirectory(laid.resolve("foreign")).resolve("file"), new byte[1]);
        oneCycle(Long.MAX_VALUE).close();
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.untilEmpty(root, 10);
            assertEquals(List.of(laid.getFileName().toString()), names(quarantine));
            assertEquals(List.of(), names(positions));
        }
    }

    @Test
    void readsOnceADirectoryThatCanBeNeitherDeletedNorMoved() throws IOException {
        final Path laid = threeCycles().dead();
        Files.write(Files.createDirectory(laid.resolve("foreign")).resolve("file"), new byte[1]);
        try (BridgeRig rig = new BridgeRig(root)) {
            Files.createDirectories(quarantine.resolve(laid.getFileName()).resolve("already"));
            rig.untilIdle();
            rig.later(10, TimeUnit.SECONDS);
            assertEquals(List.of(laid), QueueRoot.list(root));
            assertEquals(List.of(), rig.queues.list());
            assertEquals(documents.numbers(0, 30), rig.destination.taken());
            oneCycle(Long.MAX_VALUE).close();
            rig.later(2, TimeUnit.SECONDS);
            assertEquals(List.of(laid), QueueRoot.list(root));
        }
    }

    @Test
    void deletesOldUnfinishedDirectories() throws IOException {
        final Path unfinished = Files.createDirectory(root.resolve(".new-one"));
        Files.write(unfinished.resolve("lock"), new byte[0]);
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.untilIdle();
            assertTrue(Files.exists(unfinished));
            Files.setLastModifiedTime(unfinished, FileTime.from(Instant.now().minus(Duration.ofMinutes(2))));
            rig.later(6, TimeUnit.SECONDS);
            assertFalse(Files.exists(unfinished));
        }
    }

    @Test
    void deletesPositionsOfMissingQueuesAtTheStart() throws IOException {
        try (LaidOutQueue laid = threeCycles()) {
            new BridgeRig(root).close();
            Files.write(positions.resolve("gone"), new byte[128]);
            try (BridgeRig rig = new BridgeRig(root)) {
                rig.untilIdle();
                assertEquals(List.of(laid.path().getFileName().toString()), names(positions));
            }
        }
    }
}
