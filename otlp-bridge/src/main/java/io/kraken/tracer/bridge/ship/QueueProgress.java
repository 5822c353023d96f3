package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.bridge.log.Decision;
import io.kraken.tracer.bridge.log.DecisionCursor;
import io.kraken.tracer.bridge.log.LateCursor;
import io.kraken.tracer.bridge.log.LogCursor;
import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.DocumentFile;
import io.kraken.tracer.ring.queue.QueueException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The progress of one destination in one stream of a queue: it follows the decisions in the host's log and reads the
 * documents with spans to ship. It knows the requests in flight and the position up to which everything is settled,
 * which it writes to the position file. Single-threaded.
 */
final class QueueProgress implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(QueueProgress.class);

    /** Maximum number of documents without spans to ship that are passed in one call. */
    private static final int MOST_PASSED = 1024;

    /** A request not settled yet, with the position that is settled once it and all earlier requests are. */
    static final class Receipt {
        private long index = HostQueue.NOTHING;
        private long number;
        private boolean settled;
        private boolean failed;
        private int sent;

        /** Called when the request has to be sent again. */
        void failed() {
            failed = true;
        }
    }

    private final HostQueue queue;
    private final HostQueue.Stream stream;
    private final HostQueue.Progress progress;
    private final LogCursor cursor;
    private final PositionFile position;
    private final EnumCounters<ShipCount> counts;
    private final Decision decision = new Decision();
    private final Deque<Receipt> receipts = new ArrayDeque<>();
    /** Of the cycle read last; closed while there is nothing to read. */
    private DocumentFile documents;

    private int documentCycle;

    private long settledIndex = HostQueue.NOTHING;
    private long settledNumber;
    private int unsavedSpans;
    private boolean saved = true;
    /** While {@link #resting}: the queue is not read before this time. */
    private long restUntilNs;

    private boolean resting;
    private boolean failing;

    /** @param log the directory of the queue's log */
    QueueProgress(
            HostQueue queue,
            HostQueue.Stream stream,
            int destination,
            Path log,
            PositionFile position,
            EnumCounters<ShipCount> counts)
            throws IOException {
        this.queue = queue;
        this.stream = stream;
        progress = queue.progress(destination, stream);
        this.position = position;
        this.counts = counts;
        cursor = stream == HostQueue.Stream.LATE ? new LateCursor(log) : DecisionCursor.reader(log);
        if (position.isPresent()) {
            settledIndex = position.index();
            settledNumber = position.batch();
            progress.settle(settledIndex);
            cursor.startAfter(settledIndex);
        } else if (position.isDamaged()) {
            LOG.warn("{}: position file damaged, shipping the whole queue again; expect duplicate spans", queue);
        }
        publishHeldCycle();
    }

    HostQueue queue() {
        return queue;
    }

    boolean isDue(long nowNs) {
        return hasMore() && !isDoomed() && !(resting && nowNs - restUntilNs < 0);
    }

    private long limit() {
        return queue.limit(stream);
    }

    boolean hasMore() {
        return cursor.place() < limit();
    }

    /** Reads the next document with spans to ship, if there is one; the others are counted and passed. */
    boolean next(BatchReader document, ByteBuffer bytes) {
        try {
            for (int i = 0; i < MOST_PASSED && !isDoomed() && cursor.next(limit(), decision); i++) {
                count();
                if (records() != 0) {
                    if (read(document, bytes)) {
                        return true;
                    }
                    unreadable();
                }
                documentDone();
            }
            failing = false;
        } catch (IOException e) {
            failed(e);
        }
        return false;
    }

    /** The records of the document read last that belong to this stream, as bits. */
    long records() {
        return switch (stream) {
            case SAMPLED -> decision.sampled;
            case KEPT -> decision.kept;
            default -> decision.late;
        };
    }

    private void count() {
        if (stream != HostQueue.Stream.KEPT) {
            counts.add(ShipCount.READ, Long.bitCount(records()));
        } else {
            counts.add(ShipCount.READ, decision.records - Long.bitCount(decision.sampled));
            counts.add(ShipCount.MALFORMED, decision.malformed);
            counts.add(ShipCount.NOT_KEPT, decision.unsampled() - Long.bitCount(decision.kept));
        }
    }

    private boolean read(BatchReader document, ByteBuffer bytes) {
        try {
            final int cycle = CycleFiles.cycleOf(decision.index);
            if (documents == null || documentCycle != cycle) {
                closeDocuments();
                documents = DocumentFile.open(queue.directory(), cycle);
                documentCycle = cycle;
            }
            if (documents == null) {
                return false;
            }
            documents.read(decision.position, decision.length, bytes);
            return document.wrap(bytes, 0, decision.length) && (records() & ~document.soundRecords()) == 0;
        } catch (QueueException e) {
            LOG.debug("{}: cannot read the document at index {}", queue, Long.toHexString(decision.index), e);
            return false;
        }
    }

    private void unreadable() {
        counts.add(ShipCount.UNREADABLE, Long.bitCount(records()));
        if (!failing) {
            failing = true;
            LOG.warn(
                    "{}: the document at index {} was read once but cannot be read any more; its spans are not shipped",
                    queue,
                    Long.toHexString(decision.index));
        }
        queue.markDamaged();
    }

    private void failed(IOException e) {
        if (!failing) {
            failing = true;
            LOG.warn("{}: cannot read the log of its documents, retrying: {}", queue, e.toString());
        }
    }

    /** Counts the spans of the next documents of doomed cycles, which will be deleted without being shipped. */
    int passDoomed() {
        int documents = 0;
        try {
            while (documents < MOST_PASSED && cursor.next(Math.min(limit(), lastDoomed()), decision)) {
                count();
                counts.add(ShipCount.LOST, Long.bitCount(records()));
                documentDone();
                documents++;
            }
        } catch (IOException e) {
            failed(e);
        }
        return documents;
    }

    private long lastDoomed() {
        final int doomed = queue.doomedCycle();
        return doomed == HostQueue.NO_CYCLE || stream == HostQueue.Stream.LATE
                ? HostQueue.NOTHING
                : DecisionCursor.lastIndex(doomed);
    }

    /** Stops reading for a while, so that more documents accumulate for the next request. */
    void rest(long untilNs) {
        resting = true;
        restUntilNs = untilNs;
        closeFiles();
        publishHeldCycle();
    }

    /** Whether the next document is in a queue file that will be deleted without being shipped. */
    boolean isDoomed() {
        return cursor.place() < Math.min(limit(), lastDoomed());
    }

    /** Whether the document read last is in such a file. */
    boolean isReadingDoomed() {
        return cursor.place() <= lastDoomed();
    }

    /** Whether there is nothing to read at the moment. */
    boolean mayRest() {
        return failing || !hasMore();
    }

    Receipt begin() {
        final Receipt receipt = new Receipt();
        receipts.add(receipt);
        return receipt;
    }

    /**
     * Whether another request may be started, with a limit on those in flight. The position waits for the oldest
     * request, and requests after it are sent again after a crash: so their number is limited. The limit is higher when
     * the oldest request fails, because it is discarded only after enough others were answered.
     */
    boolean hasRoom(int requests) {
        final Receipt oldest = receipts.peek();
        return receipts.size() < (oldest != null && oldest.failed ? requests + PendingRequests.MOST_TRIES : requests);
    }

    /** Called when all spans of the document read last are in requests, or need none. */
    void documentDone() {
        final Receipt last = receipts.peekLast();
        if (last == null) {
            settled(cursor.place(), decision.number);
        } else {
            last.index = cursor.place();
            last.number = decision.number;
        }
    }

    /** @param sent spans that were acknowledged */
    void settle(Receipt receipt, int sent) {
        receipt.settled = true;
        receipt.sent = sent;
        Receipt head;
        while ((head = receipts.peek()) != null && head.settled) {
            receipts.remove();
            unsavedSpans += head.sent;
            if (head.index != HostQueue.NOTHING) {
                settled(head.index, head.number);
            }
        }
    }

    private void settled(long index, long number) {
        settledIndex = index;
        settledNumber = number;
        progress.settle(index);
        saved = false;
    }

    /** Writes the settled position to disk. */
    int save() {
        if (saved) {
            publishHeldCycle();
            return 0;
        }
        try {
            position.advance(settledIndex, settledNumber, unsavedSpans);
            unsavedSpans = 0;
            saved = true;
        } catch (IOException e) {
            counts.add(ShipCount.POSITION_FAILURES, 1);
            LOG.debug("{}: cannot write the position", queue, e);
        }
        publishHeldCycle();
        return 1;
    }

    /** Publishes the first queue file still needed, also to resend unacknowledged spans after a crash. */
    private void publishHeldCycle() {
        if (stream == HostQueue.Stream.LATE) {
            progress.hold(Integer.MAX_VALUE); // see HostQueue.lateSettled
            return;
        }
        final int reading = cursor.cycle();
        final int settled = settledIndex == HostQueue.NOTHING ? HostQueue.NO_CYCLE : CycleFiles.cycleOf(settledIndex);
        // Requests in flight with spans of a doomed file do not need the file any more.
        final int past = queue.isHeadDone() && !hasMore() ? reading + 1 : reading;
        progress.hold(Math.max(receipts.isEmpty() ? reading : settled, Math.min(past, queue.doomedCycle() + 1)));
    }

    /** For a dead process: whether everything is settled. */
    boolean isDone() {
        return stream != HostQueue.Stream.LATE && queue.isHeadDone() && receipts.isEmpty() && !hasMore();
    }

    /** Whether this stream is read only when the others have nothing to ship. */
    boolean isLate() {
        return stream == HostQueue.Stream.LATE;
    }

    /** Saves the position and closes all files: the destination is done with this queue. */
    void finish() {
        save();
        close();
        progress.finish();
    }

    private void closeDocuments() {
        if (documents != null) {
            final DocumentFile left = documents;
            documents = null;
            left.close();
        }
    }

    private void closeFiles() {
        closeDocuments();
        try {
            cursor.rest();
        } catch (IOException e) {
            LOG.debug("{}: cannot close a file that was only read", queue, e);
        }
    }

    @Override
    public void close() {
        closeFiles();
        try {
            position.close();
        } catch (IOException e) {
            LOG.debug("{}: cannot close the position file", queue, e);
        }
    }
}
