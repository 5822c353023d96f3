package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.OwnerOnly;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the disk: finds queues, sees which processes have ended, deletes what every destination has, oldest
 * first, and holds all of it to the cap, by deleting what was not shipped if it must. What was damaged is put aside for
 * somebody to look at, for a while.
 */
final class Custodian implements Agent {

    private static final Logger LOG = LoggerFactory.getLogger(Custodian.class);

    private static final long ROUND_NS = TimeUnit.MILLISECONDS.toNanos(250);
    /** Queues that are read at a time; others wait until some of these are done. */
    private static final int MOST_QUEUES = 1024;

    private final BridgeConfig config;
    private final HostQueues queues;
    private final Path positions;
    private final Path quarantine;
    private final NanoClock clock;
    private boolean begun;
    private long roundAtNs;

    private volatile long bytes;
    private volatile long deletedCycles;
    private volatile long doomedCycles;
    private volatile long quarantined;

    Custodian(BridgeConfig config, HostQueues queues, Path own, NanoClock clock) throws IOException {
        this.config = config;
        this.queues = queues;
        this.clock = clock;
        positions = OwnerOnly.makeDirectory(own.resolve("positions"));
        quarantine = OwnerOnly.makeDirectory(own.resolve("quarantine"));
    }

    Path positions() {
        return positions;
    }

    @Override
    public String roleName() {
        return "custodian";
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        if (begun && nowNs - roundAtNs < 0) {
            return 0;
        }
        roundAtNs = nowNs + ROUND_NS;
        try {
            round();
        } catch (IOException e) {
            LOG.warn("{} can't be looked after: {}", config.queues(), e.toString());
        }
        return 1;
    }

    private void round() throws IOException {
        find();
        for (HostQueue queue : queues.list()) {
            queue.dead = queue.dead || !QueueRoot.isAlive(queue.directory());
            deleteShipped(queue);
        }
        retireDrained();
        QueueRoot.deleteUnfinished(config.queues(), Instant.now());
        deleteOldQuarantine();
        holdToCap();
        if (!begun) {
            begun = true;
            deleteStrayPositions();
        }
    }

    private void find() throws IOException {
        final Map<Path, HostQueue> known = new HashMap<>();
        for (HostQueue queue : queues.list()) {
            known.put(queue.directory(), queue);
        }
        final List<HostQueue> now = new ArrayList<>();
        boolean changed = false;
        for (Path directory : QueueRoot.list(config.queues())) {
            HostQueue queue = known.remove(directory);
            if (queue == null && now.size() < MOST_QUEUES) {
                queue = new HostQueue(
                        directory, describe(directory), config.destinations().size());
                LOG.info("{}: found", queue);
                changed = true;
            }
            if (queue != null) {
                now.add(queue);
            }
        }
        if (changed || !known.isEmpty()) {
            known.values().forEach(gone -> LOG.warn("{}: was deleted by somebody else", gone));
            queues.list(now);
        }
    }

    private static QueueDescriptor describe(Path directory) {
        try {
            return QueueDescriptor.read(directory);
        } catch (IOException e) {
            LOG.warn("{}; its queue is read all the same", e.getMessage());
            return null;
        }
    }

    private void deleteShipped(HostQueue queue) throws IOException {
        final int held = queue.heldCycle();
        for (int cycle : cycles(queue)) {
            // The last one goes with the directory.
            if (cycle < held && held != Integer.MAX_VALUE && CycleFiles.delete(queue.directory(), cycle)) {
                deletedCycles++;
            }
        }
    }

    private static int[] cycles(HostQueue queue) {
        try {
            return CycleFiles.cycles(queue.directory());
        } catch (IOException e) {
            return new int[0]; // it is gone
        }
    }

    // --- queues of processes that have ended

    private void retireDrained() throws IOException {
        final List<HostQueue> left = new ArrayList<>();
        for (HostQueue queue : queues.list()) {
            if (!queue.dead || !queue.isDrained()) {
                left.add(queue);
            }
        }
        if (left.size() == queues.list().size()) {
            return;
        }
        final List<HostQueue> before = queues.list();
        queues.list(left);
        for (HostQueue queue : before) {
            if (!left.contains(queue)) {
                retire(queue);
            }
        }
    }

    private void retire(HostQueue queue) throws IOException {
        final long unread = queue.damaged || cycles(queue).length == 0 ? 0 : LastCycle.unread(queue);
        if (unread > 0) {
            LOG.warn("{}: {} documents or more can't be reached behind its last one", queue, unread);
        }
        if (queue.damaged || unread > 0) {
            quarantined++;
            final Path aside = quarantine.resolve(queue.name());
            Files.setLastModifiedTime(queue.directory(), FileTime.from(Instant.now()));
            Files.move(queue.directory(), aside, StandardCopyOption.ATOMIC_MOVE);
            LOG.warn("{}: is damaged, and put aside in {}", queue, aside);
        } else {
            QueueRoot.delete(queue.directory());
            LOG.info("{}: all of it is shipped, and deleted", queue);
        }
        for (Path destination : directories(positions)) {
            Files.deleteIfExists(destination.resolve(queue.name()));
        }
    }

    private void deleteOldQuarantine() throws IOException {
        final Instant oldest = Instant.now().minusNanos(config.quarantineNs());
        for (Path aside : directories(quarantine)) {
            if (Files.getLastModifiedTime(aside).toInstant().isBefore(oldest)) {
                QueueRoot.delete(aside);
                LOG.info("{}: nobody has asked for it, it is deleted", aside);
            }
        }
    }

    /** Of queues that are not there any more. */
    private void deleteStrayPositions() throws IOException {
        for (Path destination : directories(positions)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(destination)) {
                for (Path file : files) {
                    if (!Files.isDirectory(config.queues().resolve(file.getFileName()))) {
                        Files.deleteIfExists(file);
                    }
                }
            }
        }
    }

    private static List<Path> directories(Path parent) throws IOException {
        final List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent)) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    found.add(entry);
                }
            }
        }
        return found;
    }

    // --- the cap

    private void holdToCap() throws IOException {
        long all = 0;
        for (HostQueue queue : queues.list()) {
            all += bytes(queue.directory());
        }
        for (Path aside : directories(quarantine)) {
            final long own = bytes(aside);
            if (all + own > config.diskBytes()) {
                QueueRoot.delete(aside);
                LOG.warn("{}: is deleted, to hold the disk to its cap", aside);
            } else {
                all += own;
            }
        }
        bytes = all;
        if (all > config.diskBytes()) {
            doomOldest(all - config.diskBytes());
        }
    }

    /** The oldest cycles of all queues, but not those that somebody still writes. */
    private void doomOldest(long tooMany) throws IOException {
        HostQueue oldest = null;
        int first = Integer.MAX_VALUE;
        for (HostQueue queue : queues.list()) {
            final int[] cycles = cycles(queue);
            final boolean mayGo = cycles.length > 1 || cycles.length == 1 && queue.dead;
            if (mayGo && cycles[0] < first) {
                oldest = queue;
                first = cycles[0];
            }
        }
        if (oldest != null && oldest.doomedCycle < first) {
            oldest.doomedCycle = first;
            doomedCycles++;
            LOG.warn(
                    "{}: the oldest cycle is deleted, shipped or not: the queues have {} bytes more than they may",
                    oldest,
                    tooMany);
        }
    }

    private static long bytes(Path directory) throws IOException {
        long sum = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                sum += size(file);
            }
        } catch (NoSuchFileException e) {
            return sum;
        }
        return sum;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0; // it has just gone
        }
    }

    // --- what it looks like from outside; any thread

    /** Of all queues, those that were put aside included. */
    long bytes() {
        return bytes;
    }

    long deletedCycles() {
        return deletedCycles;
    }

    /** Cycles that had to go before they were shipped. */
    long doomedCycles() {
        return doomedCycles;
    }

    long quarantined() {
        return quarantined;
    }
}
