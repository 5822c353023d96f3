package io.kraken.tracer.bridge.inspect;

import io.kraken.tracer.bridge.index.TraceIndexFile;
import io.kraken.tracer.bridge.log.Decision;
import io.kraken.tracer.bridge.log.DecisionFile;
import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.DocumentFile;
import io.kraken.tracer.ring.queue.QueueException;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.agrona.collections.IntArrayList;

/**
 * A pass over the documents of a queue that may hold one trace. The bridge's trace index of a queue file names them,
 * and its decisions tell where they are; documents that are not indexed yet are read with a tailer, as are whole files
 * whose index is missing, damaged or not readable for this user. The bridge may be writing and deleting all of these
 * files meanwhile. A document may be passed on twice. Reusable; single-threaded.
 */
public final class TraceReading {

    private final HostLog log;
    private final QueueReading reading;
    private final TraceIndexFile index = new TraceIndexFile();
    private final IntArrayList candidates = new IntArrayList();
    private final Decision decision = new Decision();
    private final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
    private final BatchReader document = new BatchReader();

    public TraceReading(HostLog log, QueueReading reading) {
        this.log = log;
        this.reading = reading;
    }

    /** @throws IOException when there is no queue, when it cannot be opened, or when the visitor throws it */
    public void read(Path directory, long high, long low, QueueReading.Visitor visitor) throws IOException {
        int[] cycles = CycleFiles.cycles(directory);
        if (cycles.length == 0) {
            throw new QueueException(directory + " contains no queue yet");
        }
        int done = -1;
        while (cycles.length > 0 && cycles[cycles.length - 1] > done) {
            for (int cycle : cycles) {
                if (cycle > done) {
                    readCycle(directory, cycle, high, low, visitor);
                }
            }
            done = cycles[cycles.length - 1];
            cycles = CycleFiles.cycles(directory); // a file may have been started meanwhile
        }
    }

    private void readCycle(Path directory, int cycle, long high, long low, QueueReading.Visitor visitor)
            throws IOException {
        candidates.clear();
        final Path file = log.index(directory.getFileName().toString(), cycle);
        final int covered;
        final boolean complete;
        try {
            final boolean sound = index.open(file) && !index.isDamaged() && index.find(high, low, candidates::addInt);
            covered = sound ? index.coveredSequence() : -1;
            complete = sound && index.isComplete();
        } finally {
            index.close();
        }
        if (covered < 0 || !readCandidates(directory, cycle, covered, visitor)) {
            reading.readCycle(directory, cycle, QueueTailer.NO_INDEX, visitor);
        } else if (!complete) {
            reading.readCycle(directory, cycle, CycleFiles.firstIndex(cycle) + covered, visitor);
        }
    }

    /** False when a candidate cannot be read this way. */
    private boolean readCandidates(Path directory, int cycle, int covered, QueueReading.Visitor visitor)
            throws IOException {
        if (candidates.isEmpty()) {
            return true;
        }
        try (DecisionFile decisions = open(directory, cycle);
                DocumentFile documents = DocumentFile.open(directory, cycle)) {
            if (decisions == null || documents == null) {
                return false;
            }
            for (int i = 0; i < candidates.size(); i++) {
                final int sequence = candidates.getInt(i);
                if (sequence <= covered && !readDocument(decisions, documents, sequence)) {
                    return false;
                }
                if (sequence <= covered) {
                    visitor.document(CycleFiles.firstIndex(cycle) + sequence, document);
                }
            }
            return true;
        }
    }

    private DecisionFile open(Path directory, int cycle) {
        try {
            return log.read(directory.getFileName().toString(), cycle);
        } catch (IOException e) {
            return null;
        }
    }

    private boolean readDocument(DecisionFile decisions, DocumentFile documents, int sequence) {
        try {
            if (decisions.get(sequence, decision) != DecisionFile.Read.FOUND) {
                return false;
            }
            documents.read(decision.position, decision.length, into);
            return document.wrap(into, 0, decision.length);
        } catch (IOException e) {
            return false;
        }
    }
}
