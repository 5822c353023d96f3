package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.otlp.RequestEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ships to one destination what the keeper chooses, from every queue, each document once it may be. While there is no
 * free parcel, spans stay in their queues: the queue is the buffer, and the cap on the disk its bound.
 */
final class Shipper implements Agent {

    private static final Logger LOG = LoggerFactory.getLogger(Shipper.class);

    private static final int BURST = 64;
    /** Of one queue, before others have their turn. */
    private static final int MOST_PARCELS = 16;

    private static final long SAVE_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** What all shippers of a bridge share. */
    record Surroundings(BridgeConfig config, HostQueues queues, TailSampler keeper, Path positions, NanoClock clock) {}

    private final Surroundings surroundings;
    private final Destination destination;
    private final int ordinal;
    private final Path positions;
    private final RequestEncoder encoder;
    private final RequestWindow dispatch;
    private final BatchReader document = new BatchReader();
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(QueueCursor.mostBytes());
    // For documents that are only counted while another one waits for a parcel.
    private final BatchReader doomed = new BatchReader();
    private final ByteBuffer doomedBytes = ByteBuffer.allocateDirect(QueueCursor.mostBytes());
    private final EnumCounters<ReadCount> readCounts = new EnumCounters<>(ReadCount.class);
    private final EnumCounters<ShipCount> counts = new EnumCounters<>(ShipCount.class);

    private List<HostQueue> known = List.of();
    private final List<QueueProgress> routes = new ArrayList<>();
    private int turn;
    private QueueProgress current;
    /** Begun since the current route has its turn. */
    private int begun;
    /** Records of the document read last that are not in a parcel yet. */
    private long left;

    private PendingRequest open;
    private long saveAtNs;
    private volatile boolean draining;
    private volatile boolean drained;

    Shipper(Surroundings surroundings, Destination destination, int ordinal) throws IOException {
        this.surroundings = surroundings;
        this.destination = destination;
        this.ordinal = ordinal;
        final DestinationConfig config = destination.config();
        positions = OwnerOnly.makeDirectory(surroundings.positions().resolve(config.name()));
        encoder = destination.newEncoder();
        saveAtNs = surroundings.clock().nanoTime();
        dispatch = new RequestWindow(destination, counts, saveAtNs);
    }

    @Override
    public String roleName() {
        return "shipper-" + name();
    }

    String name() {
        return destination.config().name();
    }

    @Override
    public int doWork() {
        final long nowNs = surroundings.clock().nanoTime();
        meet();
        int work = dispatch.work(nowNs);
        work += load(nowNs);
        work += dispatch.send(nowNs);
        work += save(nowNs);
        return work;
    }

    // --- queues come and go

    private void meet() {
        final List<HostQueue> now = surroundings.queues().list();
        if (now == known) {
            return;
        }
        known = now;
        routes.removeIf(route -> isGone(route, now));
        if (left == 0 && !routes.contains(current)) {
            close();
            current = null;
        }
        for (HostQueue queue : now) {
            if (!queue.progress(ordinal).done && routes.stream().noneMatch(route -> route.queue() == queue)) {
                join(queue);
            }
        }
    }

    private static boolean isGone(QueueProgress route, List<HostQueue> now) {
        if (now.contains(route.queue())) {
            return false;
        }
        route.close();
        return true;
    }

    private void join(HostQueue queue) {
        try {
            final PositionFile position = PositionFile.open(positions.resolve(queue.name()));
            final QueueCursor cursor =
                    new QueueCursor(queue, readCounts, surroundings.config().stallNs());
            routes.add(new QueueProgress(queue, queue.progress(ordinal), cursor, position, counts));
        } catch (IOException e) {
            counts.add(ShipCount.POSITION_FAILURES, 1);
            known = List.of(); // once more, with the next turn
            LOG.debug("{}: cannot open the position file", queue, e);
        }
    }

    // --- from the queues into parcels

    private int load(long nowNs) {
        int documents = forsake(nowNs);
        while (documents < BURST && (left != 0 || !draining && read(nowNs)) && place(nowNs)) {
            documents++;
        }
        if (draining && left == 0) {
            close();
        }
        return documents;
    }

    /** What has to be deleted is read past and counted, even while no parcel is free. */
    private int forsake(long nowNs) {
        int documents = 0;
        for (QueueProgress route : routes) {
            if (route == current && left != 0 && route.isDoomed()) {
                counts.add(ShipCount.LOST, Long.bitCount(left));
                dispatch.waits(-Long.bitCount(left));
                left = 0;
                route.through();
            }
            while (documents < BURST && route.nextDoomed(doomed, doomedBytes, nowNs)) {
                final int sound = Long.bitCount(doomed.soundRecords());
                counts.add(ShipCount.READ, doomed.count());
                counts.add(ShipCount.MALFORMED, doomed.count() - sound);
                counts.add(ShipCount.LOST, sound);
                route.through();
                documents++;
            }
        }
        return documents;
    }

    private boolean read(long nowNs) {
        while (current != null || (current = due(nowNs)) != null) {
            if (mayGoOn()) {
                if (current.next(document, bytes, nowNs)) {
                    choose(nowNs);
                    return true;
                }
                current.rest(nowNs + surroundings.config().batchDelayNs());
            }
            close();
            current = null;
            begun = 0;
        }
        return false;
    }

    private boolean mayGoOn() {
        return begun < MOST_PARCELS && current.hasRoom(dispatch.parcels() + (open == null ? 0 : 1));
    }

    /** One after the other. */
    private QueueProgress due(long nowNs) {
        for (int i = 0; i < routes.size(); i++) {
            turn = turn + 1 < routes.size() ? turn + 1 : 0;
            final QueueProgress route = routes.get(turn);
            if (route.hasRoom(dispatch.parcels()) && route.isDue(nowNs)) {
                return route;
            }
        }
        return null;
    }

    private void choose(long nowNs) {
        final int count = document.count();
        final int sound = Long.bitCount(document.soundRecords());
        counts.add(ShipCount.READ, count);
        counts.add(ShipCount.MALFORMED, count - sound);
        left = surroundings.keeper().choose(document, counts, nowNs);
        counts.add(ShipCount.NOT_KEPT, sound - Long.bitCount(left));
        dispatch.waits(Long.bitCount(left));
    }

    /** False while there is no parcel for what is left of the document. */
    private boolean place(long nowNs) {
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
            dispatch.waits(-malformed - tooLarge);
            open.spans += Long.bitCount(before & ~left) - malformed - tooLarge;
            if (left != 0) {
                close();
            }
        }
        current.through();
        return true;
    }

    private PendingRequest begin() {
        final PendingRequest parcel = dispatch.free(encoder);
        if (parcel != null) {
            encoder.begin(parcel.buffer);
            parcel.begin(current);
            begun++;
        }
        return parcel;
    }

    /** What is in the parcel is all that will be. */
    private void close() {
        if (open != null) {
            encoder.finish();
            open.close();
            if (open.spans == 0) {
                open.settle(0);
            }
            open = null;
        }
    }

    // --- positions, and the end

    private int save(long nowNs) {
        if (nowNs - saveAtNs < 0) {
            return 0;
        }
        saveAtNs = nowNs + SAVE_NS;
        int work = 0;
        for (int i = routes.size() - 1; i >= 0; i--) {
            final QueueProgress route = routes.get(i);
            work += route.save();
            if (route.isDone() && route != current) {
                route.finish();
                routes.remove(i);
            }
        }
        dispatch.sayWhatIsDue();
        drained = draining && left == 0 && dispatch.waiting() == 0;
        return work;
    }

    /** Nothing more is read; what was read is still sent. Any thread may ask. */
    void drain() {
        draining = true;
    }

    /** Whether, after that, nothing is under way any more. */
    boolean isDrained() {
        return drained;
    }

    @Override
    public void onClose() {
        dispatch.close();
        for (QueueProgress route : routes) {
            route.save();
            route.close();
        }
    }

    // --- what it looks like from outside; any thread

    EnumCounters<ShipCount> counts() {
        return counts;
    }

    /** Spans that were read and are not settled. */
    long waiting() {
        return dispatch.waiting();
    }

    /** How often requests failed, by the cause. */
    Map<String, LongAdder> failures() {
        return dispatch.failures();
    }
}
