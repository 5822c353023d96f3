package io.kraken.tracer.bridge.queues;

import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent that manages the queues on disk: it finds queues, detects which processes have ended, deletes files that
 * every destination has shipped, and enforces the disk limit, oldest files first, shipped or not. Damaged queues are
 * moved to quarantine and deleted after a while. Single-threaded; the counts can be read by any thread.
 */
public final class QueueJanitor implements Agent {

    private static final Logger LOG = LoggerFactory.getLogger(QueueJanitor.class);

    private static final long ROUND_NS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final int MOST_QUEUES = 1024;
    /** How long readers may take to get past a doomed cycle, in stall times, before its file is deleted anyway. */
    private static final int DOOMED_STALLS = 4;

    private final BridgeConfig config;
    private final HostQueues queues;
    private final Path positions;
    private final Path quarantine;
    private final NanoClock clock;
    private final ThrottledLog log;
    /** Maximum number of queues read at a time; further queues wait until one is done. */
    private final int mostQueues;
    /** Directories that could be neither deleted nor moved to quarantine. */
    private final Set<Path> stuck = new HashSet<>();

    private boolean begun;
    private long roundAtNs;

    private volatile long bytes;
    private volatile long deletedCycles;
    private volatile long doomedCycles;
    private volatile long quarantined;

    /** An operation that may fail. */
    private interface Step {
        void run() throws IOException;
    }

    public QueueJanitor(BridgeConfig config, HostQueues queues, Path own, NanoClock clock) throws IOException {
        this(config, queues, own, clock, MOST_QUEUES);
    }

    public QueueJanitor(BridgeConfig config, HostQueues queues, Path own, NanoClock clock, int mostQueues)
            throws IOException {
        this.config = config;
        this.queues = queues;
        this.clock = clock;
        log = new ThrottledLog(clock::nanoTime, LOG::warn);
        this.mostQueues = mostQueues;
        positions = OwnerOnly.makeDirectory(own.resolve("positions"));
        quarantine = OwnerOnly.makeDirectory(own.resolve("quarantine"));
    }

    public Path positions() {
        return positions;
    }

    @Override
    public String roleName() {
        return "queue-janitor";
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        if (begun && nowNs - roundAtNs < 0) {
            return 0;
        }
        roundAtNs = nowNs + ROUND_NS;
        round(nowNs);
        log.logDue();
        return 1;
    }

    private void round(long nowNs) {
        attempt(config.queues(), this::find);
        for (HostQueue queue : queues.list()) {
            queue.dead = queue.dead || !QueueRoot.isAlive(queue.directory());
            attempt(queue, () -> deleteShipped(queue));
        }
        retireDrained();
        attempt(config.queues(), () -> QueueRoot.deleteUnfinished(config.queues(), Instant.now()));
        attempt(quarantine, this::deleteOldQuarantine);
        attempt(config.queues(), () -> enforceLimit(nowNs));
        begun = begun || attempt(positions, this::deleteStrayPositions);
    }

    /** Runs a step and logs its failure (rate limited), so that it does not prevent the other steps. */
    private boolean attempt(Object with, Step step) {
        try {
            step.run();
            return true;
        } catch (IOException | DirectoryIteratorException e) {
            log.report("maintenance of " + with + " failed, retrying: " + e);
            return false;
        }
    }

    private void find() throws IOException {
        final Map<Path, HostQueue> known = new HashMap<>();
        for (HostQueue queue : queues.list()) {
            known.put(queue.directory(), queue);
        }
        final List<HostQueue> now = new ArrayList<>();
        final List<Path> there = QueueRoot.list(config.queues());
        stuck.retainAll(there);
        boolean changed = false;
        int room = mostQueues - known.size();
        for (Path directory : there) {
            HostQueue queue = known.remove(directory);
            if (queue == null && room > 0 && !stuck.contains(directory)) {
                queue = new HostQueue(
                        directory, describe(directory), config.destinations().size());
                LOG.info("{}: found a queue", queue);
                room--;
                changed = true;
            }
            if (queue != null) {
                now.add(queue);
            }
        }
        if (changed || !known.isEmpty()) {
            queues.list(now);
        }
        for (HostQueue gone : known.values()) {
            if (gone.counts().get(ReadCount.DOCUMENTS) == 0) {
                LOG.info("{}: was deleted by its process, which has recorded nothing", gone);
            } else {
                LOG.warn("{}: was deleted by another process; spans that were not shipped are lost", gone);
            }
            deletePositions(gone);
        }
    }

    private static QueueDescriptor describe(Path directory) {
        try {
            return QueueDescriptor.read(directory);
        } catch (IOException e) {
            LOG.warn("{}; reading its queue without the service's name", e.getMessage());
            return null;
        }
    }

    private void deleteShipped(HostQueue queue) throws IOException {
        final int held = queue.heldCycle();
        for (int cycle : cycles(queue)) {
            // The last file is deleted with the directory.
            if (cycle < held && held != Integer.MAX_VALUE && CycleFiles.delete(queue.directory(), cycle)) {
                deletedCycles++;
            }
        }
    }

    private static int[] cycles(HostQueue queue) {
        try {
            return CycleFiles.cycles(queue.directory());
        } catch (IOException e) {
            return new int[0]; // it does not exist any more
        }
    }

    // --- queues of processes that have ended

    private void retireDrained() {
        final List<HostQueue> left = new ArrayList<>();
        final List<HostQueue> drained = new ArrayList<>();
        for (HostQueue queue : queues.list()) {
            (queue.dead && queue.isDrained() ? drained : left).add(queue);
        }
        if (!drained.isEmpty()) {
            queues.list(left);
            drained.forEach(this::retire);
        }
    }

    private void retire(HostQueue queue) {
        if (attempt(queue, () -> deleteUnlessDamaged(queue)) || attempt(queue, () -> quarantine(queue))) {
            attempt(queue, () -> deletePositions(queue));
        } else {
            stuck.add(queue.directory());
        }
    }

    private void deleteUnlessDamaged(HostQueue queue) throws IOException {
        if (!Files.exists(queue.directory())) {
            return;
        }
        final long unread = queue.isDamaged() || cycles(queue).length == 0 ? 0 : TrailingScan.unread(queue);
        if (unread > 0) {
            LOG.warn("{}: at least {} documents after the last readable one are not shipped", queue, unread);
        }
        if (queue.isDamaged() || unread > 0) {
            quarantine(queue);
        } else {
            QueueRoot.delete(queue.directory());
            LOG.info("{}: shipped completely, deleted", queue);
        }
    }

    private void quarantine(HostQueue queue) throws IOException {
        final Path aside = quarantine.resolve(queue.name());
        Files.setLastModifiedTime(queue.directory(), FileTime.from(Instant.now()));
        Files.move(queue.directory(), aside, StandardCopyOption.ATOMIC_MOVE);
        quarantined++;
        LOG.warn("{}: damaged, moved to {}", queue, aside);
    }

    private void deletePositions(HostQueue queue) throws IOException {
        for (Path destination : directories(positions)) {
            Files.deleteIfExists(destination.resolve(queue.name()));
        }
    }

    private void deleteOldQuarantine() throws IOException {
        final Instant oldest = Instant.now().minusNanos(config.quarantineNs());
        for (Path aside : directories(quarantine)) {
            if (Files.getLastModifiedTime(aside).toInstant().isBefore(oldest)) {
                attempt(aside, () -> QueueRoot.delete(aside));
                LOG.info("{}: quarantine time is over, deleting it", aside);
            }
        }
    }

    /** Deletes the position files of queues that do not exist any more. */
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

    // --- the disk limit

    private void enforceLimit(long nowNs) throws IOException {
        long all = 0;
        for (HostQueue queue : queues.list()) {
            all += QueueRoot.bytes(queue.directory());
        }
        for (Path aside : directories(quarantine)) {
            final long own = QueueRoot.bytes(aside);
            if (all + own > config.diskBytes() && attempt(aside, () -> QueueRoot.delete(aside))) {
                LOG.warn("{}: deleted from quarantine to stay below disk.megabytes", aside);
            } else {
                all += own;
            }
        }
        bytes = all;
        if (all > config.diskBytes()) {
            doomOldest(all - config.diskBytes(), nowNs);
        }
    }

    /** Dooms the oldest file of all queues, except for files that a live process may still be writing. */
    private void doomOldest(long excess, long nowNs) throws IOException {
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
        if (oldest == null) {
            return;
        }
        if (oldest.doomedCycle < first) {
            oldest.doomedCycle = first;
            oldest.doomedSinceNs = nowNs;
            doomedCycles++;
            LOG.warn(
                    "{}: deleting its oldest file, shipped or not: the queues exceed disk.megabytes by {} bytes",
                    oldest,
                    excess);
        } else if (nowNs - oldest.doomedSinceNs >= config.decisionDelayNs() + DOOMED_STALLS * config.stallNs()) {
            // Deleted, not truncated: a reader that cannot get past it may still have it mapped.
            Files.deleteIfExists(CycleFiles.file(oldest.directory(), first));
            deletedCycles++;
            LOG.warn("{}: deleting its oldest file although not every reader could get past it in time", oldest);
        }
    }

    // --- for metrics; any thread

    /** Size of all queues, including those in quarantine. */
    public long bytes() {
        return bytes;
    }

    public long deletedCycles() {
        return deletedCycles;
    }

    /** Queue files deleted unshipped because of the disk limit. */
    public long doomedCycles() {
        return doomedCycles;
    }

    public long quarantined() {
        return quarantined;
    }
}
