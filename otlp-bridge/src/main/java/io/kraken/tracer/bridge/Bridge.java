package io.kraken.tracer.bridge;

import io.kraken.tracer.bridge.control.ControlPublisher;
import io.kraken.tracer.bridge.control.RemoteSampling;
import io.kraken.tracer.bridge.control.StrategySource;
import io.kraken.tracer.bridge.control.StrategySources;
import io.kraken.tracer.bridge.destination.Destination;
import io.kraken.tracer.bridge.destination.Destinations;
import io.kraken.tracer.bridge.keep.HeadReader;
import io.kraken.tracer.bridge.keep.TailSampler;
import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.queues.BridgeLock;
import io.kraken.tracer.bridge.queues.HostQueues;
import io.kraken.tracer.bridge.queues.QueueJanitor;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.bridge.settings.ControlConfig;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.bridge.ship.Shipper;
import io.kraken.tracer.bridge.watch.Metrics;
import io.kraken.tracer.bridge.watch.WatchServer;
import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.ring.queue.Queues;
import io.kraken.tracer.ring.queue.ReclaimableBytes;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process that ships the recorded spans of a host's services to collectors. It consists of agents: the
 * {@link HeadReader} reads every queue first and notes the traces to keep; a {@link Shipper} for each destination
 * follows with a delay; the {@link QueueJanitor} finds and deletes queues; the {@link ControlPublisher} writes control
 * settings for tracers.
 */
public final class Bridge implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Bridge.class);

    /** The bridge's own directory below the root of the queues. */
    private static final String OWN = ReclaimableBytes.DIRECTORY;

    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private volatile BridgeConfig config;
    private final BridgeLock lock;
    private final HostQueues queues = new HostQueues();
    private final List<Shipper> shippers = new ArrayList<>();
    private final TailSampler sampler;
    private final QueueJanitor janitor;
    private final HeadReader headReader;
    private final Workers workers;
    /** Null when tracers are not controlled. */
    private final ControlPublisher publisher;
    /** A separate thread for the publisher, because it waits for locks that other processes hold. */
    private final Workers publisherThread;

    private final Metrics metrics;
    private final WatchServer watch;
    /** Called when the bridge cannot go on. */
    private final Runnable onFailure;

    private volatile boolean ending;
    private volatile boolean failed;

    private Bridge(
            BridgeConfig config,
            Path own,
            BridgeLock lock,
            List<Destination> destinations,
            StrategySource strategies,
            Runnable onFailure)
            throws IOException {
        final NanoClock clock = SystemNanoClock.INSTANCE;
        this.config = config;
        this.lock = lock;
        this.onFailure = onFailure;
        final EpochNanoClock timeOfDay = SystemEpochNanoClock.INSTANCE;
        final HostLog log = new HostLog(own);
        sampler = new TailSampler(config.keep(), log, timeOfDay, new SecureRandom().nextLong(), clock.nanoTime());
        janitor = new QueueJanitor(config, queues, log, own, new QueueJanitor.Clocks(clock, timeOfDay));
        final Shipper.Shared shared = new Shipper.Shared(config, queues, log, janitor.positions(), clock);
        final List<Agent> agents = new ArrayList<>();
        headReader = new HeadReader(config, queues, log, sampler, clock, timeOfDay);
        agents.add(headReader);
        for (Destination destination : destinations) {
            shippers.add(new Shipper(shared, destination, shippers.size()));
        }
        agents.addAll(shippers);
        agents.add(janitor);
        workers = new Workers(agents, config.threads(), this::outOfMemory);
        publisher = config.control() == null ? null : publisher(config.control(), strategies, clock);
        publisherThread = new Workers(publisher == null ? List.of() : List.of(publisher), 1, this::outOfMemory);
        metrics = new Metrics(config, queues, sampler, janitor, List.copyOf(shippers), publisher);
        watch = config.watch() == null ? null : watch();
    }

    private static ControlPublisher publisher(ControlConfig config, StrategySource strategies, NanoClock clock) {
        final RemoteSampling sampling =
                strategies == null ? null : new RemoteSampling(config.remote(), strategies, clock::nanoTime);
        return new ControlPublisher(config, sampling, clock);
    }

    private WatchServer watch() throws IOException {
        return new WatchServer(config.watch(), metrics::text, this::health, this::readiness);
    }

    /** Parts of an agent's state may be missing now; so the bridge ends rather than go on with what is left. */
    private void outOfMemory(OutOfMemoryError e) {
        failed = true;
        ending = true;
        onFailure.run();
        try {
            LOG.error(
                    "out of memory: the bridge ends with exit code 3. Give its JVM more memory (KRAKEN_TRACE_OPTS)", e);
        } catch (OutOfMemoryError again) {
            // The exit code says it.
        }
    }

    private WatchServer.Verdict health() {
        if (failed) {
            return new WatchServer.Verdict(false, "out of memory");
        }
        final List<String> stuck = workers.stuck();
        stuck.addAll(publisherThread.stuck());
        return new WatchServer.Verdict(
                stuck.isEmpty(), stuck.isEmpty() ? "healthy" : "stuck or ended threads: " + String.join(", ", stuck));
    }

    private WatchServer.Verdict readiness() {
        if (ending || !headReader.hasCaughtUp()) {
            return new WatchServer.Verdict(
                    false, ending ? "shutting down" : "still reading the documents queued before the start");
        }
        return health();
    }

    /** @throws IOException when the bridge cannot run; the message says what to do */
    public static Bridge start(BridgeConfig config) throws IOException {
        return start(config, () -> {});
    }

    /** @param onFailure called, by any thread, when the bridge cannot go on: it must be closed, and the process end */
    public static Bridge start(BridgeConfig config, Runnable onFailure) throws IOException {
        return start(config, Destinations::open, onFailure);
    }

    static Bridge start(BridgeConfig config, Destinations.Opener opener) throws IOException {
        return start(config, opener, () -> {});
    }

    static Bridge start(BridgeConfig config, Destinations.Opener opener, Runnable onFailure) throws IOException {
        Queues.check();
        final Path own =
                OwnerOnly.makeDirectory(OwnerOnly.makeDirectory(config.queues()).resolve(OWN));
        final BridgeLock lock = BridgeLock.take(own);
        final List<Destination> destinations = new ArrayList<>();
        StrategySource strategies = null;
        try {
            strategies = StrategySources.open(config.control());
            for (DestinationConfig destination : config.destinations()) {
                destinations.add(opener.open(destination));
            }
            final Bridge bridge = new Bridge(config, own, lock, destinations, strategies, onFailure);
            bridge.workers.start();
            bridge.publisherThread.start();
            return bridge;
        } catch (IOException | RuntimeException e) {
            destinations.forEach(Destination::close);
            if (strategies != null) {
                strategies.close();
            }
            lock.close();
            throw e;
        }
    }

    /** The shippers, in the order of the destinations. */
    List<Shipper> shippers() {
        return shippers;
    }

    /** Applies what can be changed while the bridge runs, see {@link BridgeConfig#changed}; ignores the rest. */
    public void reconfigure(BridgeConfig next) {
        final BridgeConfig changed = config.changed(next);
        config = changed;
        sampler.configure(changed.keep());
        janitor.configure(changed);
        metrics.configure(changed);
        if (publisher != null) {
            publisher.configure(changed.control());
        }
    }

    /** The port of metrics and health, or -1. */
    public int watchPort() {
        return watch == null ? -1 : watch.port();
    }

    /**
     * Sends the spans that were read, up to the deadline, and stops; the others stay queued until the next start. After
     * a failure nothing is sent, but positions are saved.
     */
    @Override
    public void close() {
        ending = true;
        final long deadlineNs = System.nanoTime() + config.drainNs();
        shippers.forEach(Shipper::drain);
        workers.wake();
        while (!failed && !shippers.stream().allMatch(Shipper::isDrained) && System.nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(POLL_NS);
        }
        workers.stop();
        publisherThread.stop();
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
            lock.close();
        } catch (IOException e) {
            LOG.debug("cannot release the lock; it is released when the process ends", e);
        }
    }
}
