package io.kraken.tracer.bridge.queues;

import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.report.PacedAgent;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.DirectoryChanges;
import io.kraken.tracer.ring.queue.DiskUse;
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
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent that manages the queues on disk: it finds queues, detects which processes have ended, deletes files that
 * every destination has shipped, and enforces the disk limit, oldest files first, shipped or not. Damaged queues are
 * moved to quarantine and deleted after a while. Single-threaded; the counts can be read by any thread.
 */
public final class QueueJanitor implements PacedAgent {

    private static final Logger LOG = LoggerFactory.getLogger(QueueJanitor.class);

    private static final long ROUND_NS = TimeUnit.MILLISECONDS.toNanos(250);
    /** Interval of what costs much and is never urgent. */
    private static final long RARE_NS = TimeUnit.SECONDS.toNanos(5);

    private static final int MOST_QUEUES = 1024;

    private volatile BridgeConfig config;
    private final HostQueues queues;
    private final HostLog log;
    private final LogWindow window;
    private final Path positions;
    private final Path quarantine;
    private final NanoClock clock;
    private final ThrottledLog problems;
    private final QueueSummaryLog foundLog = new QueueSummaryLog("found a queue", LOG::info);
    private final QueueSummaryLog deletedLog = new QueueSummaryLog("shipped completely, deleted", LOG::info);
    private final QueueSummaryLog unusedLog =
            new QueueSummaryLog("was deleted by its process, which has recorded nothing", LOG::info);
    /** Maximum number of queues read at a time; further queues wait until one is done. */
    private final int mostQueues;
    /** Directories that could be neither deleted nor moved to quarantine. */
    private final Set<Path> stuck = new HashSet<>();

    private final DiskUse use = new DiskUse();

    private boolean begun;
    private long roundAtNs;
    private long rareAtNs;
    private final DirectoryChanges rootChanges;

    /** Whether there are more queues than are read at a time. */
    private boolean isFull;

    private volatile long quarantined;

    /** The clocks of an agent, which tests step. */
    public record Clocks(NanoClock monotonic, EpochNanoClock timeOfDay) {}

    /** An operation that may fail. */
    private interface Step {
        void run() throws IOException;
    }

    public QueueJanitor(BridgeConfig config, HostQueues queues, HostLog log, Path own, Clocks clocks)
            throws IOException {
        this(config, queues, log, own, clocks, MOST_QUEUES);
    }

    public QueueJanitor(BridgeConfig config, HostQueues queues, HostLog log, Path own, Clocks clocks, int mostQueues)
            throws IOException {
        this.log = log;
        this.config = config;
        this.queues = queues;
        clock = clocks.monotonic();
        rootChanges = new DirectoryChanges(config.queues());
        window = new LogWindow(config, queues, log, clocks.timeOfDay());
        problems = new ThrottledLog(clock::nanoTime, LOG::warn);
        this.mostQueues = mostQueues;
        positions = OwnerOnly.makeDirectory(own.resolve("positions"));
        quarantine = OwnerOnly.makeDirectory(own.resolve("quarantine"));
    }

    /** Changes the limits, from the next round on. Any thread. */
    public void configure(BridgeConfig changed) {
        config = changed;
        window.configure(changed);
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
        problems.logDue();
        foundLog.logDue(nowNs);
        deletedLog.logDue(nowNs);
        unusedLog.logDue(nowNs);
        return 1;
    }

    @Override
    public long longestPauseNs() {
        return Math.max(0, roundAtNs - clock.nanoTime());
    }

    @Override
    public void onClose() {
        attempt(config.queues(), window::close);
        final long nowNs = clock.nanoTime();
        foundLog.log(nowNs);
        deletedLog.log(nowNs);
        unusedLog.log(nowNs);
        problems.logAll();
    }

    private void round(long nowNs) {
        final boolean isRare = !begun || nowNs - rareAtNs >= 0;
        final boolean isListed = rootChanges.mayHaveChanged() || isFull || isRare;
        if (isListed && !attempt(config.queues(), () -> find(nowNs))) {
            rootChanges.forget();
        }
        final Set<HostQueue> due = new HashSet<>();
        boolean isAnyDead = false;
        for (HostQueue queue : queues.list()) {
            if (queue.beginCheck(nowNs)) {
                queue.dead = queue.dead || !QueueRoot.isAlive(queue.directory());
                due.add(queue);
            }
            isAnyDead |= queue.dead;
        }
        retireDrained();
        if (isRare) {
            rareAtNs = nowNs + RARE_NS;
            attempt(config.queues(), () -> QueueRoot.deleteUnfinished(config.queues(), Instant.now()));
            attempt(quarantine, this::deleteOldQuarantine);
            attempt(log.root(), log::keepSpare);
        }
        // Without a change there is nothing to delete, except for what leaves the window.
        if (isRare || !due.isEmpty() || isAnyDead || window.bytes() > config.diskBytes()) {
            attempt(config.queues(), () -> enforceLimit(due, nowNs));
        }
        begun = begun || attempt(positions, this::deleteStrayFiles);
    }

    /** Runs a step and logs its failure (rate limited), so that it does not prevent the other steps. */
    private boolean attempt(Object with, Step step) {
        try {
            step.run();
            return true;
        } catch (IOException | DirectoryIteratorException e) {
            problems.report("maintenance of " + with + " failed, retrying: " + e);
            return false;
        }
    }

    private void find(long nowNs) throws IOException {
        final Map<Path, HostQueue> known = new HashMap<>();
        for (HostQueue queue : queues.list()) {
            known.put(queue.directory(), queue);
        }
        final List<HostQueue> now = new ArrayList<>();
        final List<Path> there = QueueRoot.list(config.queues());
        stuck.retainAll(there);
        boolean changed = false;
        boolean waits = false;
        int room = mostQueues - known.size();
        for (Path directory : there) {
            HostQueue queue = known.remove(directory);
            if (queue == null && room > 0 && !stuck.contains(directory)) {
                queue = new HostQueue(
                        directory, describe(directory), config.destinations().size());
                foundLog.add(queue, nowNs);
                room--;
                changed = true;
            }
            if (queue != null) {
                now.add(queue);
            }
            waits |= queue == null && !stuck.contains(directory);
        }
        isFull = waits;
        if (changed || !known.isEmpty()) {
            queues.list(now);
        }
        for (HostQueue gone : known.values()) {
            if (gone.counts().get(ReadCount.DOCUMENTS) == 0) {
                unusedLog.add(gone, nowNs);
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

    // --- queues of processes that have ended

    private void retireDrained() {
        final List<HostQueue> left = new ArrayList<>();
        final List<HostQueue> drained = new ArrayList<>();
        for (HostQueue queue : queues.list()) {
            (queue.dead && queue.isDrained() && mayRetire(queue) ? drained : left).add(queue);
        }
        if (!drained.isEmpty()) {
            queues.list(left);
            drained.forEach(this::retire);
        }
    }

    /** Damaged queues go to quarantine at once; the others when their files have left the window. */
    private boolean mayRetire(HostQueue queue) {
        if (!queue.isChecked()) {
            attempt(queue, () -> check(queue));
        }
        return queue.isDamaged() || window.isEmpty(queue) || isFull;
    }

    /** Looks for documents that the head reader has not reached. */
    private static void check(HostQueue queue) throws IOException {
        final int[] cycles = CycleFiles.cycles(queue.directory());
        final long unread = queue.isDamaged() || cycles.length == 0 ? 0 : TrailingScan.unread(queue);
        if (unread > 0) {
            LOG.warn("{}: at least {} documents after the last readable one are not shipped", queue, unread);
            queue.markDamaged();
        }
        queue.checked();
    }

    private void retire(HostQueue queue) {
        window.leave(queue);
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
        if (queue.isDamaged()) {
            quarantine(queue);
        } else {
            QueueRoot.delete(queue.directory());
            deletedLog.add(queue, clock.nanoTime());
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
        log.delete(queue.name());
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

    /** Deletes the bridge's files about queues that do not exist any more. */
    private void deleteStrayFiles() throws IOException {
        for (Path directory : directories(log.root())) {
            if (!Files.isDirectory(config.queues().resolve(directory.getFileName()))) {
                log.delete(directory.getFileName().toString());
            }
        }
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

    // --- the disk

    private void enforceLimit(Set<HostQueue> due, long nowNs) throws IOException {
        window.update(due, nowNs);
        long quarantineBytes = 0;
        for (Path aside : directories(quarantine)) {
            final long own = use.of(aside);
            final boolean fits = window.bytes() - window.reclaimable() + quarantineBytes + own <= config.diskBytes();
            if (!fits && attempt(aside, () -> QueueRoot.delete(aside))) {
                LOG.warn("{}: deleted from quarantine to stay below disk.megabytes", aside);
            } else {
                quarantineBytes += own;
            }
        }
        window.enforce(quarantineBytes, nowNs);
    }

    // --- for metrics; any thread

    /** Bytes on disk of all queues, including those in quarantine. */
    public long bytes() {
        return window.bytes();
    }

    /** Bytes of the files that every destination has: they can be deleted at any moment. */
    public long reclaimableBytes() {
        return window.reclaimable();
    }

    public long deletedCycles() {
        return window.deletedCycles();
    }

    /** Queue files deleted unshipped because of the disk limit. */
    public long doomedCycles() {
        return window.doomedCycles();
    }

    public long quarantined() {
        return quarantined;
    }
}
