package io.kraken.tracer.bridge.keep;

import io.kraken.tracer.bridge.log.Decision;
import io.kraken.tracer.bridge.log.DecisionFile;
import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.log.LateFile;
import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.DocumentFile;
import java.io.IOException;
import java.util.function.ToLongFunction;

/**
 * The spans of one queue that a look back keeps: reads documents that are decided already, and changes their decisions.
 * A span is listed as late before its decision says so: a process that dies in between lists it again. Files are open
 * only during a search. Single-threaded.
 */
final class LateSpans implements AutoCloseable {

    private final HostQueue queue;
    private final HostLog log;
    private final Decision decision = new Decision();

    /** Null until it is needed, as the others. */
    private LateFile late;

    private DecisionFile decisions;
    private DocumentFile documents;

    LateSpans(HostQueue queue, HostLog log) {
        this.queue = queue;
        this.log = log;
    }

    /** Reads what was kept late before the start. */
    void open() throws IOException {
        late = LateFile.writer(log.directory(queue.name()));
        queue.late(late.count() - 1, 0);
        late.close();
    }

    HostQueue queue() {
        return queue;
    }

    /** The queue files with decisions, oldest first. */
    int[] cycles() throws IOException {
        return HostLog.cycles(log.directory(queue.name()));
    }

    /** Opens the decisions about a queue file; returns the number of its documents that are decided. */
    int enter(int cycle) throws IOException {
        close();
        final long decided = queue.limit(HostQueue.Stream.KEPT);
        if (decided == HostQueue.NOTHING || cycle > CycleFiles.cycleOf(decided)) {
            return 0;
        }
        decisions = log.write(queue.name(), cycle);
        documents = DocumentFile.open(queue.directory(), cycle);
        final int entries = cycle < CycleFiles.cycleOf(decided) ? decisions.entries() : (int) decided + 1;
        return documents == null ? 0 : entries;
    }

    /**
     * Keeps spans of a document of the current queue file.
     *
     * @param choice the records to keep, as bits
     * @return the number of spans that were not kept before
     */
    int keep(int sequence, QueueHead.Workspace workspace, ToLongFunction<BatchReader> choice) throws IOException {
        if (decisions.get(sequence, decision) != DecisionFile.Read.FOUND || decision.unsampled() <= 0) {
            return 0;
        }
        if (!workspace.read(documents, decision)) {
            return 0;
        }
        final long more =
                choice.applyAsLong(workspace.document()) & ~(decision.sampled | decision.kept | decision.late);
        if (more != 0) {
            final int cycle = decisions.cycle();
            late.append(CycleFiles.firstIndex(cycle) + sequence, more);
            decision.late |= more;
            decisions.put(sequence, decision);
            decisions.flush();
            queue.late(late.count() - 1, cycle);
        }
        return Long.bitCount(more);
    }

    /** Closes the files of the current queue file. */
    @Override
    public void close() throws IOException {
        if (documents != null) {
            documents.close();
            documents = null;
        }
        if (late != null) {
            late.deleteBefore(queue.lateSettled() + 1);
            late.close();
        }
        if (decisions != null) {
            final DecisionFile left = decisions;
            decisions = null;
            left.close();
        }
    }
}
