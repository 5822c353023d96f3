package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueException;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Walks all documents that a queue has at this moment, from its oldest on. What is damaged is named and passed over, a
 * whole file of the queue when nothing can be read behind the damage. Reused; one thread.
 */
final class QueueReading {

    /** Takes what there is, in the queue's order. */
    interface Visitor {
        /** @param document good until this returns */
        void document(long index, BatchReader document) throws IOException;

        void damage(String what);
    }

    /** Less than any cycle, and less than what says that nothing was read. */
    private static final int NONE = Integer.MIN_VALUE;

    private final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
    private final BatchReader document = new BatchReader();

    /**
     * @param from the index to begin at, or {@link QueueTailer#NO_INDEX}
     * @throws IOException when there is no queue, or none that can be opened, or what the visitor throws
     */
    void read(Path directory, long from, Visitor visitor) throws IOException {
        try (QueueTailer tailer = Queues.read(directory)) {
            if (from != QueueTailer.NO_INDEX && !tailer.moveTo(from)) {
                throw new QueueException(directory + " has no document at index " + Long.toHexString(from));
            }
            int cycle = NONE;
            do {
                readCycles(directory, tailer, visitor);
                if (tailer.cycle() <= cycle) {
                    return; // not forward: nothing that a sound file would lead to
                }
                cycle = tailer.cycle();
            } while (skip(tailer, visitor));
        }
    }

    /** As far as that goes without a jump. */
    private void readCycles(Path directory, QueueTailer tailer, Visitor visitor) throws IOException {
        boolean again = false;
        while (true) {
            final int length;
            try {
                length = tailer.read(into);
            } catch (QueueException e) {
                visitor.damage(e.getMessage());
                return;
            }
            if (length > 0) {
                again = false;
                visit(tailer.index(), length, visitor);
            } else if (again || !hasLater(directory, tailer.cycle())) {
                if (again) {
                    visitor.damage("nothing more can be read in " + CycleFiles.file(directory, tailer.cycle())
                            + ", which has no end though a later file is there");
                }
                return;
            } else {
                again = true; // a file of the queue may have been begun this moment, and the one before ended since
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
            visitor.damage("the document at index " + Long.toHexString(index) + ", " + length + " bytes, is refused: "
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
