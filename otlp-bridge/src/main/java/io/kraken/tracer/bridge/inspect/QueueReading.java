package io.kraken.tracer.bridge.inspect;

import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueException;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A pass over all documents that a queue holds at this moment, oldest first. Damage is reported and skipped, together
 * with the rest of its queue file when nothing after it can be read. Reusable; single-threaded.
 */
public final class QueueReading {

    /** Receives the documents and the damage in the queue's order. */
    public interface Visitor {
        /** @param document valid until this returns */
        void document(long index, BatchReader document) throws IOException;

        void damage(String what);
    }

    /** Less than any cycle, and less than the value that means that nothing was read. */
    private static final int NONE = Integer.MIN_VALUE;

    private final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
    private final BatchReader document = new BatchReader();

    /**
     * @param from the index to begin at, or {@link QueueTailer#NO_INDEX}
     * @throws IOException when there is no queue, when it cannot be opened, or when the visitor throws it
     */
    public void read(Path directory, long from, Visitor visitor) throws IOException {
        if (CycleFiles.cycles(directory).length == 0) {
            throw new QueueException(directory + " contains no queue yet");
        }
        try (QueueTailer tailer = Queues.read(directory)) {
            if (from != QueueTailer.NO_INDEX && !tailer.moveTo(from)) {
                throw new QueueException(directory + " has no document at index " + Long.toHexString(from));
            }
            int cycle = NONE;
            do {
                readCycles(directory, tailer, Integer.MAX_VALUE, visitor);
                if (tailer.cycle() <= cycle) {
                    return; // a skip that does not move forward happens in damaged files only; would loop for ever
                }
                cycle = tailer.cycle();
            } while (skip(tailer, visitor));
        }
    }

    /**
     * Reads documents of one queue file; none if it does not exist any more.
     *
     * @param after the index of the document before the first one, or {@link QueueTailer#NO_INDEX} for all
     */
    void readCycle(Path directory, int cycle, long after, Visitor visitor) throws IOException {
        try (QueueTailer tailer = Queues.read(directory)) {
            if (moveTo(tailer, cycle, after, visitor)) {
                readCycles(directory, tailer, cycle, visitor);
            }
        }
    }

    private static boolean moveTo(QueueTailer tailer, int cycle, long after, Visitor visitor) {
        try {
            return after != QueueTailer.NO_INDEX && tailer.moveAfter(after) || tailer.moveToCycle(cycle);
        } catch (QueueException e) {
            visitor.damage(e.getMessage());
            return false;
        }
    }

    /** Reads until the end, until a document of a cycle after the last one, or until damage that needs a skip. */
    private void readCycles(Path directory, QueueTailer tailer, int last, Visitor visitor) throws IOException {
        boolean again = false;
        while (true) {
            final int length;
            try {
                length = tailer.read(into);
            } catch (QueueException e) {
                visitor.damage(e.getMessage());
                return;
            }
            if (length > 0 && CycleFiles.cycleOf(tailer.index()) > last) {
                return;
            }
            if (length > 0) {
                again = false;
                visit(tailer.index(), length, visitor);
            } else if (again || !hasLater(directory, tailer.cycle())) {
                if (again) {
                    visitor.damage("reading " + CycleFiles.file(directory, tailer.cycle())
                            + " stops before its end mark, although a later file exists");
                }
                return;
            } else {
                again = true; // a later file may just have been started: the end mark is there on a second read
            }
        }
    }

    private static boolean hasLater(Path directory, int cycle) throws IOException {
        final int[] cycles = CycleFiles.cycles(directory);
        return cycle >= 0 && cycles.length > 0 && cycles[cycles.length - 1] > cycle;
    }

    private void visit(long index, int length, Visitor visitor) throws IOException {
        if (document.wrap(into, 0, length)) {
            visitor.document(index, document);
        } else {
            visitor.damage("the document at index " + Long.toHexString(index) + ", " + length + " bytes, is invalid: "
                    + document.refusal());
        }
    }

    private static boolean skip(QueueTailer tailer, Visitor visitor) {
        try {
            return tailer.skipCycle();
        } catch (QueueException e) {
            visitor.damage(e.getMessage());
            return false;
        }
    }
}
