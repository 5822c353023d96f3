package io.kraken.tracer.bridge.keep;

import io.kraken.tracer.bridge.index.TraceIndexFile;
import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The search for spans of traces that are kept late: after the decision about their early spans. It takes the ids of
 * newly kept traces in batches, and looks for each batch in the trace indexes of all queue files of the window, in
 * small steps between the other work of the head reader. Documents that are not decided yet need no search:
 * their decision is made with the trace known. Bounded: beyond {@link #MOST_WAITING} waiting ids further ones are
 * counted and dropped. Used by the head reader's thread; the counts can be read by any thread.
 */
final class LookBack {

    private static final Logger LOG = LoggerFactory.getLogger(LookBack.class);

    /** Maximum number of ids that wait for their search. */
    static final int MOST_WAITING = 1 << 16;
    /** Maximum number of ids that are searched together. */
    private static final int BATCH = 1 << 10;
    /** Maximum number of documents read in one step. */
    private static final int STEP = 32;

    private static final long MISSING = Long.MIN_VALUE;

    private final HostLog log;
    private final QueueHead.Workspace workspace = new QueueHead.Workspace();
    private final TraceIndexFile index = new TraceIndexFile();

    /** The waiting ids, as pairs of a high and a low half. */
    private final Deque<long[]> waiting = new ArrayDeque<>();
    /** The ids of the batch, high half by low half. */
    private final Long2LongHashMap batch = new Long2LongHashMap(MISSING);
    /** The queue files that are left to search for the batch. */
    private final Deque<Target> targets = new ArrayDeque<>();

    private Target current;
    /** The documents of the current file that may hold a trace of the batch. */
    private final BitSet candidates = new BitSet();

    private int next;

    private volatile long searched;
    private volatile long dropped;
    private volatile long found;

    private record Target(LateSpans spans, int cycle) {}

    LookBack(HostLog log) {
        this.log = log;
    }

    /** Adds the id of a trace that is kept from now on. */
    void add(long high, long low) {
        if (waiting.size() < MOST_WAITING) {
            waiting.add(new long[] {high, low});
        } else {
            dropped++;
        }
    }

    /** Makes a step of the search; returns how much was done. */
    int doWork(List<LateSpans> queues) {
        if (current == null && targets.isEmpty() && !begin(queues)) {
            return 0;
        }
        if (current == null) {
            enter(targets.poll());
        }
        int read = 0;
        while (current != null && read++ < STEP) {
            next = candidates.nextSetBit(next);
            if (next < 0) {
                leave();
            } else {
                examine(next++);
            }
        }
        return 1;
    }

    private boolean begin(List<LateSpans> queues) {
        if (waiting.isEmpty()) {
            return false;
        }
        batch.clear();
        while (batch.size() < BATCH && !waiting.isEmpty()) {
            final long[] id = waiting.poll();
            batch.put(id[1], id[0]);
            searched++;
        }
        for (LateSpans queue : queues) {
            try {
                for (int cycle : queue.cycles()) {
                    targets.add(new Target(queue, cycle));
                }
            } catch (IOException e) {
                LOG.warn("{}: a look back failed: {}", queue.queue(), e.toString());
            }
        }
        return true;
    }

    private void enter(Target target) {
        current = target;
        candidates.clear();
        next = 0;
        try {
            find(target, target.spans.enter(target.cycle));
        } catch (IOException e) {
            failed(e);
        }
    }

    private void find(Target target, int decided) {
        if (!index.open(log.index(target.spans.queue().name(), target.cycle)) || !find(decided)) {
            candidates.set(0, decided);
        }
        for (int sequence = 0; sequence < decided; sequence++) {
            if (!index.isCovered(sequence)) {
                candidates.set(sequence);
            }
        }
        index.close();
    }

    /** False if the index is damaged. */
    private boolean find(int decided) {
        for (Long2LongHashMap.EntryIterator ids = batch.entrySet().iterator(); ids.hasNext(); ) {
            ids.next();
            final boolean sound = index.find(ids.getLongValue(), ids.getLongKey(), sequence -> {
                if (sequence < decided) {
                    candidates.set(sequence);
                }
            });
            if (!sound) {
                return false;
            }
        }
        return true;
    }

    private void examine(int sequence) {
        try {
            found += current.spans.keep(sequence, workspace, this::recordsOfBatch);
        } catch (IOException e) {
            failed(e);
        }
    }

    private void failed(IOException e) {
        LOG.warn("{}: a look back failed: {}", current.spans.queue(), e.toString());
        leave();
    }

    /** The records that belong to a trace of the batch, as bits. */
    private long recordsOfBatch(BatchReader document) {
        long records = 0;
        for (long rest = document.soundRecords(); rest != 0; rest &= rest - 1) {
            final int at = document.offset(Long.numberOfTrailingZeros(rest));
            final long high = batch.get(RecordLayout.traceIdLow(document.buffer(), at));
            if (high != MISSING && high == RecordLayout.traceIdHigh(document.buffer(), at)) {
                records |= rest & -rest;
            }
        }
        return records;
    }

    private void leave() {
        try {
            current.spans.close();
        } catch (IOException e) {
            LOG.debug("{}: cannot close its log", current.spans.queue(), e);
        }
        current = null;
    }

    /** Whether no search is under way or waiting. */
    boolean isIdle() {
        return current == null && targets.isEmpty() && waiting.isEmpty();
    }

    // --- any thread

    /** The number of traces for which a search was begun. */
    long searched() {
        return searched;
    }

    /** The number of traces that were not searched, since too many were waiting. */
    long dropped() {
        return dropped;
    }

    /** The number of spans found. */
    long found() {
        return found;
    }
}
