package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kraken.tracer.Commands;
import io.kraken.tracer.Key;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.bridge.queues.LaidOutQueue;
import io.kraken.tracer.bridge.queues.SpanDocuments;
import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full disk costs spans, but harms neither the service nor the bridge. */
class DiskFullTest {

    private static final SpanName WORK = SpanName.of("work");
    private static final StringKey TEXT = Key.ofString("text");
    private static final String LONG_TEXT = "x".repeat(800);
    private static final int A_FEW = 500;
    private static final long MEGABYTE = 1 << 20;
    private static final int DISK_MEGABYTES = 96;
    /** More than a new queue needs. */
    private static final int QUEUE_MEGABYTES = 48;

    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

    @TempDir
    Path folder;

    private static void until(BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "timeout");
            Thread.onSpinWait();
        }
    }

    private static void record(Tracer tracer, int count) {
        for (int i = 0; i < count; i++) {
            try (Span span = tracer.start(WORK)) {
                span.set(QueuedSpans.NUMBER, i).set(TEXT, LONG_TEXT);
            }
        }
    }

    private static long handled(Tracer tracer) {
        return tracer.ledger().count(Counter.QUEUED)
                + tracer.ledger().count(Counter.QUEUE_DOWN)
                + tracer.ledger().count(Counter.QUEUE_FULL);
    }

    /** Records and waits, so that no span is dropped for want of a free record. */
    private static void recordAndWait(Tracer tracer) {
        record(tracer, A_FEW);
        until(() -> handled(tracer) == tracer.ledger().ended());
    }

    private static long free(Path disk) {
        try {
            return Files.getFileStore(disk).getUsableSpace();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void fill(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (true) {
                channel.write(ByteBuffer.allocate((int) MEGABYTE));
            }
        } catch (IOException e) {
            assertTrue(Files.size(file) > MEGABYTE, e::toString);
        }
    }

    @Test
    void freesADiskSoThatTheServiceQueuesAgain() throws Exception {
        final Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                Commands.succeeds(
                        "mount",
                        "-t",
                        "tmpfs",
                        "-o",
                        "size=" + DISK_MEGABYTES + "m,mode=700",
                        "kraken",
                        disk.toString()),
                "cannot mount a small file system here: requires a privileged user");
        try {
            fillAndRecover(disk);
        } finally {
            assertTrue(
                    Commands.succeeds("umount", disk.toString()) || Commands.succeeds("umount", "-l", disk.toString()));
        }
    }

    private static void fillAndRecover(Path disk) throws IOException {
        final Path root = Files.createDirectory(disk.resolve("queues"));
        final Tracer tracer = Tracer.create(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName("agent")
                .with(ExportSettings.SINK, ExportSettings.QUEUE)
                .with(ExportSettings.QUEUE_DIR, root.toString())
                .with(ExportSettings.QUEUE_RESERVE_MEGABYTES, 0)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE));
        try (BridgeRig rig = new BridgeRig(root)) {
            while (free(disk) > (DISK_MEGABYTES - QUEUE_MEGABYTES) * MEGABYTE) {
                recordAndWait(tracer);
            }
            assertEquals(tracer.ledger().ended(), tracer.ledger().count(Counter.QUEUED));
            fill(disk.resolve("another-file"));
            until(
                    () -> { // an append fails, or the sink notices the full disk first
                        recordAndWait(tracer);
                        return tracer.ledger().count(Counter.QUEUE_DOWN)
                                        + tracer.ledger().count(Counter.QUEUE_FULL)
                                > 0;
                    });
            final long before = tracer.ledger().count(Counter.QUEUED);
            until(() -> {
                rig.later(1, TimeUnit.SECONDS);
                record(tracer, 1);
                return tracer.ledger().count(Counter.QUEUED) > before;
            });
            tracer.close();
            rig.untilEmpty(root, 120);
            assertEquals(tracer.ledger().ended(), handled(tracer));
            final long sent = rig.shipper.counts().get(ShipCount.SENT);
            assertTrue(sent >= tracer.ledger().count(Counter.QUEUED), () -> sent + " sent, " + tracer.ledger());
            assertTrue(free(disk) > QUEUE_MEGABYTES / 2 * MEGABYTE);
            BridgeRig.assertLedgerClosed(rig.shipper);
        } finally {
            tracer.close();
        }
    }

    @Test
    void shipsAndDeletesAllWithoutAWritablePosition() throws IOException {
        final Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "there is no device that is always full");
        final Path root = Files.createDirectory(folder.resolve("queues"));
        final SpanDocuments documents = new SpanDocuments(folder.resolve("scratch"), "agent", 20);
        try (LaidOutQueue laid =
                        new LaidOutQueue(root, documents).append(10).nextCycle().append(10);
                BridgeRig rig = new BridgeRig(root)) {
            final Path positions = root.resolve(".bridge").resolve("positions").resolve("scripted");
            Files.createSymbolicLink(positions.resolve(laid.path().getFileName()), full);
            rig.untilIdle();
            rig.later(2, TimeUnit.SECONDS);
            assertEquals(documents.numbers(0, 20), rig.destination.taken());
            assertTrue(rig.shipper.counts().get(ShipCount.POSITION_FAILURES) > 0);
            assertEquals(1, rig.janitor.deletedCycles());
            laid.dead();
            rig.untilEmpty(root, 5);
            assertEquals(List.of(), QueueRoot.list(root));
            assertTrue(Files.exists(full));
            BridgeRig.assertLedgerClosed(rig.shipper);
        }
    }
}
