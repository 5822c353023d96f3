package io.kraken.tracer.bridge.keep;

import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.bridge.queues.HostQueues;
import io.kraken.tracer.bridge.report.PacedAgent;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;

/**
 * The agent that reads every queue first: it enters all documents into the host's log, notes the traces to keep, and
 * makes the decisions. A decision is made when the document is as old as the decision delay and all queues have been
 * read up to that time, so that every span of the trace that was recorded on this host within the delay takes part in
 * it. Single-threaded.
 */
public final class HeadReader implements PacedAgent {

    /** The pause while all queues are silent. */
    private static final long LONGEST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(250);
    /** The same while spans arrive. */
    private static final long ACTIVE_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(5);

    private final BridgeConfig config;
    private final HostQueues queues;
    private final HostLog log;
    private final TailSampler sampler;
    private final NanoClock clock;
    private final EpochNanoClock timeOfDay;
    private final QueueHead.Workspace workspace = new QueueHead.Workspace();
    private final TraceIndexes indexes = new TraceIndexes();
    private final LookBack lookBack;

    private volatile boolean caughtUp;
    private List<HostQueue> known = List.of();
    private final List<QueueHead> heads = new ArrayList<>();
    /** Of all heads. */
    private final List<LateSpans> late = new ArrayList<>();

    private boolean lookedBack;

    public HeadReader(
            BridgeConfig config,
            HostQueues queues,
            HostLog log,
            TailSampler sampler,
            NanoClock clock,
            EpochNanoClock timeOfDay) {
        this.config = config;
        this.queues = queues;
        this.log = log;
        this.sampler = sampler;
        this.clock = clock;
        this.timeOfDay = timeOfDay;
        lookBack = sampler.lookBack();
    }

    @Override
    public String roleName() {
        return "head-reader";
    }

    @Override
    public int doWork() {
        sampler.applyRules();
        updateQueues();
        final long nowNs = clock.nanoTime();
        int work = 0;
        for (QueueHead head : heads) {
            if (head.isDue(nowNs)) {
                work += head.read(clock.nanoTime());
            }
        }
        work += decide();
        if (caughtUp) {
            work += lookBack();
        }
        return work == 0 ? indexes.doWork() : work;
    }

    @Override
    public long longestPauseNs() {
        final long nowNs = clock.nanoTime();
        long pauseNs = lookBack.isIdle() && indexes.isIdle() ? LONGEST_PAUSE_NS : ACTIVE_PAUSE_NS;
        for (QueueHead head : heads) {
            pauseNs = Math.min(pauseNs, head.dueInNs(nowNs));
        }
        return Math.max(ACTIVE_PAUSE_NS, pauseNs);
    }

    /** Searches for early spans of traces that are kept late, once all queues have been read. */
    private int lookBack() {
        final int work = lookBack.doWork(late);
        if (lookBack.isIdle() && !lookedBack) {
            sampler.lookedBack();
        }
        lookedBack = lookBack.isIdle();
        return work;
    }

    private void updateQueues() {
        final List<HostQueue> now = queues.list();
        if (now == known) {
            return;
        }
        known = now;
        final QueueHead.Shared shared = new QueueHead.Shared(workspace, indexes);
        final Set<HostQueue> remaining = new HashSet<>(now);
        heads.removeIf(head -> isGone(head, remaining));
        heads.forEach(head -> remaining.remove(head.queue()));
        for (HostQueue queue : now) {
            if (remaining.contains(queue)) {
                heads.add(new QueueHead(queue, config, log, sampler, timeOfDay, shared));
            }
        }
        late.clear();
        heads.forEach(head -> late.add(head.late()));
    }

    private static boolean isGone(QueueHead head, Set<HostQueue> now) {
        if (now.contains(head.queue())) {
            return false;
        }
        head.close();
        return true;
    }

    /** Makes the decisions that are due by the time up to which every queue has been read. */
    private int decide() {
        final long nowNs = clock.nanoTime();
        long completeNs = nowNs;
        for (QueueHead head : heads) {
            if (!head.queue().isHeadDone()) {
                if (!head.hasReachedEnd()) {
                    return 0;
                }
                completeNs = head.completeNs() - completeNs < 0 ? head.completeNs() : completeNs;
            }
        }
        caughtUp = true;
        int made = 0;
        for (QueueHead head : heads) {
            made += head.decide(completeNs, nowNs);
        }
        return made;
    }

    /** Whether all documents queued before the start have been read. Any thread. */
    public boolean hasCaughtUp() {
        return caughtUp;
    }

    @Override
    public void onClose() {
        heads.forEach(QueueHead::close);
        sampler.close();
    }
}
