package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueException;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the documents of one queue, each once, in order, through everything that may be wrong with it. What can't be
 * read is tried again for a while, from the document behind the last one that could; then the rest of its cycle is
 * given up, counted and named, as soon as there is a later cycle. So is a cycle that yields nothing although there is a
 * later one. Nothing here throws. One thread.
 */
final class QueueCursor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(QueueCursor.class);

    private static final long NOTHING = HostQueue.NOTHING;
    private static final long FIRST_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LAST_RETRY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(250);
    /** Documents in a row that nobody wants, before others have their turn. */
    private static final int MOST_PASSED = 1024;

    private final HostQueue queue;
    private final EnumCounters<ReadCount> counts;
    private final long stallNs;

    private QueueTailer tailer;
    /** The last document that was read, here or by whoever was here before. */
    private long index = NOTHING;

    private long number;
    /** The cycle to read: that of the last document, or a later one when the rest of that was given up. */
    private int from = HostQueue.NO_CYCLE;

    private boolean failing;
    /** All patience was in vain once, and nothing was read since. */
    private boolean givenUp;

    private long failingSinceNs;
    private long retryAtNs;
    private long retryNs = FIRST_RETRY_NS;

    private boolean looked;
    private long lookAtNs;
    private boolean laterSeen;
    private long laterSinceNs;
    private boolean atEnd;

    QueueCursor(HostQueue queue, EnumCounters<ReadCount> counts, long stallNs) {
        this.queue = queue;
        this.counts = counts;
        this.stallNs = stallNs;
    }

    /** Before anything was read: begins behind the document of this index, and of this number. */
    void beginBehind(long behindIndex, long behindNumber) {
        index = behindIndex;
        number = behindNumber;
        from = CycleFiles.cycleOf(behindIndex);
    }

    /**
     * Takes the next document into the buffer, which is large enough for any.
     *
     * @return false when there is none now
     */
    boolean next(BatchReader document, ByteBuffer buffer, long nowNs) {
        return next(document, buffer, nowNs, Integer.MAX_VALUE);
    }

    /** The same as long as it is in no later cycle than this one; what lies behind that is left for another time. */
    boolean next(BatchReader document, ByteBuffer buffer, long nowNs, int lastCycle) {
        for (int i = 0; i < MOST_PASSED; i++) {
            final int length = poll(buffer, nowNs);
            if (length == 0) {
                return false;
            }
            final long read = tailer.index();
            if (read <= index) {
                continue; // its cycle is read from its beginning
            }
            recovered();
            if (CycleFiles.cycleOf(read) > lastCycle) {
                from = CycleFiles.cycleOf(read);
                end();
                return false;
            }
            index = read;
            from = CycleFiles.cycleOf(read);
            if (document.wrap(buffer, 0, length) || isWholeNow(document, buffer)) {
                count(document);
                return true;
            }
            refused(document);
        }
        return false;
    }

    /** What was read at the very moment in which it was written may not have been whole. */
    private boolean isWholeNow(BatchReader document, ByteBuffer buffer) {
        try {
            final int length = tailer.moveTo(index) ? tailer.read(buffer) : 0;
            return document.wrap(buffer, 0, length);
        } catch (QueueException e) {
            LOG.debug("{}: cannot reopen the queue", queue, e);
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
        queue.damaged = true;
        LOG.warn("{}: skipping the document at index {}: {}", queue, Long.toHexString(index), document.refusal());
    }

    /** Only what was not read before says so: all that is in front of a damage can be read again and again. */
    private void recovered() {
        failing = false;
        givenUp = false;
        retryNs = FIRST_RETRY_NS;
        laterSeen = false;
    }

    private int poll(ByteBuffer buffer, long nowNs) {
        if (tailer == null && failing && nowNs - retryAtNs < 0) {
            // There may have been nothing before the pause, and may be now, and the process may have died since.
            atEnd &= givenUp || !queue.dead || behind(HostQueue.NO_CYCLE) < 0;
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
        look(nowNs);
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
            return; // it begins with the oldest there is
        }
        final boolean isBegun = index != NOTHING && CycleFiles.cycleOf(index) == from;
        if (isBegun && moveBehind() || tailer.moveToCycle(from)) {
            return;
        }
        final int later = behind(from);
        if (later < 0 || !tailer.moveToCycle(later)) {
            throw new QueueException("nothing can be read behind index " + Long.toHexString(index));
        }
    }

    private boolean moveBehind() {
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
            hopeless(problem, nowNs);
        }
        retryLater(nowNs);
    }

    private void unreadable(QueueException problem, long nowNs) {
        begin(nowNs);
        if (nowNs - failingSinceNs >= stallNs) {
            final int current = from != HostQueue.NO_CYCLE ? from : behind(HostQueue.NO_CYCLE);
            final int later = behind(current);
            if (later >= 0) {
                LOG.warn("{}: {}", queue, problem.getMessage());
                skip(current, later);
            } else {
                hopeless(problem, nowNs);
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
        end();
        retryAtNs = nowNs + retryNs;
        retryNs = Math.min(LAST_RETRY_NS, retryNs * 2);
    }

    /** For now there is nothing else to read. */
    private void hopeless(QueueException problem, long nowNs) {
        counts.add(ReadCount.FAILURES, 1);
        if (!queue.damaged) {
            LOG.warn("{}: {}; it is tried again", queue, problem.getMessage());
        }
        queue.damaged = true;
        givenUp = true;
        atEnd = true;
        failingSinceNs = nowNs;
    }

    private void skip(int left, int later) {
        counts.add(ReadCount.SKIPPED_CYCLES, 1);
        queue.damaged = true;
        LOG.warn("{}: abandoning the rest of {}", queue, CycleFiles.file(queue.directory(), left));
        from = later;
        failing = false;
        givenUp = false;
        laterSeen = false;
        end();
    }

    /** Once a later cycle is there, whatever the current one has left comes soon, or never. */
    private void look(long nowNs) {
        if (looked && nowNs - lookAtNs < 0 && !queue.dead) {
            return;
        }
        looked = true;
        lookAtNs = nowNs + LOOK_NS;
        final int read = Math.max(from, tailer.cycle());
        final int current = read < 0 ? behind(HostQueue.NO_CYCLE) : read;
        final int later = current < 0 ? HostQueue.NO_CYCLE : behind(current);
        atEnd &= later < 0;
        if (later < 0 || !laterSeen) {
            laterSeen = later >= 0;
            laterSinceNs = nowNs;
        } else if (nowNs - laterSinceNs >= stallNs) {
            skip(current, later);
        }
    }

    /** The first cycle behind this one; negative without. */
    private int behind(int cycle) {
        try {
            for (int later : CycleFiles.cycles(queue.directory())) {
                if (later > cycle) {
                    return later;
                }
            }
        } catch (IOException e) {
            LOG.debug("{}: cannot list the queue", queue, e);
        }
        return HostQueue.NO_CYCLE;
    }

    /** Of the document read last; the one to begin behind before that. */
    long index() {
        return index;
    }

    /** As it stands in the document read last. */
    long number() {
        return number;
    }

    /** The cycle that is being read; negative before anything was. */
    int cycle() {
        return from;
    }

    /** Whether the last look found that all that was in the queue then has been read, as far as it can be. */
    boolean isAtEnd() {
        return atEnd;
    }

    private void end() {
        if (tailer != null) {
            tailer.close();
            tailer = null;
        }
    }

    /** Bytes of the buffer that takes any document. */
    static int mostBytes() {
        return Math.max(Queues.MOST_BYTES, BatchLayout.MAX_LENGTH);
    }

    @Override
    public void close() {
        end();
    }
}
