package io.kraken.tracer.bridge.queues;

import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.DiskUse;
import io.kraken.tracer.ring.queue.ReclaimableBytes;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hindsight window over the queue files of the host, and the limit of their disk space. A file that every
 * destination has stays in the window for a time, unless the window's bytes or the disk are used up: then the oldest
 * one goes. Only when there is no such file left, the oldest file goes unshipped. Used by the janitor's thread; the
 * counts can be read by any thread.
 */
final class LogWindow {

    private static final Logger LOG = LoggerFactory.getLogger(LogWindow.class);

    /** How long readers may take to get past a doomed cycle, in stall times, before its file is deleted anyway. */
    private static final int DOOMED_STALLS = 4;
    /** A warning is logged when the files that must not be deleted reach this share of the limit, in percent. */
    private static final int WARNING_PERCENT = 80;

    private volatile BridgeConfig config;
    private final HostQueues queues;
    private final HostLog log;
    private final EpochNanoClock timeOfDay;
    private final Map<HostQueue, StoredFiles> stored = new IdentityHashMap<>();
    private final DiskUse use = new DiskUse();
    private List<HostQueue> known = List.of();

    /** Below this free space nothing is kept that has been shipped: services stop at 512 MB by default. */
    private static final long LEAST_FREE_BYTES = 1L << 30;

    /** How long the limit may be exceeded before a file is deleted unshipped: the next one may be shipped by then. */
    private static final long GRACE_NS = TimeUnit.SECONDS.toNanos(1);

    /** The statement for the services grows at most this often; it shrinks at once. */
    private static final long STATEMENT_NS = TimeUnit.SECONDS.toNanos(1);

    private ReclaimableBytes statement;
    /** What was stated last; negative before that. */
    private long stated = -1;

    private long statedAtNs;

    private boolean warned;
    private boolean exceeded;
    private long exceededSinceNs;
    /** Bytes of the files that some reader is behind with, without those that are being written. */
    private long unshipped;

    private volatile long bytes;
    private volatile long reclaimable;
    private volatile long deletedCycles;
    private volatile long doomedCycles;

    /** The files of one queue, as they were when they were looked at last. */
    private static final class StoredFiles {
        private int[] cycles = new int[0];
        private long[] bytes = new long[0];
        private long[] knownSinceNs = new long[0];
        /** Bytes of other files in the directory. */
        private long others;

        private FileTime changed;
        private long seen = HostQueue.NOTHING;
    }

    LogWindow(BridgeConfig config, HostQueues queues, HostLog log, EpochNanoClock timeOfDay) {
        this.config = config;
        this.queues = queues;
        this.log = log;
        this.timeOfDay = timeOfDay;
    }

    /** Any thread. */
    void configure(BridgeConfig changed) {
        config = changed;
    }

    // --- what is there

    /** Looks at the files of queues that may have changed. */
    void update(Set<HostQueue> due, long nowNs) {
        final List<HostQueue> list = queues.list();
        if (list != known) {
            known = list;
            stored.keySet().retainAll(new HashSet<>(list));
        }
        for (HostQueue queue : list) {
            if (!due.contains(queue)) {
                continue;
            }
            try {
                update(queue, stored.computeIfAbsent(queue, any -> new StoredFiles()), nowNs);
            } catch (IOException e) {
                LOG.debug("{}: cannot list its files", queue, e); // it does not exist any more
            }
        }
    }

    private void update(HostQueue queue, StoredFiles files, long nowNs) throws IOException {
        final long seen = queue.limit(HostQueue.Stream.SAMPLED);
        final FileTime changed = Files.getLastModifiedTime(queue.directory());
        if (seen == files.seen && changed.equals(files.changed)) {
            return;
        }
        files.seen = seen;
        files.changed = changed;
        final int[] cycles = CycleFiles.cycles(queue.directory());
        final long[] sizes = new long[cycles.length];
        final long[] since = new long[cycles.length];
        for (int i = 0; i < cycles.length; i++) {
            final int known = Arrays.binarySearch(files.cycles, cycles[i]);
            // The last two may still grow.
            final boolean isFinal = known >= 0 && i < cycles.length - 2;
            sizes[i] = isFinal ? files.bytes[known] : size(queue, cycles[i]);
            since[i] = known >= 0 ? files.knownSinceNs[known] : nowNs;
        }
        files.cycles = cycles;
        files.bytes = sizes;
        files.knownSinceNs = since;
        files.others = otherBytes(queue, cycles);
    }

    /** The bytes of the files that are not queue files. */
    private long otherBytes(HostQueue queue, int[] cycles) throws IOException {
        final Set<Path> known = new HashSet<>();
        for (int cycle : cycles) {
            known.add(CycleFiles.file(queue.directory(), cycle));
        }
        long sum = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(queue.directory(), file -> !known.contains(file))) {
            for (Path file : files) {
                sum += use.ofFile(file);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return sum;
    }

    private long size(HostQueue queue, int cycle) {
        return use.ofFile(CycleFiles.file(queue.directory(), cycle)) + log.bytes(queue.name(), cycle);
    }

    // --- deleting

    /**
     * Deletes what has left the window, and, to stay below the limit, the oldest files.
     *
     * @param quarantined bytes of the quarantine, which count towards the limit
     */
    void enforce(long quarantined, long nowNs) throws IOException {
        Candidate oldest = measure(quarantined, nowNs);
        while (oldest != null && mustGo(oldest)) {
            state(Math.max(0, reclaimable - oldest.bytes()), nowNs);
            delete(oldest);
            oldest = measure(quarantined, nowNs);
        }
        state(reclaimable, nowNs);
        warn();
        if (bytes <= config.diskBytes()) {
            exceeded = false;
        } else if (!exceeded) {
            exceeded = true;
            exceededSinceNs = nowNs;
        } else if (nowNs - exceededSinceNs >= GRACE_NS) {
            doomOldest(bytes - config.diskBytes(), nowNs);
        }
    }

    /** Tells the services how many bytes do not count against their limit; before files are deleted, not after. */
    private void state(long now, long nowNs) {
        if (now == stated || now > stated && stated >= 0 && nowNs - statedAtNs < STATEMENT_NS) {
            return;
        }
        try {
            if (statement == null) {
                statement = ReclaimableBytes.open(config.queues());
            }
            statement.write(now, TimeUnit.NANOSECONDS.toMillis(timeOfDay.nanoTime()));
            stated = now;
            statedAtNs = nowNs;
        } catch (IOException e) {
            // On a full disk files must be deleted all the same; the reserve of free space bounds what services append.
            LOG.debug("{}: cannot state what can be deleted", config.queues(), e);
        }
    }

    /** Called before a queue is deleted or moved with all its files. */
    void leave(HostQueue queue) {
        final StoredFiles files = stored.get(queue);
        if (files != null && stated > 0) {
            state(Math.max(0, stated - Arrays.stream(files.bytes).sum()), statedAtNs);
        }
    }

    /** The last statement stays: what it says is still there. */
    void close() throws IOException {
        if (statement != null) {
            statement.close();
            statement = null;
        }
    }

    /** A file that may be deleted. */
    private record Candidate(HostQueue queue, StoredFiles files, int number, long ageNs) {

        int cycle() {
            return files.cycles[number];
        }

        long bytes() {
            return files.bytes[number];
        }
    }

    /** Adds up all files; returns the oldest one that may be deleted without loss. */
    private Candidate measure(long quarantined, long nowNs) {
        long all = quarantined;
        long free = 0;
        long behind = 0;
        Candidate oldest = null;
        for (Map.Entry<HostQueue, StoredFiles> entry : stored.entrySet()) {
            final HostQueue queue = entry.getKey();
            final StoredFiles files = entry.getValue();
            final int held = queue.heldCycle();
            all += files.others;
            for (int i = 0; i < files.cycles.length; i++) {
                all += files.bytes[i];
                final boolean isWritten = !queue.isDead() && i == files.cycles.length - 1;
                behind += files.cycles[i] >= held && !isWritten ? files.bytes[i] : 0;
                if (files.cycles[i] < held && files.bytes[i] > 0) {
                    free += files.bytes[i];
                    if (oldest == null || files.cycles[i] < oldest.cycle()) {
                        oldest = new Candidate(queue, files, i, ageNs(files, i, nowNs));
                    }
                }
            }
        }
        bytes = all;
        reclaimable = free;
        unshipped = behind;
        return oldest;
    }

    /** Since its beginning; a clock that was set back makes no file younger than it has been known. */
    private long ageNs(StoredFiles files, int number, long nowNs) {
        final long begunNs = TimeUnit.MILLISECONDS.toNanos(CycleFiles.beginMillis(files.cycles[number]));
        return Math.max(timeOfDay.nanoTime() - begunNs, nowNs - files.knownSinceNs[number]);
    }

    private boolean mustGo(Candidate oldest) {
        return oldest.ageNs >= config.window().timeNs()
                || reclaimable > config.window().bytes()
                || bytes > config.diskBytes()
                || config.queues().toFile().getUsableSpace() < LEAST_FREE_BYTES;
    }

    private void delete(Candidate file) throws IOException {
        final HostQueue queue = file.queue();
        if (CycleFiles.delete(queue.directory(), file.cycle())) {
            deletedCycles++;
        }
        log.delete(queue.name(), file.cycle());
        file.files().bytes[file.number()] = 0;
    }

    /** Whether all files of a queue that needs none any more have left the window. */
    boolean isEmpty(HostQueue queue) {
        final StoredFiles files = stored.get(queue);
        return files == null || Arrays.stream(files.bytes).allMatch(size -> size == 0);
    }

    private void warn() {
        final boolean isNear = unshipped / 100 >= config.diskBytes() / 100 * WARNING_PERCENT / 100;
        if (isNear && !warned) {
            LOG.warn(
                    "{}: {} MB are not shipped yet, more than {} % of disk.megabytes ({} MB);"
                            + " above it the oldest spans are lost",
                    config.queues(), unshipped >> 20, WARNING_PERCENT, config.diskBytes() >> 20);
        }
        warned = isNear;
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
                    "{}: deleting its oldest file, shipped or not, begun {} s ago: the queues exceed disk.megabytes by"
                            + " {} bytes",
                    oldest,
                    secondsAgo(first),
                    excess);
        } else if (nowNs - oldest.doomedSinceNs >= config.decisionDelayNs() + DOOMED_STALLS * config.stallNs()) {
            // Deleted, not truncated: a reader that cannot get past it may still have it mapped.
            Files.deleteIfExists(CycleFiles.file(oldest.directory(), first));
            log.delete(oldest.name(), first);
            deletedCycles++;
            oldest.checkSoon();
            LOG.warn("{}: deleting its oldest file although not every reader could get past it in time", oldest);
        }
    }

    private long secondsAgo(int cycle) {
        return TimeUnit.NANOSECONDS.toSeconds(timeOfDay.nanoTime())
                - TimeUnit.MILLISECONDS.toSeconds(CycleFiles.beginMillis(cycle));
    }

    private static int[] cycles(HostQueue queue) {
        try {
            return CycleFiles.cycles(queue.directory());
        } catch (IOException e) {
            return new int[0]; // it does not exist any more
        }
    }

    // --- any thread

    /** Bytes on disk of all queues, including those in quarantine. */
    long bytes() {
        return bytes;
    }

    /** Bytes of the files that every destination has: they can be deleted at any moment. */
    long reclaimable() {
        return reclaimable;
    }

    long deletedCycles() {
        return deletedCycles;
    }

    long doomedCycles() {
        return doomedCycles;
    }
}
