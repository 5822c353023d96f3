package io.kraken.tracer.bridge.queues;

import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The shared state of one process's queue, through which the agents of the bridge cooperate without locks. Every shared
 * mutable field is volatile and written by one agent only, except for {@link #damaged}, which is only ever set to true:
 * the janitor writes what concerns the process and the disk, the head reader what may be shipped, each shipper its own
 * progress.
 */
public final class HostQueue {

    /** Index before any document may be shipped. */
    public static final long NOTHING = -1;

    /** Cycle before any file may be deleted. */
    public static final int NO_CYCLE = -1;

    /** The spans of a queue are shipped in three passes. */
    public enum Stream {
        /** The spans that were sampled at the root, as soon as they have been read. */
        SAMPLED,
        /** The other kept spans, after the decision. */
        KEPT,
        /** Spans that a look back has found, with the lowest priority. */
        LATE
    }

    /** The progress of one shipper with one stream. */
    public static final class Progress {
        private volatile int heldCycle = NO_CYCLE;
        private volatile boolean done;
        private volatile long settled = NOTHING;

        private Progress() {}

        /** Everything up to this place is settled. */
        public void settle(long place) {
            settled = place;
        }

        /** Queue files before this cycle are not needed any more. */
        public void hold(int cycle) {
            heldCycle = cycle;
        }

        /** For a dead process: this destination is done with the queue and has no file of it open. */
        public void finish() {
            done = true;
        }

        public boolean isDone() {
            return done;
        }
    }

    /** Maximum interval between two checks of a silent queue. */
    private static final long LONGEST_CHECK_NS = TimeUnit.SECONDS.toNanos(5);

    private final Path directory;
    private final QueueDescriptor descriptor;
    /** For each destination one of each {@link Stream}. */
    private final Progress[] progress;

    private final EnumCounters<ReadCount> counts = new EnumCounters<>(ReadCount.class);

    /** Written by the janitor: the process has ended. */
    volatile boolean dead;
    /** Written by the janitor: the files up to this cycle are about to be deleted, shipped or not. */
    volatile int doomedCycle = NO_CYCLE;
    /** Used by the janitor only: the time at which {@link #doomedCycle} was set. */
    long doomedSinceNs;
    /** Used by the janitor only: the documents that had been read when the queue was checked last. */
    private long checkedSeen = NOTHING;
    /** Used by the janitor only: the checks of its process and of its directory. */
    private final SilenceBackoff checks = new SilenceBackoff(0, LONGEST_CHECK_NS);
    /** Used by the janitor only: unreachable documents have been searched for. */
    private boolean checked;

    /** Written by the head reader: documents up to this index have been read. */
    private volatile long seen = NOTHING;
    /** Written by the head reader: the decision about documents up to this index has been made. */
    private volatile long decided = NOTHING;
    /** Written by the head reader: the place of the last late decision. */
    private volatile long late = NOTHING;
    /** Written by the head reader: the first cycle with late decisions that may not be settled. */
    private volatile int lateFrom = Integer.MAX_VALUE;
    /** Written by the head reader: it does not need queue files before this cycle any more. */
    private volatile int headCycle = NO_CYCLE;
    /** Written by the head reader: the last cycle in which it read documents, and their number. */
    private volatile int countedCycle = NO_CYCLE;

    private volatile long countedDocuments;
    /** Written by the head reader, for a dead process: all documents were read, and no file is open. */
    private volatile boolean headDone;
    /** Written by any reader: a part of the queue could not be read. */
    private volatile boolean damaged;

    /** @param descriptor null when it is missing or invalid */
    HostQueue(Path directory, QueueDescriptor descriptor, int destinations) {
        this.directory = directory;
        this.descriptor = descriptor;
        progress = new Progress[Stream.values().length * destinations];
        for (int i = 0; i < progress.length; i++) {
            progress[i] = new Progress();
        }
    }

    public Path directory() {
        return directory;
    }

    /** The name of the directory. */
    public String name() {
        return directory.getFileName().toString();
    }

    String service() {
        return descriptor == null ? "unknown_service" : descriptor.service();
    }

    /** Counts of the head reader. */
    public EnumCounters<ReadCount> counts() {
        return counts;
    }

    /** Called by the head reader for each document of a cycle. */
    public void count(int cycle) {
        countedDocuments = cycle == countedCycle ? countedDocuments + 1 : 1;
        countedCycle = cycle;
    }

    /** The number of documents read in a cycle, if it is the last one with documents; else 0. */
    long documentsOf(int cycle) {
        return cycle == countedCycle ? countedDocuments : 0;
    }

    public Progress progress(int destination, Stream stream) {
        return progress[Stream.values().length * destination + stream.ordinal()];
    }

    /** Called by the janitor in each round: whether process and directory are to be checked in this round. */
    boolean beginCheck(long nowNs) {
        final boolean isActive = seen != checkedSeen;
        final boolean isDue = isActive || checks.isDue(nowNs);
        if (isDue) {
            checkedSeen = seen;
            checks.checked(isActive, nowNs);
        }
        return isDue;
    }

    /** Called by the janitor: process and directory are checked in the next round. */
    void checkSoon() {
        checks.wake();
    }

    /** Whether the process has ended. */
    public boolean isDead() {
        return dead;
    }

    /** The files up to this cycle are about to be deleted, shipped or not; {@link #NO_CYCLE}: none. */
    public int doomedCycle() {
        return doomedCycle;
    }

    /** Decisions up to this place may be shipped in this stream. */
    public long limit(Stream stream) {
        return switch (stream) {
            case SAMPLED -> seen;
            case KEPT -> decided;
            default -> late;
        };
    }

    /**
     * Called by the head reader: late decisions up to this place have been written.
     *
     * @param cycle of the last one
     */
    public void late(long place, int cycle) {
        lateFrom = isLateSettled() ? cycle : Math.min(lateFrom, cycle);
        late = place;
    }

    /** The place up to which all destinations have settled the late decisions. */
    public long lateSettled() {
        long settled = late;
        for (int i = Stream.LATE.ordinal(); i < progress.length; i += Stream.values().length) {
            settled = Math.min(settled, progress[i].settled);
        }
        return settled;
    }

    private boolean isLateSettled() {
        return lateSettled() >= late;
    }

    /** Called by the head reader: documents up to this index have been read, and are listed in the log. */
    public void seen(long index) {
        seen = index;
    }

    /** Called by the head reader: the decision about documents up to this index is in the log. */
    public void decided(long index) {
        decided = index;
    }

    /** Called by the head reader: it does not need queue files before this cycle any more. */
    public void headAt(int cycle) {
        headCycle = cycle;
    }

    /** Called by the head reader, for a dead process: all documents were read, and no file is open. */
    public void finishHead() {
        headDone = true;
    }

    public boolean isHeadDone() {
        return headDone;
    }

    /** Called by any reader: a part of the queue could not be read. */
    public void markDamaged() {
        damaged = true;
    }

    boolean isDamaged() {
        return damaged;
    }

    void checked() {
        checked = true;
    }

    boolean isChecked() {
        return checked;
    }

    /** The first cycle that any reader still needs. */
    int heldCycle() {
        int held = headDone ? Integer.MAX_VALUE : headCycle;
        held = isLateSettled() ? held : Math.min(held, lateFrom);
        for (Progress one : progress) {
            held = Math.min(held, one.done ? Integer.MAX_VALUE : one.heldCycle);
        }
        return held;
    }

    boolean isDrained() {
        boolean drained = headDone;
        for (int i = 0; i < progress.length; i++) {
            final boolean isLate = i % Stream.values().length == Stream.LATE.ordinal();
            drained &= isLate || progress[i].done;
        }
        return drained && isLateSettled();
    }

    @Override
    public String toString() {
        return service() + " (" + name() + ")";
    }
}
