package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.OwnerOnly;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process that ships what the services of a host have recorded: a custodian that looks after the disk, a scout that
 * reads every queue at its head, and a shipper for each destination that follows behind.
 */
public final class Bridge implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Bridge.class);

    /** The bridge's own directory below the root of the queues. */
    private static final String OWN = ".bridge";

    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final BridgeConfig config;
    private final BridgeLock holder;
    private final HostQueues queues = new HostQueues();
    private final List<Shipper> shippers = new ArrayList<>();
    private final TailSampler keeper;
    private final QueueJanitor custodian;
    private final HeadReader scout;
    private final Workers workers;
    /** Null when nothing is said to anybody. */
    private final ControlPublisher steward;
    /** The steward's own: it waits for locks that other processes hold. */
    private final Workers guide;

    private final WatchServer watch;
    private volatile boolean ending;

    private Bridge(
            BridgeConfig config, Path own, BridgeLock holder, List<Destination> destinations, StrategySource strategies)
            throws IOException {
        final NanoClock clock = SystemNanoClock.INSTANCE;
        this.config = config;
        this.holder = holder;
        keeper = new TailSampler(config.keep(), new SecureRandom().nextLong(), clock.nanoTime());
        custodian = new QueueJanitor(config, queues, own, clock);
        final Shipper.Surroundings surroundings =
                new Shipper.Surroundings(config, queues, keeper, custodian.positions(), clock);
        final List<Agent> agents = new ArrayList<>();
        scout = new HeadReader(config, queues, keeper, clock, SystemEpochNanoClock.INSTANCE);
        agents.add(scout);
        for (Destination destination : destinations) {
            shippers.add(new Shipper(surroundings, destination, shippers.size()));
        }
        agents.addAll(shippers);
        agents.add(custodian);
        workers = new Workers(agents, config.threads());
        steward = config.guidance() == null ? null : steward(config.guidance(), strategies, clock);
        guide = new Workers(steward == null ? List.of() : List.of(steward), 1);
        watch = config.watch() == null ? null : watch();
    }

    private static ControlPublisher steward(ControlConfig guidance, StrategySource strategies, NanoClock clock) {
        final RemoteSampling sampling =
                strategies == null ? null : new RemoteSampling(guidance.remote(), strategies, clock::nanoTime);
        return new ControlPublisher(guidance, sampling, clock);
    }

    private WatchServer watch() throws IOException {
        final Metrics metrics = new Metrics(config, queues, keeper, custodian, List.copyOf(shippers), steward);
        return new WatchServer(config.watch(), metrics::text, this::health, this::readiness);
    }

    private WatchServer.Verdict health() {
        final String stuck = workers.stuck() + guide.stuck();
        return new WatchServer.Verdict(stuck.isEmpty(), stuck.isEmpty() ? "well" : stuck + " is stuck");
    }

    private WatchServer.Verdict readiness() {
        if (ending || !scout.hasCaughtUp()) {
            return new WatchServer.Verdict(false, ending ? "ending" : "still reading what was there at the start");
        }
        return health();
    }

    /** @throws IOException that says what to do, when it can't run */
    public static Bridge start(BridgeConfig config) throws IOException {
        return start(config, Destinations::open);
    }

    static Bridge start(BridgeConfig config, Destinations.Opener opener) throws IOException {
        Queues.check();
        final Path own =
                OwnerOnly.makeDirectory(OwnerOnly.makeDirectory(config.queues()).resolve(OWN));
        final BridgeLock holder = BridgeLock.take(own);
        final List<Destination> destinations = new ArrayList<>();
        StrategySource strategies = null;
        try {
            strategies = Destinations.strategies(config.guidance());
            for (DestinationConfig destination : config.destinations()) {
                destinations.add(opener.open(destination));
            }
            final Bridge bridge = new Bridge(config, own, holder, destinations, strategies);
            bridge.workers.start();
            bridge.guide.start();
            return bridge;
        } catch (IOException | RuntimeException e) {
            destinations.forEach(Destination::close);
            if (strategies != null) {
                strategies.close();
            }
            holder.close();
            throw e;
        }
    }

    /** In the order of the destinations. */
    List<Shipper> shippers() {
        return shippers;
    }

    /** Where metrics and health are served, or -1. */
    public int watchPort() {
        return watch == null ? -1 : watch.port();
    }

    /** Sends what was read, up to the deadline, and ends; the rest stays in the queues for the next start. */
    @Override
    public void close() {
        ending = true;
        final long deadlineNs = System.nanoTime() + config.drainNs();
        shippers.forEach(Shipper::drain);
        while (!shippers.stream().allMatch(Shipper::isDrained) && System.nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(LOOK_NS);
        }
        workers.stop();
        guide.stop();
        for (Shipper shipper : shippers) {
            if (shipper.waiting() > 0) {
                LOG.warn(
                        "{}: {} spans were not acknowledged in time; the next start sends them again",
                        shipper.name(),
                        shipper.waiting());
            }
        }
        LOG.info("bridge stopped");
        if (watch != null) {
            watch.close();
        }
        try {
            holder.close();
        } catch (IOException e) {
            LOG.debug("cannot release the lock; it is released when the process ends", e);
        }
    }
}
