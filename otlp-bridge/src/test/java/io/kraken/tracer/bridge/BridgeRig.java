package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.keep.HeadReader;
import io.kraken.tracer.bridge.keep.TailSampler;
import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.queues.HostQueues;
import io.kraken.tracer.bridge.queues.QueueJanitor;
import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.bridge.ship.Shipper;
import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;

/** The agents of a bridge with a manual clock, driven by the test's thread. */
public final class BridgeRig implements AutoCloseable {

    private static final int MOST_TURNS = 1_000_000;

    /** The settings that tests vary. */
    public static final class Setup {
        public int delaySeconds;
        public int requestBytes = 1 << 20;
        public long diskBytes = 1L << 40;
        public long quarantineNs = TimeUnit.HOURS.toNanos(24);
        public int mostQueues = 1024;
        public int destinations = 1;
        public long windowNs;
        public long rememberNs = TimeUnit.MINUTES.toNanos(5);
    }

    public final List<ScriptedDestination> destinations = new ArrayList<>();
    /** The first one. */
    public final ScriptedDestination destination;

    public final HostQueues queues = new HostQueues();
    public final QueueJanitor janitor;
    final HeadReader headReader;
    final List<Shipper> shippers = new ArrayList<>();
    /** The first one. */
    public final Shipper shipper;

    private long nowNs;

    public BridgeRig(Path root) throws IOException {
        this(root, new Setup());
    }

    public BridgeRig(Path root, int delaySeconds, int requestBytes) throws IOException {
        this(root, setup(delaySeconds, requestBytes));
    }

    public BridgeRig(Path root, Setup setup) throws IOException {
        for (int i = 0; i < setup.destinations; i++) {
            destinations.add(new ScriptedDestination(i == 0 ? "scripted" : "scripted-" + i, 4, setup.requestBytes));
        }
        destination = destinations.get(0);
        final BridgeConfig config = config(root, setup);
        final EpochNanoClock timeOfDay = SystemEpochNanoClock.INSTANCE;
        final Path own = OwnerOnly.makeDirectory(root.resolve(".bridge"));
        final HostLog log = new HostLog(own);
        final TailSampler sampler = new TailSampler(config.keep(), log, timeOfDay, 1, 0);
        janitor = new QueueJanitor(
                config, queues, log, own, new QueueJanitor.Clocks(() -> nowNs, timeOfDay), setup.mostQueues);
        headReader = new HeadReader(config, queues, log, sampler, () -> nowNs, timeOfDay);
        for (ScriptedDestination one : destinations) {
            shippers.add(new Shipper(
                    new Shipper.Shared(config, queues, log, janitor.positions(), () -> nowNs),
                    one.destination(),
                    shippers.size()));
        }
        shipper = shippers.get(0);
    }

    private static Setup setup(int delaySeconds, int requestBytes) {
        final Setup setup = new Setup();
        setup.delaySeconds = delaySeconds;
        setup.requestBytes = requestBytes;
        return setup;
    }

    private BridgeConfig config(Path root, Setup setup) {
        return new BridgeConfig(
                root,
                TimeUnit.SECONDS.toNanos(setup.delaySeconds),
                TimeUnit.MILLISECONDS.toNanos(200),
                TimeUnit.SECONDS.toNanos(5),
                setup.diskBytes,
                setup.quarantineNs,
                0,
                1,
                null,
                new BridgeConfig.Keep(true, TimeUnit.SECONDS.toNanos(1), 0, 10_000, setup.rememberNs),
                new BridgeConfig.Window(setup.windowNs, 1L << 40),
                null,
                destinations.stream().map(ScriptedDestination::config).collect(Collectors.toList()));
    }

    /** Runs the agents until none has work, without advancing the clock. */
    public void untilIdle() {
        int turns = 0;
        int idle = 0;
        while (idle < 3) {
            assertTrue(turns++ < MOST_TURNS);
            int work = janitor.doWork() + headReader.doWork();
            for (Shipper one : shippers) {
                work += one.doWork();
            }
            idle = work == 0 ? idle + 1 : 0;
        }
    }

    /** Advances the clock in steps of a quarter of a second, and runs the agents after each. */
    public void later(long time, TimeUnit unit) {
        final long step = TimeUnit.MILLISECONDS.toNanos(250);
        for (long passed = 0; passed < unit.toNanos(time); passed += step) {
            nowNs += step;
            untilIdle();
        }
    }

    /** Advances the clock until no queue is left. */
    public void untilEmpty(Path root, int seconds) throws IOException {
        untilIdle();
        for (int i = 0; i < seconds && !QueueRoot.list(root).isEmpty(); i++) {
            later(1, TimeUnit.SECONDS);
        }
        assertEquals(List.of(), QueueRoot.list(root));
    }

    /** Asserts the number of spans read and the given outcomes; all others must be 0. */
    public void assertLedger(long read, Object... termsAndCounts) {
        assertEquals(read, shipper.counts().get(ShipCount.READ), "read");
        shippers.forEach(BridgeRig::assertLedgerClosed);
        for (int i = 0; i < termsAndCounts.length; i += 2) {
            final ShipCount term = (ShipCount) termsAndCounts[i];
            assertEquals(
                    ((Integer) termsAndCounts[i + 1]).longValue(),
                    shipper.counts().get(term),
                    term::name);
        }
    }

    public static void assertLedgerClosed(Shipper shipper) {
        final EnumCounters<ShipCount> counts = shipper.counts();
        long sum = shipper.waiting();
        for (ShipCount term : List.of(
                ShipCount.SENT,
                ShipCount.REJECTED,
                ShipCount.REFUSED,
                ShipCount.NOT_KEPT,
                ShipCount.MALFORMED,
                ShipCount.TOO_LARGE,
                ShipCount.UNREADABLE,
                ShipCount.LOST)) {
            sum += counts.get(term);
        }
        assertEquals(counts.get(ShipCount.READ), sum, "all terms together");
    }

    @Override
    public void close() {
        headReader.onClose();
        shippers.forEach(Shipper::onClose);
        janitor.onClose();
    }
}
