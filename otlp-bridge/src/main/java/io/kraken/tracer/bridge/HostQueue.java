package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.QueueDescriptor;
import java.nio.file.Path;

/**
 * One process's queue, as the agents of the bridge tell each other about it. Every field that changes has one agent
 * that writes it: the custodian knows of the process and of the disk, the scout of what is to come, each shipper of its
 * own progress.
 */
final class HostQueue {

    /** Before anything may be shipped. */
    static final long NOTHING = -1;

    /** Before anything may be deleted. */
    static final int NO_CYCLE = -1;

    /** One shipper's. */
    static final class Progress {
        /** Cycles before this one are not needed any more. */
        volatile int heldCycle = NO_CYCLE;
        /** Of a dead process: there is nothing left for this destination, and no file is open any more. */
        volatile boolean done;
    }

    private final Path directory;
    private final QueueDescriptor descriptor;
    private final Progress[] progress;
    private final EnumCounters<ReadCount> counts = new EnumCounters<>(ReadCount.class);

    /** By the custodian: the process does not live any more. */
    volatile boolean dead;
    /** By the custodian: these cycles are about to be deleted, whoever may still want them. */
    volatile int doomedCycle = NO_CYCLE;
    /** For the custodian alone: since when that is so. */
    long doomedSinceNs;

    /** By the scout: documents up to this index may be shipped. */
    volatile long eligible = NOTHING;
    /** By the scout: cycles before this one are not needed any more. */
    volatile int scoutCycle = NO_CYCLE;
    /** By the scout: the last cycle in which it read something, and how many documents. */
    private volatile int countedCycle = NO_CYCLE;

    private volatile long countedDocuments;
    /** By the scout, of a dead process: it has read all that there will ever be, and no file is open any more. */
    volatile boolean scouted;
    /** By any reader: something in here could not be read. */
    volatile boolean damaged;

    /** @param descriptor null when there is none that can be believed */
    HostQueue(Path directory, QueueDescriptor descriptor, int destinations) {
        this.directory = directory;
        this.descriptor = descriptor;
        progress = new Progress[destinations];
        for (int i = 0; i < destinations; i++) {
            progress[i] = new Progress();
        }
    }

    Path directory() {
        return directory;
    }

    /** That of the directory. */
    String name() {
        return directory.getFileName().toString();
    }

    String service() {
        return descriptor == null ? "unknown_service" : descriptor.service();
    }

    /** Counted by the scout. */
    EnumCounters<ReadCount> counts() {
        return counts;
    }

    /** For the scout: a document of this cycle was read. */
    void count(int cycle) {
        countedDocuments = cycle == countedCycle ? countedDocuments + 1 : 1;
        countedCycle = cycle;
    }

    /** Documents that were read of a cycle, if it is the last one in which there were any. */
    long documentsOf(int cycle) {
        return cycle == countedCycle ? countedDocuments : 0;
    }

    Progress progress(int destination) {
        return progress[destination];
    }

    /** The first cycle that somebody still needs. */
    int heldCycle() {
        int held = scouted ? Integer.MAX_VALUE : scoutCycle;
        for (Progress one : progress) {
            held = Math.min(held, one.done ? Integer.MAX_VALUE : one.heldCycle);
        }
        return held;
    }

    boolean isDrained() {
        boolean drained = scouted;
        for (Progress one : progress) {
            drained &= one.done;
        }
        return drained;
    }

    @Override
    public String toString() {
        return service() + " (" + name() + ")";
    }
}
