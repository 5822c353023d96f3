package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The disk space of all queues below a root, counted in steps, so that a thread with other things to do is not delayed
 * by the number of queues. Single-threaded.
 */
public final class RootUse {

    private final Path root;
    private final DirectoryChanges changes;
    private final DiskUse use = new DiskUse();

    private List<Path> queues = List.of();
    private int next;
    private long sum;
    private long bytes;

    public RootUse(Path root) {
        this.root = root;
        changes = new DirectoryChanges(root);
    }

    /**
     * Counts some more directories.
     *
     * @return true when all are counted, so that {@link #bytes} is up to date; the next call begins again
     */
    public boolean count(int mostDirectories) throws IOException {
        if (next == 0) {
            sum = 0;
            list();
        }
        final int end = Math.min(queues.size(), next + mostDirectories);
        while (next < end) {
            sum += use.of(queues.get(next++));
        }
        if (next < queues.size()) {
            return false;
        }
        next = 0;
        bytes = sum;
        return true;
    }

    private void list() throws IOException {
        if (!changes.mayHaveChanged()) {
            return;
        }
        try {
            queues = QueueRoot.list(root);
        } catch (IOException e) {
            changes.forget();
            throw e;
        }
        use.retain(Set.copyOf(queues));
    }

    /** Bytes on disk of all queues, as of the last complete count. */
    public long bytes() {
        return bytes;
    }
}
