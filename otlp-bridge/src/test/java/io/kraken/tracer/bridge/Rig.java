package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.queue.OwnerOnly;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemEpochNanoClock;

/** The agents of a bridge and a clock that moves when a test says so. */
final class Rig implements AutoCloseable {

    private static final int MOST_TURNS = 1_000_000;

    final ScriptedDestination destination;
    final HostQueues queues = new HostQueues();
    final Custodian custodian;
    final Scout scout;
    final Shipper shipper;

    private long nowNs;

    Rig(Path root) throws IOException {
        this(root, 0, 1 << 20);
    }

    Rig(Path root, int delaySeconds, int requestBytes) throws IOException {
        destination = new ScriptedDestination(4, requestBytes);
        final BridgeConfig config = new BridgeConfig(
                root,
                TimeUnit.SECONDS.toNanos(delaySeconds),
                TimeUnit.MILLISECONDS.toNanos(200),
                TimeUnit.SECONDS.toNanos(5),
                1L << 40,
                TimeUnit.HOURS.toNanos(24),
                0,
                1,
                null,
                new BridgeConfig.Keep(true, TimeUnit.SECONDS.toNanos(1), 0, 10_000, TimeUnit.MINUTES.toNanos(5)),
                List.of(destination.config()));
        final Keeper keeper = new Keeper(config.keep(), 1, 0);
        custodian = new Custodian(config, queues, OwnerOnly.makeDirectory(root.resolve(".bridge")), () -> nowNs);
        scout = new Scout(config, queues, keeper, () -> nowNs, SystemEpochNanoClock.INSTANCE);
        shipper = new Shipper(
                new Shipper.Surroundings(config, queues, keeper, custodian.positions(), () -> nowNs), destination, 0);
    }

    /** Until nobody has anything to do; the clock stands still. */
    void untilIdle() {
        int turns = 0;
        int idle = 0;
        while (idle < 3) {
            assertTrue(turns++ < MOST_TURNS);
            final int work = custodian.doWork() + scout.doWork() + shipper.doWork();
            idle = work == 0 ? idle + 1 : 0;
        }
    }

    /** Lets time pass, in steps of a quarter of a second. */
    void later(long time, TimeUnit unit) {
        final long step = TimeUnit.MILLISECONDS.toNanos(250);
        for (long passed = 0; passed < unit.toNanos(time); passed += step) {
            nowNs += step;
            untilIdle();
        }
    }

    /** All spans read are in these terms, or wait. */
    void assertLedger(long read, Object... termsAndCounts) {
        final Tally<ShipCount> counts = shipper.counts();
        assertEquals(read, counts.get(ShipCount.READ), "read");
        long sum = shipper.waiting();
        for (ShipCount term : List.of(
                ShipCount.SENT,
                ShipCount.REJECTED,
                ShipCount.REFUSED,
                ShipCount.NOT_KEPT,
                ShipCount.MALFORMED,
                ShipCount.TOO_LARGE,
                ShipCount.LOST)) {
            sum += counts.get(term);
        }
        assertEquals(read, sum, "all terms together");
        for (int i = 0; i < termsAndCounts.length; i += 2) {
            final ShipCount term = (ShipCount) termsAndCounts[i];
            assertEquals(((Integer) termsAndCounts[i + 1]).longValue(), counts.get(term), term::name);
        }
    }

    @Override
    public void close() {
        scout.onClose();
        shipper.onClose();
        custodian.onClose();
    }
}
