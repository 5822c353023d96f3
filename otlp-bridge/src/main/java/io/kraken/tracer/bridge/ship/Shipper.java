package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.bridge.destination.Destination;
import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.bridge.queues.HostQueues;
import io.kraken.tracer.bridge.queues.QueueCursor;
import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.bridge.report.PacedAgent;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.bridge.ship.PendingRequests.PendingRequest;
import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent that ships kept spans of all queues to one destination. It follows the decisions in the host's log, reads
 * the documents with spans to ship, and packs them into requests. While no request is free, spans stay in their queues:
 * the queue is the buffer, bounded by the disk limit. Single-threaded; the counts can be read by any thread.
 */
public final class Shipper implements PacedAgent {

    private static final Logger LOG = LoggerFactory.getLogger(Shipper.class);

    /** Maximum number of documents handled in one duty cycle. */
    private static final int BURST = 64;
    /** Maximum number of requests started for one queue before the next queue. */
    private static final int MOST_REQUESTS_PER_TURN = 16;

    private static final long LONGEST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(200);
    /** The same while spans wait, and for some time after. */
    private static final long ACTIVE_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long ACTIVE_FOR_NS = TimeUnit.SECONDS.toNanos(4);
    /** The same while answers are expected. */
    private static final long BUSY_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(5);

    /** Interval at which positions are written. */
    private static final long SAVE_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** The objects that all shippers of a bridge share. */
    public record Shared(BridgeConfig config, HostQueues queues, HostLog log, Path positions, NanoClock clock) {}

    private final Shared shared;
    private final Destination destination;
    private final int ordinal;
    private final Path positions;
    private final RequestEncoder encoder;
    private final PendingRequests requests;
    private final BatchReader document = new BatchReader();
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(QueueCursor.mostBytes());
    private final EnumCounters<ShipCount> counts = new EnumCounters<>(ShipCount.class);

    private List<HostQueue> known = List.of();
    private final List<QueueProgress> allProgress = new ArrayList<>();
    /** Index of the queue that was read last. */
    private int turn;
    /** The queue being read; null between two turns. */
    private QueueProgress current;
    /** Requests started in the turn of the current queue. */
    private int begun;
    /** The kept records of the current document that are not in a request yet, as bits. */
    private long left;

    /** The request being filled; null if there is none. */
    private PendingRequest open;

    private long saveAtNs;
    private long activeNs;
    private volatile boolean draining;
    private volatile boolean drained;

    public Shipper(Shared shared, Destination destination, int ordinal) throws IOException {
        this.shared = shared;
        this.destination = destination;
        this.ordinal = ordinal;
        final DestinationConfig config = destination.config();
        positions = OwnerOnly.makeDirectory(shared.positions().resolve(config.name()));
        encoder = destination.encoder();
        saveAtNs = shared.clock().nanoTime();
        activeNs = saveAtNs;
        requests = new PendingRequests(destination, counts);
    }

    @Override
    public String roleName() {
        return "shipper-" + name();
    }

    public String name() {
        return destination.config().name();
    }

    @Override
    public int doWork() {
        final long nowNs = shared.clock().nanoTime();
        updateQueues();
        int work = requests.work(nowNs);
        work += load(nowNs);
        work += requests.send(nowNs);
        activeNs = work > 0 ? nowNs : activeNs;
        work += save(nowNs);
        return work;
    }

    @Override
    public long longestPauseNs() {
        if (requests.areInFlight() || open != null || draining) {
            return BUSY_PAUSE_NS;
        }
        final boolean isActive = requests.waiting() > 0 || shared.clock().nanoTime() - activeNs < ACTIVE_FOR_NS;
        return isActive ? ACTIVE_PAUSE_NS : LONGEST_PAUSE_NS;
    }

    // --- queues appear and disappear

    private void updateQueues() {
        final List<HostQueue> now = shared.queues().list();
        if (now == known) {
            return;
        }
        known = now;
        final Set<HostQueue> remaining = new HashSet<>(now);
        allProgress.removeIf(progress -> isGone(progress, remaining));
        if (left == 0 && !allProgress.contains(current)) {
            close();
            current = null;
        }
        final Set<HostQueue> followed = new HashSet<>();
        allProgress.forEach(progress -> followed.add(progress.queue()));
        for (HostQueue queue : now) {
            if (!followed.contains(queue)) {
                addQueue(queue);
            }
        }
    }

    private static boolean isGone(QueueProgress progress, Set<HostQueue> now) {
        if (now.contains(progress.queue())) {
            return false;
        }
        progress.close();
        return true;
    }

    private void addQueue(HostQueue queue) {
        final List<QueueProgress> added = new ArrayList<>();
        try {
            for (HostQueue.Stream stream : HostQueue.Stream.values()) {
                if (!queue.progress(ordinal, stream).isDone()) {
                    added.add(newProgress(queue, stream));
                }
            }
            allProgress.addAll(added);
        } catch (IOException e) {
            added.forEach(QueueProgress::close);
            counts.add(ShipCount.POSITION_FAILURES, 1);
            known = List.of(); // retried in the next duty cycle
            LOG.debug("{}: cannot open the position file", queue, e);
        }
    }

    private QueueProgress newProgress(HostQueue queue, HostQueue.Stream stream) throws IOException {
        final PositionFile position = PositionFile.open(positions.resolve(queue.name()), stream);
        try {
            return new QueueProgress(queue, stream, ordinal, shared.log().directory(queue.name()), position, counts);
        } catch (IOException e) {
            position.close();
            throw e;
        }
    }

    // --- from queues into requests

    private int load(long nowNs) {
        int documents = discardDoomed();
        while (documents < BURST && (left != 0 || !draining && read(nowNs)) && pack()) {
            documents++;
        }
        if (draining && left == 0) {
            close();
        }
        return documents;
    }

    /** Skips documents of doomed cycles and counts their spans as lost, even while no request is free. */
    private int discardDoomed() {
        int documents = 0;
        for (QueueProgress progress : allProgress) {
            if (progress == current && left != 0 && progress.isReadingDoomed()) {
                counts.add(ShipCount.LOST, Long.bitCount(left));
                requests.addWaiting(-Long.bitCount(left));
                left = 0;
                progress.documentDone();
            }
            if (documents < BURST && progress.isDoomed()) {
                documents += progress.passDoomed();
            }
        }
        return documents;
    }

    private boolean read(long nowNs) {
        while (current != null || (current = nextDue(nowNs)) != null) {
            if (mayContinue()) {
                if (current.next(document, bytes)) {
                    left = current.records();
                    requests.addWaiting(Long.bitCount(left));
                    return true;
                }
                if (current.mayRest()) {
                    current.rest(nowNs + shared.config().batchDelayNs());
                }
            }
            close();
            current = null;
            begun = 0;
        }
        return false;
    }

    private boolean mayContinue() {
        return begun < MOST_REQUESTS_PER_TURN && current.hasRoom(requests.count() + (open == null ? 0 : 1));
    }

    /** The next queue with documents to ship, round-robin. */
    private QueueProgress nextDue(long nowNs) {
        final QueueProgress next = nextDue(nowNs, false);
        return next != null ? next : nextDue(nowNs, true);
    }

    private QueueProgress nextDue(long nowNs, boolean late) {
        for (int i = 0; i < allProgress.size(); i++) {
            turn = turn + 1 < allProgress.size() ? turn + 1 : 0;
            final QueueProgress progress = allProgress.get(turn);
            if (progress.isLate() == late && progress.hasRoom(requests.count()) && progress.isDue(nowNs)) {
                return progress;
            }
        }
        return null;
    }

    /** Packs the current document into requests; false while no request is free for the rest of it. */
    private boolean pack() {
        while (left != 0) {
            if (open == null && (open = begin()) == null) {
                return false;
            }
            final long before = left;
            left = encoder.add(document, left);
            final int malformed = Long.bitCount(encoder.malformed());
            final int tooLarge = Long.bitCount(encoder.tooLarge());
            counts.add(ShipCount.MALFORMED, malformed);
            counts.add(ShipCount.TOO_LARGE, tooLarge);
            requests.addWaiting(-malformed - tooLarge);
            open.add(Long.bitCount(before & ~left) - malformed - tooLarge);
            if (left != 0) {
                close();
            }
        }
        current.documentDone();
        return true;
    }

    private PendingRequest begin() {
        final PendingRequest request = requests.free();
        if (request != null) {
            request.begin(current);
            begun++;
        }
        return request;
    }

    /** Completes the request that is being filled. */
    private void close() {
        if (open != null) {
            open.close();
            open = null;
        }
    }

    // --- positions and shutdown

    private int save(long nowNs) {
        if (nowNs - saveAtNs < 0) {
            return 0;
        }
        saveAtNs = nowNs + SAVE_NS;
        int work = 0;
        for (int i = allProgress.size() - 1; i >= 0; i--) {
            final QueueProgress progress = allProgress.get(i);
            work += progress.save();
            if (progress.isDone() && progress != current) {
                progress.finish();
                allProgress.remove(i);
            }
        }
        requests.logDue();
        drained = draining && left == 0 && requests.waiting() == 0;
        return work;
    }

    /** Stops reading; spans that were read are still sent. Any thread. */
    public void drain() {
        draining = true;
    }

    /** Whether nothing is in flight any more after {@link #drain}. Any thread. */
    public boolean isDrained() {
        return drained;
    }

    @Override
    public void onClose() {
        requests.close();
        for (QueueProgress progress : allProgress) {
            progress.save();
            progress.close();
        }
    }

    // --- for metrics; any thread

    public EnumCounters<ShipCount> counts() {
        return counts;
    }

    /** The number of spans that were read and are not settled. */
    public long waiting() {
        return requests.waiting();
    }

    /** Whether the destination is held, since its last answer means a wrong setting. */
    public boolean isHeld() {
        return requests.isHeld();
    }

    /** The number of failed requests, by cause. */
    public Map<String, LongAdder> failures() {
        return requests.failures();
    }
}
