package io.kraken.tracer.bridge.keep;

import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.bridge.queues.HostQueues;
import io.kraken.tracer.bridge.queues.QueueCursor;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.ring.queue.BatchReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;

/**
 * The agent that reads every queue first: it counts, notes the traces to keep, and releases documents to the shippers.
 * A document is released when it is as old as the decision delay and all queues have been read up to that time, so that
 * every span of the trace that was recorded on this host within the delay takes part in the decision. After a start all
 * queues are read from their beginning, which restores the noted traces. Single-threaded.
 */
public final class HeadReader implements Agent {

    /** Maximum number of documents read from one queue before the next queue. */
    private static final int BURST = 256;

    private final BridgeConfig config;
    private final HostQueues queues;
    private final TailSampler sampler;
    private final NanoClock clock;
    private final EpochNanoClock timeOfDay;
    private final BatchReader document = new BatchReader();
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(QueueCursor.mostBytes());

    private volatile boolean caughtUp;
    private List<HostQueue> known = List.of();
    private final List<Head> heads = new ArrayList<>();

    /** The read state of one queue. */
    private static final class Head {
        private final HostQueue queue;
        private final QueueCursor cursor;
        private final DecisionDelay delay;
        /** Index of the last document read. */
        private long seen = HostQueue.NOTHING;
        /** Whether the end of the queue has been reached at least once. */
        private boolean reachedEnd;
        /** All documents that were in the queue at this time have been read. */
        private long completeNs;

        Head(HostQueue queue, BridgeConfig config) {
            this.queue = queue;
            cursor = new QueueCursor(queue, queue.counts(), config.stallNs());
            delay = new DecisionDelay(config.decisionDelayNs());
        }
    }

    public HeadReader(
            BridgeConfig config, HostQueues queues, TailSampler sampler, NanoClock clock, EpochNanoClock timeOfDay) {
        this.config = config;
        this.queues = queues;
        this.sampler = sampler;
        this.clock = clock;
        this.timeOfDay = timeOfDay;
    }

    @Override
    public String roleName() {
        return "head-reader";
    }

    @Override
    public int doWork() {
        updateQueues();
        int work = 0;
        for (Head head : heads) {
            if (!head.queue.isHeadDone()) {
                work += read(head);
            }
        }
        work += release();
        return work;
    }

    private void updateQueues() {
        final List<HostQueue> now = queues.list();
        if (now == known) {
            return;
        }
        known = now;
        heads.removeIf(head -> isGone(head, now));
        for (HostQueue queue : now) {
            if (heads.stream().noneMatch(head -> head.queue == queue)) {
                heads.add(new Head(queue, config));
            }
        }
    }

    private static boolean isGone(Head head, List<HostQueue> now) {
        if (now.contains(head.queue)) {
            return false;
        }
        head.cursor.close();
        return true;
    }

    private int read(Head head) {
        final long begunNs = clock.nanoTime();
        final boolean wasDead = head.queue.isDead();
        int documents = 0;
        while (documents < BURST && head.cursor.next(document, bytes, begunNs)) {
            sampler.note(document, begunNs);
            head.seen = head.cursor.index();
            head.queue.count(head.cursor.cycle());
            head.delay.seen(head.seen, begunNs + waitNs());
            documents++;
        }
        head.queue.headAt(head.cursor.cycle());
        if (documents < BURST) {
            head.reachedEnd = true;
            head.completeNs = begunNs;
            // Not before all documents are released: the last ones may wait until the other queues are read.
            if (wasDead && head.cursor.isAtEnd() && head.queue.eligible() == head.seen) {
                head.queue.finishHead();
                head.cursor.close();
            }
        }
        return documents;
    }

    /** The rest of the delay; clamped to 0 and the full delay, in case the clock of the process is wrong. */
    private long waitNs() {
        final long age = timeOfDay.nanoTime() - document.latestEndNs();
        return Math.max(0, Math.min(config.decisionDelayNs(), config.decisionDelayNs() - Math.max(0, age)));
    }

    /** Releases the documents that are due by the time up to which every queue has been read. */
    private int release() {
        long completeNs = clock.nanoTime();
        for (Head head : heads) {
            if (!head.queue.isHeadDone()) {
                if (!head.reachedEnd) {
                    return 0;
                }
                completeNs = head.completeNs - completeNs < 0 ? head.completeNs : completeNs;
            }
        }
        caughtUp = true;
        int work = 0;
        for (Head head : heads) {
            final long passed = head.queue.isHeadDone() ? head.queue.eligible() : head.delay.passed(completeNs);
            if (passed != head.queue.eligible()) {
                head.queue.release(passed);
                work++;
            }
        }
        return work;
    }

    /** Whether all documents queued before the start have been read. Any thread. */
    public boolean hasCaughtUp() {
        return caughtUp;
    }

    @Override
    public void onClose() {
        for (Head head : heads) {
            head.cursor.close();
        }
    }
}
