package io.kraken.tracer.bridge.queues;

import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.CycleListing;
import io.kraken.tracer.ring.queue.QueueException;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reader of the documents of one queue, each once and in order, that survives any damage of the queue. A failed read
 * is retried for a while, from the document after the last readable one; then the rest of the queue file (a cycle) is
 * skipped, counted and logged, as soon as there is a later file. A file that yields nothing for as long although there
 * is a later one is skipped too. No method throws. Single-threaded.
 */
public final class QueueCursor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(QueueCursor.class);

    private static final long NOTHING = HostQueue.NOTHING;
    private static final long FIRST_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LAST_RETRY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long CHECK_NS = TimeUnit.MILLISECONDS.toNanos(250);
    /** Maximum number of documents skipped in one call, so that other queues are not delayed. */
    private static final int MOST_SKIPPED = 1024;

    private final HostQueue queue;
    private final EnumCounters<ReadCount> counts;
    private final long stallNs;

    private final CycleListing cycles;

    private QueueTailer tailer;
    /** Index of the last document read, by this cursor or before its start position. */
    private long index = NOTHING;

    private long position;
    private long number;
    /** The cycle to read: that of the last document, or a later one if the rest of that was skipped. */
    private int from = HostQueue.NO_CYCLE;

    private boolean failing;
    /** The retries have timed out, and nothing was read since. */
    private boolean givenUp;

    private long failingSinceNs;
    private long retryAtNs;
    private long retryNs = FIRST_RETRY_NS;

    private boolean checked;
    private long nextCheckNs;
    private boolean laterSeen;
    private long laterSinceNs;
    private boolean atEnd;

    public QueueCursor(HostQueue queue, EnumCounters<ReadCount> counts, long stallNs) {
        this.queue = queue;
        this.counts = counts;
        this.stallNs = stallNs;
        cycles = new CycleListing(queue.directory());
    }

    /** Sets the start position, before the first read: after the document with this index and number. */
    public void startAfter(long afterIndex, long afterNumber) {
        index = afterIndex;
        number = afterNumber;
        from = CycleFiles.cycleOf(afterIndex);
    }

    /**
     * Reads the next document into the buffer, which must have {@link #mostBytes}.
     *
     * @return false when there is none at the moment
     */
    public boolean next(BatchReader document, ByteBuffer buffer, long nowNs) {
        return next(document, buffer, nowNs, Integer.MAX_VALUE);
    }

    /** The same, but only up to this cycle; documents of later cycles are left to later calls. */
    public boolean next(BatchReader document, ByteBuffer buffer, long nowNs, int lastCycle) {
        for (int i = 0; i < MOST_SKIPPED; i++) {
            final int length = poll(buffer, nowNs);
            if (length == 0) {
                return false;
            }
            final long read = tailer.index();
            if (read <= index) {
                continue; // read before: the cycle is being reread from its beginning
            }
            recovered();
            if (CycleFiles.cycleOf(read) > lastCycle) {
                from = CycleFiles.cycleOf(read);
                closeTailer();
                return false;
            }
            index = read;
            position = tailer.position();
            from = CycleFiles.cycleOf(read);
            if (document.wrap(buffer, 0, length) || isWholeNow(document, buffer)) {
                count(document);
                return true;
            }
            refused(document);
        }
        return false;
    }

    /** Reads the document again: the first read may have overlapped with its writing. */
    private boolean isWholeNow(BatchReader document, ByteBuffer buffer) {
        try {
            final int length = tailer.moveTo(index) ? tailer.read(buffer) : 0;
            return document.wrap(buffer, 0, length);
        } catch (QueueException e) {
            LOG.debug("{}: cannot read the document again", queue, e);
            return false;
        }
    }

    private void count(BatchReader document) {
        counts.add(ReadCount.DOCUMENTS, 1);
        counts.add(ReadCount.SPANS, document.count());
        counts.add(ReadCount.MALFORMED_SPANS, document.count() - Long.bitCount(document.soundRecords()));
        counts.add(ReadCount.LEFT_OUT_SPANS, document.leftOut());
        if (number != 0 && document.number() > number + 1) {
            counts.add(ReadCount.MISSING_DOCUMENTS, document.number() - number - 1);
        }
        number = document.number();
    }

    private void refused(BatchReader document) {
        counts.add(ReadCount.REFUSED_DOCUMENTS, 1);
        queue.markDamaged();
        LOG.warn("{}: skipping the document at index {}: {}", queue, Long.toHexString(index), document.refusal());
    }

    /** Only new documents count as a recovery: those in front of damage can be read any number of times. */
    private void recovered() {
        failing = false;
        givenUp = false;
        retryNs = FIRST_RETRY_NS;
        laterSeen = false;
    }

    private int poll(ByteBuffer buffer, long nowNs) {
        if (tailer == null && failing && nowNs - retryAtNs < 0) {
            // During the pause documents may have been appended, and the process may have died.
            atEnd &= givenUp || !queue.dead || cycleAfter(HostQueue.NO_CYCLE) < 0;
            return 0;
        }
        if (tailer == null && !open(nowNs)) {
            return 0;
        }
        atEnd = false;
        try {
            final int length = tailer.read(buffer);
            if (length > 0) {
                return length;
            }
        } catch (QueueException e) {
            unreadable(e, nowNs);
            return 0;
        }
        failing &= nowNs - failingSinceNs < stallNs;
        atEnd = !failing || givenUp;
        checkForLaterCycle(nowNs);
        return 0;
    }

    private boolean open(long nowNs) {
        try {
            tailer = Queues.read(queue.directory());
        } catch (QueueException e) {
            closed(e, nowNs);
            return false;
        }
        try {
            move();
            return true;
        } catch (QueueException e) {
            unreadable(e, nowNs);
            return false;
        }
    }

    private void move() throws QueueException {
        if (from == HostQueue.NO_CYCLE) {
            return; // starts with the oldest file
        }
        final boolean isBegun = index != NOTHING && CycleFiles.cycleOf(index) == from;
        if (isBegun && moveAfterLast() || tailer.moveToCycle(from)) {
            return;
        }
        final int later = cycleAfter(from);
        if (later < 0 || !tailer.moveToCycle(later)) {
            throw new QueueException("cannot read on after index " + Long.toHexString(index));
        }
    }

    private boolean moveAfterLast() {
        try {
            return tailer.moveAfter(index);
        } catch (QueueException e) {
            LOG.debug("{}: reading the queue file from its beginning", queue, e);
            return false;
        }
    }

    private void closed(QueueException problem, long nowNs) {
        begin(nowNs);
        if (nowNs - failingSinceNs >= stallNs) {
            giveUp(problem, nowNs);
        }
        retryLater(nowNs);
    }

    private void unreadable(QueueException problem, long nowNs) {
        begin(nowNs);
        if (nowNs - failingSinceNs >= stallNs) {
            final int current = from != HostQueue.NO_CYCLE ? from : cycleAfter(HostQueue.NO_CYCLE);
            final int later = cycleAfter(current);
            if (later >= 0) {
                LOG.warn("{}: {}", queue, problem.getMessage());
                skip(current, later);
            } else {
                giveUp(problem, nowNs);
            }
        }
        retryLater(nowNs);
    }

    private void begin(long nowNs) {
        atEnd = givenUp;
        if (!failing) {
            failing = true;
            failingSinceNs = nowNs;
        }
    }

    private void retryLater(long nowNs) {
        closeTailer();
        retryAtNs = nowNs + retryNs;
        retryNs = Math.min(LAST_RETRY_NS, retryNs * 2);
    }

    /** Gives up for now: there is no later file to read. */
    private void giveUp(QueueException problem, long nowNs) {
        counts.add(ReadCount.FAILURES, 1);
        if (!queue.isDamaged()) {
            LOG.warn("{}: {}; retrying", queue, problem.getMessage());
        }
        queue.markDamaged();
        givenUp = true;
        atEnd = true;
        failingSinceNs = nowNs;
    }

    private void skip(int left, int later) {
        counts.add(ReadCount.SKIPPED_CYCLES, 1);
        queue.markDamaged();
        LOG.warn(
                "{}: skipping the unreadable rest of {}, continuing with the next queue file",
                queue,
                CycleFiles.file(queue.directory(), left));
        from = later;
        failing = false;
        givenUp = false;
        laterSeen = false;
        closeTailer();
    }

    /**
     * Skips the current cycle when a later one exists and the current one has yielded nothing for the stall time. Once
     * a later cycle exists, the rest of the current one arrives soon or never.
     */
    private void checkForLaterCycle(long nowNs) {
        if (checked && nowNs - nextCheckNs < 0 && !queue.dead) {
            return;
        }
        checked = true;
        final int read = Math.max(from, tailer.cycle());
        final int current = read < 0 ? cycleAfter(HostQueue.NO_CYCLE) : read;
        final int later = current < 0 ? HostQueue.NO_CYCLE : cycleAfter(current);
        atEnd &= later < 0;
        if (later < 0 || !laterSeen) {
            laterSeen = later >= 0;
            laterSinceNs = nowNs;
        } else if (nowNs - laterSinceNs >= stallNs) {
            skip(current, later);
        }
        nextCheckNs = nowNs + (laterSeen ? CHECK_NS : Math.max(CHECK_NS, stallNs / 2));
    }

    /** The first cycle after this one; negative if there is none. */
    private int cycleAfter(int cycle) {
        try {
            return cycles.after(cycle);
        } catch (IOException e) {
            LOG.debug("{}: cannot list the queue", queue, e);
            return HostQueue.NO_CYCLE;
        }
    }

    /** The index of the document read last; before the first read, the start position. */
    public long index() {
        return index;
    }

    /** Offset of the document read last in its queue file. */
    public long position() {
        return position;
    }

    /** The number of the document read last. */
    public long number() {
        return number;
    }

    /** The cycle that is being read; negative before the first read. */
    public int cycle() {
        return from;
    }

    /** Whether the last poll found that all readable documents of the queue have been read. */
    public boolean isAtEnd() {
        return atEnd;
    }

    private void closeTailer() {
        if (tailer != null) {
            tailer.close();
            tailer = null;
        }
    }

    /** The size of a buffer that can hold any document. */
    public static int mostBytes() {
        return Math.max(Queues.MOST_BYTES, BatchLayout.MAX_LENGTH);
    }

    @Override
    public void close() {
        closeTailer();
    }
}
