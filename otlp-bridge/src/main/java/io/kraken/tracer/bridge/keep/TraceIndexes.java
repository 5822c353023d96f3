package io.kraken.tracer.bridge.keep;

import io.kraken.tracer.bridge.index.IndexScratch;
import io.kraken.tracer.bridge.index.TraceIndexMerge;
import io.kraken.tracer.bridge.index.TraceIndexWriter;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The trace indexes of all queues: their writers share buffers, and complete indexes are merged one after the other
 * when the head reader has nothing else to do. An index that is never merged is searched more slowly, that is all.
 * Single-threaded.
 */
final class TraceIndexes {

    private static final int MOST_WAITING = 1 << 12;

    private final IndexScratch scratch = new IndexScratch();
    private final Deque<Path> unmerged = new ArrayDeque<>();

    TraceIndexWriter newWriter() {
        return new TraceIndexWriter(scratch);
    }

    /** Notes an index to which nothing will be added. */
    void sealed(Path index) {
        if (unmerged.size() < MOST_WAITING) {
            unmerged.add(index);
        }
    }

    /** Whether no index waits to be merged. */
    boolean isIdle() {
        return unmerged.isEmpty();
    }

    /** Merges one index; returns how much was done. */
    int doWork() {
        final Path index = unmerged.poll();
        if (index == null) {
            return 0;
        }
        TraceIndexMerge.merge(index, scratch);
        return 1;
    }
}
