package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.RequestEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ships to one destination what the keeper chooses, from every queue, each document once it may be. A fixed number of
 * parcels, each a buffer and the request in it, are under way or wait to be sent again; while there is no free one,
 * spans stay in their queues. A parcel that should be tried again is, for as long as it takes: the queue is the buffer,
 * and the cap on the disk its bound.
 */
final class Shipper implements Agent {

    private static final Logger LOG = LoggerFactory.getLogger(Shipper.class);

    private static final int BURST = 64;
    /** Of one queue, before others have their turn. */
    private static final int MOST_PARCELS = 16;

    private static final long SAVE_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Beyond the time-out, for the answer of the transport itself. */
    private static final long GRACE_NS = TimeUnit.SECONDS.toNanos(1);
    /** Distinct causes that are counted. */
    private static final int MOST_REASONS = 64;

    /** What all shippers of a bridge share. */
    record Surroundings(BridgeConfig config, HostQueues queues, Keeper keeper, Path positions, NanoClock clock) {}

    private final Surroundings surroundings;
    private final Destination destination;
    private final int ordinal;
    private final Path positions;
    private final RequestEncoder encoder;
    private final Pace pace;
    private final Parcel[] parcels;
    private final BatchReader document = new BatchReader();
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(QueueCursor.mostBytes());
    private final Tally<ReadCount> readCounts = new Tally<>(ReadCount.class);
    private final Tally<ShipCount> counts = new Tally<>(ShipCount.class);
    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();

    private List<HostQueue> known = List.of();
    private final List<Route> routes = new ArrayList<>();
    private int turn;
    private Route current;
    /** Begun since the current route has its turn. */
    private int begun;
    /** Records of the document read last that are not in a parcel yet. */
    private long left;

    private Parcel open;
    private long saveAtNs;
    private boolean troubled;
    private long troubledSinceNs;
    private volatile boolean draining;
    private volatile boolean drained;
    private volatile long waiting;

    private static final class Parcel {
        private ByteBuffer buffer;
        private Route route;
        private Route.Receipt receipt;
        private int spans;
        private int tries;
        private Destination.Exchange exchange;
        private long sentNs;
        /** Somebody who was told to stop may still look at the buffer: it gets no other spans. */
        private boolean spoilt;

        boolean isFree() {
            return receipt == null;
        }

        boolean isReady() {
            return spans > 0 && exchange == null;
        }
    }

    Shipper(Surroundings surroundings, Destination destination, int ordinal) throws IOException {
        this.surroundings = surroundings;
        this.destination = destination;
        this.ordinal = ordinal;
        final DestinationConfig config = destination.config();
        positions = OwnerOnly.makeDirectory(surroundings.positions().resolve(config.name()));
        encoder = destination.newEncoder();
        pace = new Pace(config.retry(), config.requests(), surroundings.clock().nanoTime());
        saveAtNs = surroundings.clock().nanoTime();
        parcels = new Parcel[config.requests()];
        for (int i = 0; i < parcels.length; i++) {
            parcels[i] = new Parcel();
        }
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
        int work = follow(nowNs);
        work += send(nowNs);
        work += load(nowNs);
        work += send(nowNs);
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
        for (HostQueue queue : now) {
            if (!queue.progress(ordinal).done && routes.stream().noneMatch(route -> route.queue() == queue)) {
                join(queue);
            }
        }
    }

    private static boolean isGone(Route route, List<HostQueue> now) {
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
            routes.add(new Route(queue, queue.progress(ordinal), cursor, position, counts));
        } catch (IOException e) {
            counts.add(ShipCount.POSITION_FAILURES, 1);
            known = List.of(); // once more, with the next turn
            LOG.debug("{}: its position can't be opened", queue, e);
        }
    }

    // --- from the queues into parcels

    private int load(long nowNs) {
        int documents = 0;
        while (documents < BURST && (left != 0 || !draining && read(nowNs)) && place(nowNs)) {
            documents++;
        }
        if (draining && left == 0) {
            close();
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
        return begun < MOST_PARCELS && current.underWay() < parcels.length + (open == null ? 0 : 1);
    }

    /**
     * One after the other. One whose oldest request has to be tried again and again does not get far ahead of that:
     * what is behind the position is sent a second time after a crash, and the position waits for the oldest.
     */
    private Route due(long nowNs) {
        for (int i = 0; i < routes.size(); i++) {
            turn = turn + 1 < routes.size() ? turn + 1 : 0;
            final Route route = routes.get(turn);
            if (route.underWay() < parcels.length && route.isDue(nowNs)) {
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
        if (current.isDoomed()) {
            counts.add(ShipCount.LOST, sound);
            left = 0;
        } else {
            left = surroundings.keeper().choose(document, counts, nowNs);
            counts.add(ShipCount.NOT_KEPT, sound - Long.bitCount(left));
        }
        waiting += Long.bitCount(left);
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
            waiting -= malformed + tooLarge;
            open.spans += Long.bitCount(before & ~left) - malformed - tooLarge;
            if (left != 0) {
                close();
            }
        }
        current.through();
        return true;
    }

    private Parcel begin() {
        for (Parcel parcel : parcels) {
            if (parcel.isFree()) {
                if (parcel.spoilt || parcel.buffer == null) {
                    parcel.buffer = encoder.newBuffer(destination.config().requestBytes());
                    parcel.spoilt = false;
                }
                encoder.begin(parcel.buffer);
                parcel.route = current;
                parcel.receipt = current.begin();
                begun++;
                parcel.spans = 0;
                parcel.tries = 0;
                return parcel;
            }
        }
        return null;
    }

    /** What is in the parcel is all that will be. */
    private void close() {
        if (open != null) {
            final Parcel parcel = open;
            open = null;
            encoder.finish();
            if (parcel.spans == 0) {
                settle(parcel, 0);
            }
        }
    }

    // --- from parcels to the destination

    private int send(long nowNs) {
        int work = 0;
        for (Parcel parcel : parcels) {
            if (parcel != open && parcel.isReady() && pace.allows(underWay(), nowNs)) {
                counts.add(ShipCount.REQUESTS, 1);
                counts.add(ShipCount.RETRIES, parcel.tries == 0 ? 0 : 1);
                counts.add(ShipCount.BYTES, parcel.buffer.remaining());
                parcel.tries++;
                parcel.sentNs = nowNs;
                parcel.exchange = destination.send(parcel.buffer);
                work++;
            }
        }
        return work;
    }

    private int underWay() {
        int underWay = 0;
        for (Parcel parcel : parcels) {
            underWay += parcel.exchange == null ? 0 : 1;
        }
        return underWay;
    }

    private int follow(long nowNs) {
        int work = 0;
        for (Parcel parcel : parcels) {
            if (parcel.exchange != null) {
                work += follow(parcel, nowNs);
            }
        }
        return work;
    }

    private int follow(Parcel parcel, long nowNs) {
        Destination.Outcome outcome = parcel.exchange.outcome();
        if (outcome == null) {
            if (nowNs - parcel.sentNs < destination.config().timeoutNs() + GRACE_NS) {
                return 0;
            }
            parcel.exchange.cancel();
            outcome = new Destination.Outcome(Destination.Verdict.RETRY, 0, 0, "timeout", "no answer");
        }
        parcel.spoilt |= !parcel.exchange.isAtRest();
        parcel.exchange = null;
        if (outcome.verdict() == Destination.Verdict.RETRY) {
            failed(outcome, nowNs);
        } else {
            answered(parcel, outcome, nowNs);
        }
        return 1;
    }

    private void failed(Destination.Outcome outcome, long nowNs) {
        count(outcome);
        pace.failed(nowNs, outcome.retryAfterNs());
        if (!troubled) {
            troubled = true;
            troubledSinceNs = nowNs;
            LOG.warn("{}: {} {}; it is tried again until it works", name(), outcome.reason(), outcome.message());
        }
    }

    private void answered(Parcel parcel, Destination.Outcome outcome, long nowNs) {
        pace.answered();
        if (troubled) {
            troubled = false;
            LOG.info("{}: answers again, after {} s", name(), TimeUnit.NANOSECONDS.toSeconds(nowNs - troubledSinceNs));
        }
        final int spans = parcel.spans;
        if (outcome.verdict() == Destination.Verdict.REFUSED) {
            count(outcome);
            counts.add(ShipCount.REFUSED, spans);
            settle(parcel, 0);
        } else {
            final int rejected = (int) Math.min(spans, Math.max(0, outcome.rejected()));
            counts.add(ShipCount.REJECTED, rejected);
            counts.add(ShipCount.SENT, spans - rejected);
            settle(parcel, spans - rejected);
        }
        if (!outcome.message().isEmpty()) {
            LOG.warn("{}: {} {}", name(), outcome.reason(), outcome.message());
        }
    }

    private void count(Destination.Outcome outcome) {
        final String reason =
                failures.size() < MOST_REASONS || failures.containsKey(outcome.reason()) ? outcome.reason() : "other";
        failures.computeIfAbsent(reason, any -> new LongAdder()).increment();
    }

    private void settle(Parcel parcel, int sent) {
        waiting -= parcel.spans;
        parcel.route.settle(parcel.receipt, sent);
        parcel.route.save();
        parcel.route = null;
        parcel.receipt = null;
        parcel.spans = 0;
    }

    // --- positions, and the end

    private int save(long nowNs) {
        if (nowNs - saveAtNs < 0) {
            return 0;
        }
        saveAtNs = nowNs + SAVE_NS;
        int work = 0;
        for (int i = routes.size() - 1; i >= 0; i--) {
            final Route route = routes.get(i);
            work += route.save();
            if (route.isDone() && route != current) {
                route.finish();
                routes.remove(i);
            }
        }
        drained = draining && left == 0 && waiting == 0;
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
        for (Parcel parcel : parcels) {
            if (parcel.exchange != null) {
                parcel.exchange.cancel();
            }
        }
        for (Route route : routes) {
            route.save();
            route.close();
        }
        destination.close();
    }

    // --- what it looks like from outside; any thread

    Tally<ShipCount> counts() {
        return counts;
    }

    /** Spans that were read and are not settled. */
    long waiting() {
        return waiting;
    }

    /** How often requests failed, by the cause. */
    Map<String, LongAdder> failures() {
        return failures;
    }
}
