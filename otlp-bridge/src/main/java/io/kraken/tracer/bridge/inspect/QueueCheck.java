package io.kraken.tracer.bridge.inspect;

import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.kraken.tracer.ring.queue.QueueTailer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A check of one queue: its descriptor, whether all of it can be read, and whether anything is missing between its
 * first and its last document.
 */
public final class QueueCheck {

    private final Path directory;
    private final QueueReading reading;
    private final CycleScan scan;
    private final Verdict verdict;
    private QueueDescriptor.Incarnation incarnation;

    private QueueCheck(Path directory, QueueReading reading, CycleScan scan) {
        this.directory = directory;
        this.reading = reading;
        this.scan = scan;
        verdict = new Verdict("queue " + directory);
    }

    public static Verdict of(Path directory, QueueReading reading, CycleScan scan) {
        return new QueueCheck(directory, reading, scan).check();
    }

    private Verdict check() {
        String service = "unknown";
        try {
            final QueueDescriptor descriptor = QueueDescriptor.read(directory);
            incarnation = descriptor.incarnation();
            service = descriptor.service() + ", process " + descriptor.pid();
        } catch (IOException e) {
            verdict.problem(Verdict.about(e));
        }
        final Sequence sequence = new Sequence(verdict, incarnation);
        try {
            reading.read(directory, QueueTailer.NO_INDEX, sequence);
            findUnreached(sequence);
        } catch (IOException e) {
            verdict.problem(Verdict.about(e));
        }
        return verdict.summary(service + ", " + sequence);
    }

    private void findUnreached(Sequence read) throws IOException {
        final Map<Integer, Long> found = new HashMap<>();
        for (int cycle : CycleFiles.cycles(directory)) {
            scan.scan(CycleFiles.file(directory, cycle), document -> {
                if (incarnation == null || isOf(incarnation, document)) {
                    found.merge(cycle, 1L, Long::sum);
                }
            });
        }
        Map<Integer, Long> reached = read.documentsOfCycle;
        if (!found.equals(reached) && QueueRoot.isAlive(directory)) {
            // Documents may have been appended between the reading and the scan: read again.
            final Sequence again = new Sequence(new Verdict(""), incarnation);
            reading.read(directory, QueueTailer.NO_INDEX, again);
            reached = again.documentsOfCycle;
        }
        for (Map.Entry<Integer, Long> each : found.entrySet()) {
            final long unreached = each.getValue() - reached.getOrDefault(each.getKey(), 0L);
            if (unreached > 0) {
                verdict.problem(unreached + " complete documents in " + CycleFiles.file(directory, each.getKey())
                        + " cannot be reached by readers");
            }
        }
    }

    private static boolean isOf(QueueDescriptor.Incarnation incarnation, BatchReader document) {
        return document.incarnationHigh() == incarnation.high() && document.incarnationLow() == incarnation.low();
    }

    /** Checks that the numbers and record counts of documents are consecutive, and that no record occurs twice. */
    private static final class Sequence implements QueueReading.Visitor {

        private final Verdict verdict;
        private final QueueDescriptor.Incarnation incarnation;
        private final Map<Integer, Long> documentsOfCycle = new HashMap<>();
        /** The last generation seen of each record slot of the process. */
        private final Map<Integer, Long> generations = new HashMap<>();

        private long next;
        private long nextEarlier;
        private long documents;
        private long records;
        private long leftOut;

        Sequence(Verdict verdict, QueueDescriptor.Incarnation incarnation) {
            this.verdict = verdict;
            this.incarnation = incarnation;
        }

        @Override
        public void document(long index, BatchReader document) {
            if (incarnation != null && !isOf(incarnation, document)) {
                verdict.problem("the document at index " + Long.toHexString(index) + " belongs to another process");
                return;
            }
            documentsOfCycle.merge(CycleFiles.cycleOf(index), 1L, Long::sum);
            checkNumbers(document);
            for (int record = 0; record < document.count(); record++) {
                checkUnique(document, record);
            }
            documents++;
            records += document.count();
            leftOut += document.leftOut();
            final int malformed = document.count() - Long.bitCount(document.soundRecords());
            if (malformed > 0) {
                verdict.problem(malformed + " records of document " + document.number() + " are malformed");
            }
        }

        private void checkNumbers(BatchReader document) {
            final long number = document.number();
            final long earlier = document.earlier();
            if (documents > 0 && number > next) {
                verdict.problem("documents " + next + " to " + (number - 1) + " are missing, and "
                        + (earlier - nextEarlier) + " records with them");
            } else if (documents > 0 && number != next) {
                verdict.problem("document " + number + " is found where document " + next + " is expected");
            } else if (documents > 0 && earlier != nextEarlier) {
                verdict.problem(
                        "document " + number + " counts " + earlier + " earlier records, but there are " + nextEarlier);
            }
            next = number + 1;
            nextEarlier = earlier + document.count() + document.leftOut();
        }

        private void checkUnique(BatchReader document, int record) {
            final int place = document.place(record);
            final long generation = document.generation(record);
            final Long before = generations.put(place, generation);
            if (before != null && before >= generation) {
                verdict.problem("document " + document.number() + ": generation " + generation + " of record " + place
                        + " follows generation " + before);
            }
        }

        @Override
        public void damage(String what) {
            verdict.problem(what);
        }

        @Override
        public String toString() {
            return documents + " documents, " + records + " spans" + (leftOut == 0 ? "" : ", " + leftOut + " left out")
                    + ", " + documentsOfCycle.size() + (documentsOfCycle.size() == 1 ? " file" : " files");
        }
    }
}
