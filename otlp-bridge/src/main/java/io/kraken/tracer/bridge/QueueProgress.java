package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One destination's way through one queue: what it reads, which requests carry it, and up to where all of it is
 * settled, which is what the position file says. One thread.
 */
final class QueueProgress implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(QueueProgress.class);

    /** A request, and up to where everything is settled once it and those before it are. */
    static final class Receipt {
        private long index = HostQueue.NOTHING;
        private long number;
        private boolean settled;
        private boolean failed;
        private int sent;

        /** It has to be sent again. */
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
    /** Before this time nobody comes to look for more. */
    private long visitAtNs;

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
            cursor.beginBehind(settledIndex, settledNumber);
        } else if (position.isDamaged()) {
            LOG.warn("{}: position file damaged, shipping the whole queue again", queue);
        }
        hold();
    }

    HostQueue queue() {
        return queue;
    }

    boolean isDue(long nowNs) {
        return hasMore() && !isDoomed() && !(resting && nowNs - visitAtNs < 0);
    }

    boolean hasMore() {
        return cursor.index() < queue.eligible;
    }

    /** The next document that may be shipped, if there is one. */
    boolean next(BatchReader document, ByteBuffer bytes, long nowNs) {
        return hasMore() && !isDoomed() && cursor.next(document, bytes, nowNs);
    }

    /** The next document of those that are to be deleted rather than shipped, if there is one. */
    boolean nextDoomed(BatchReader document, ByteBuffer bytes, long nowNs) {
        return hasMore() && isDoomed() && cursor.next(document, bytes, nowNs, queue.doomedCycle);
    }

    /** The documents that wait are left alone for a while, so that there are more of them then. */
    void rest(long untilNs) {
        resting = true;
        visitAtNs = untilNs;
        hold();
    }

    /** Whether the cycle that is being read is to be deleted rather than shipped. */
    boolean isDoomed() {
        return queue.doomedCycle != HostQueue.NO_CYCLE && cursor.cycle() <= queue.doomedCycle;
    }

    Receipt begin() {
        final Receipt receipt = new Receipt();
        receipts.add(receipt);
        return receipt;
    }

    /**
     * Whether there may be another request, with so many under way. The position waits for the oldest one, and what is
     * ahead of it is sent a second time after a crash: so nothing gets far ahead, and somewhat further only of one that
     * fails, which is given up once enough others were answered.
     */
    boolean hasRoom(int requests) {
        final Receipt oldest = receipts.peek();
        return receipts.size() < (oldest != null && oldest.failed ? requests + RequestWindow.MOST_TRIES : requests);
    }

    /** All of the document read last is in requests, or needs none. */
    void through() {
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

    /** Says on disk up to where all is settled. */
    int save() {
        if (saved) {
            hold();
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
        hold();
        return 1;
    }

    /** Says which files are still needed: by what was not acknowledged, should this process die. */
    private void hold() {
        final int reading = cursor.cycle();
        final int settled = settledIndex == HostQueue.NOTHING ? HostQueue.NO_CYCLE : CycleFiles.cycleOf(settledIndex);
        // Requests that are under way with what is doomed live without its file.
        final int past = queue.scouted && !hasMore() ? reading + 1 : reading;
        progress.heldCycle = Math.max(receipts.isEmpty() ? reading : settled, Math.min(past, queue.doomedCycle + 1));
    }

    /** Of a dead process: whether everything is settled, or can't be read although it could once. */
    boolean isDone() {
        return queue.scouted && receipts.isEmpty() && (!hasMore() || cursor.isAtEnd());
    }

    /** Nothing more will come of it. */
    void finish() {
        save();
        if (hasMore()) {
            queue.damaged = true;
            LOG.warn("{}: documents after index {} have disappeared", queue, Long.toHexString(cursor.index()));
        }
        close();
        progress.done = true;
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
