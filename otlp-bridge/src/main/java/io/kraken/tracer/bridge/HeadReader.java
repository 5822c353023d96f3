package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.BatchReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;

/**
 * Reads every queue at its head: counts, notes the traces worth keeping, and says up to where the shippers may follow.
 * They may once a document is as old as the decision delay, and all queues have been read up to what they had then: so
 * whatever of a trace was recorded on this host within the delay has its say. A start reads all that is there again,
 * which brings the noted traces back.
 */
final class HeadReader implements Agent {

    /** Documents of a queue before the next queue has its turn. */
    private static final int BURST = 256;

    private final BridgeConfig config;
    private final HostQueues queues;
    private final TailSampler keeper;
    private final NanoClock clock;
    private final EpochNanoClock timeOfDay;
    private final BatchReader document = new BatchReader();
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(QueueCursor.mostBytes());

    private volatile boolean caughtUp;
    private List<HostQueue> known = List.of();
    private final List<Trail> trails = new ArrayList<>();

    /** A queue, and how far it is known. */
    private static final class Trail {
        private final HostQueue queue;
        private final QueueCursor cursor;
        private final DecisionDelay delay;
        /** The last document. */
        private long seen = HostQueue.NOTHING;
        /** All that was in the queue at this time has been read. */
        private long readUpNs;

        private boolean readUp;

        Trail(HostQueue queue, BridgeConfig config) {
            this.queue = queue;
            cursor = new QueueCursor(queue, queue.counts(), config.stallNs());
            delay = new DecisionDelay(config.decisionDelayNs());
        }
    }

    HeadReader(BridgeConfig config, HostQueues queues, TailSampler keeper, NanoClock clock, EpochNanoClock timeOfDay) {
        this.config = config;
        this.queues = queues;
        this.keeper = keeper;
        this.clock = clock;
        this.timeOfDay = timeOfDay;
    }

    @Override
    public String roleName() {
        return "scout";
    }

    @Override
    public int doWork() {
        meet();
        int work = 0;
        for (Trail trail : trails) {
            if (!trail.queue.scouted) {
                work += read(trail);
            }
        }
        work += release();
        return work;
    }

    private void meet() {
        final List<HostQueue> now = queues.list();
        if (now == known) {
            return;
        }
        known = now;
        trails.removeIf(trail -> isGone(trail, now));
        for (HostQueue queue : now) {
            if (trails.stream().noneMatch(trail -> trail.queue == queue)) {
                trails.add(new Trail(queue, config));
            }
        }
    }

    private static boolean isGone(Trail trail, List<HostQueue> now) {
        if (now.contains(trail.queue)) {
            return false;
        }
        trail.cursor.close();
        return true;
    }

    private int read(Trail trail) {
        final long begunNs = clock.nanoTime();
        final boolean wasDead = trail.queue.dead;
        int documents = 0;
        while (documents < BURST && trail.cursor.next(document, bytes, begunNs)) {
            keeper.note(document, begunNs);
            trail.seen = trail.cursor.index();
            trail.queue.count(trail.cursor.cycle());
            trail.delay.seen(trail.seen, begunNs + waitNs());
            documents++;
        }
        trail.queue.scoutCycle = trail.cursor.cycle();
        if (documents < BURST) {
            trail.readUp = true;
            trail.readUpNs = begunNs;
            // Its last spans may still wait for those of others.
            if (wasDead && trail.cursor.isAtEnd() && trail.queue.eligible == trail.seen) {
                trail.queue.scouted = true;
                trail.cursor.close();
            }
        }
        return documents;
    }

    /** What is left of the delay; a process whose clock is wrong gets no less than nothing and no more than all. */
    private long waitNs() {
        final long age = timeOfDay.nanoTime() - document.latestEndNs();
        return Math.max(0, Math.min(config.decisionDelayNs(), config.decisionDelayNs() - Math.max(0, age)));
    }

    private int release() {
        long readUpNs = clock.nanoTime();
        for (Trail trail : trails) {
            if (!trail.queue.scouted) {
                if (!trail.readUp) {
                    return 0;
                }
                readUpNs = trail.readUpNs - readUpNs < 0 ? trail.readUpNs : readUpNs;
            }
        }
        caughtUp = true;
        int work = 0;
        for (Trail trail : trails) {
            final long passed = trail.queue.scouted ? trail.queue.eligible : trail.delay.passed(readUpNs);
            if (passed != trail.queue.eligible) {
                trail.queue.eligible = passed;
                work++;
            }
        }
        return work;
    }

    /** Whether all that was there at the start has been read. Any thread. */
    boolean hasCaughtUp() {
        return caughtUp;
    }

    @Override
    public void onClose() {
        for (Trail trail : trails) {
            trail.cursor.close();
        }
    }
}
