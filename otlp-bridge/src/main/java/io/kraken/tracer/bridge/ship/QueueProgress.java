package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.bridge.queues.QueueCursor;
import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The progress of one destination in one queue: its cursor, its requests in flight, and the position up to which
 * everything is settled, which it writes to the position file. Single-threaded.
 */
final class QueueProgress implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(QueueProgress.class);

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
    private final HostQueue.Progress progress;
    private final QueueCursor cursor;
    private final PositionFile position;
    private final EnumCounters<ShipCount> counts;
    private final Deque<Receipt> receipts = new ArrayDeque<>();

    private long settledIndex = HostQueue.NOTHING;
    private long settledNumber;
    private int unsavedSpans;
    private boolean saved = true;
    /** While {@link #resting}: the queue is not read before this time. */
    private long restUntilNs;

    private boolean resting;

    QueueProgress(
            HostQueue queue,
            HostQueue.Progress progress,
            QueueCursor cursor,
            PositionFile position,
            EnumCounters<ShipCount> counts) {
        this.queue = queue;
        this.progress = progress;
        this.cursor = cursor;
        this.position = position;
        this.counts = counts;
        if (position.isPresent()) {
            settledIndex = position.index();
            settledNumber = position.batch();
            cursor.startAfter(settledIndex, settledNumber);
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

    boolean hasMore() {
        return cursor.index() < queue.eligible();
    }

    /** Reads the next document that may be shipped, if there is one. */
    boolean next(BatchReader document, ByteBuffer bytes, long nowNs) {
        return hasMore() && !isDoomed() && cursor.next(document, bytes, nowNs);
    }

    /** Reads the next document of a doomed cycle, which will be deleted without being shipped, if there is one. */
    boolean nextDoomed(BatchReader document, ByteBuffer bytes, long nowNs) {
        return hasMore() && isDoomed() && cursor.next(document, bytes, nowNs, queue.doomedCycle());
    }

    /** Stops reading for a while, so that more documents accumulate for the next request. */
    void rest(long untilNs) {
        resting = true;
        restUntilNs = untilNs;
        publishHeldCycle();
    }

    /** Whether the queue file that is being read will be deleted without being shipped. */
    boolean isDoomed() {
        return queue.doomedCycle() != HostQueue.NO_CYCLE && cursor.cycle() <= queue.doomedCycle();
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
            settled(cursor.index(), cursor.number());
        } else {
            last.index = cursor.index();
            last.number = cursor.number();
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
        final int reading = cursor.cycle();
        final int settled = settledIndex == HostQueue.NOTHING ? HostQueue.NO_CYCLE : CycleFiles.cycleOf(settledIndex);
        // Requests in flight with spans of a doomed file do not need the file any more.
        final int past = queue.isHeadDone() && !hasMore() ? reading + 1 : reading;
        progress.hold(Math.max(receipts.isEmpty() ? reading : settled, Math.min(past, queue.doomedCycle() + 1)));
    }

    /** For a dead process: whether everything is settled, or the rest cannot be read any more. */
    boolean isDone() {
        return queue.isHeadDone() && receipts.isEmpty() && (!hasMore() || cursor.isAtEnd());
    }

    /** Saves the position and closes all files: the destination is done with this queue. */
    void finish() {
        save();
        if (hasMore()) {
            queue.markDamaged();
            LOG.warn(
                    "{}: documents after index {} were read once but cannot be read any more; they are not shipped",
                    queue,
                    Long.toHexString(cursor.index()));
        }
        close();
        progress.finish();
    }

    @Override
    public void close() {
        cursor.close();
        try {
            position.close();
        } catch (IOException e) {
            LOG.debug("{}: cannot close the position file", queue, e);
        }
    }
}
