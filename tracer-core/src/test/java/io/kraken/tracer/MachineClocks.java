package io.kraken.tracer;

import io.kraken.tracer.clock.Clocks;
import io.kraken.tracer.clock.TickClock;
import java.util.concurrent.TimeUnit;

/**
 * The clocks of a simulated machine that is suspended, migrated and corrected: a time stamp counter of 2.5 ticks a
 * nanosecond, the kernel's monotonic clock and the wall clock. A test advances the time; each reading advances it a
 * little. For one thread.
 */
public final class MachineClocks implements TickClock {

    private static final long READING_NS = 40;
    private static final double TICKS_A_NANO = 2.5;

    private final boolean isTsc;
    private long nowNs = TimeUnit.HOURS.toNanos(5);
    private double ticksANano = TICKS_A_NANO;
    private long ticks = TimeUnit.HOURS.toNanos(40);
    private long ticksSinceNs = nowNs;
    private long suspendedNs;
    private long wallNs = SteppedClock.EPOCH_NS - nowNs;
    private long slewPpm;
    private long slewSinceNs = nowNs;

    public MachineClocks(boolean isTsc) {
        this.isTsc = isTsc;
    }

    Clocks clocks() {
        return new Clocks(this, this::nanoTime, this::epochNs, this::run);
    }

    /** Makes a tracer use these clocks. */
    public TracerConfig configure(TracerConfig config) {
        return config.clocks(clocks());
    }

    public void run(long ns) {
        nowNs += ns;
    }

    /** The counter jumps; the kernel notices, and corrects its clocks. */
    public void jump(long byTicks) {
        ticks += byTicks;
    }

    /** From now on the counter runs at its rate times this factor. */
    void changeRate(double factor) {
        ticks = counter();
        ticksSinceNs = nowNs;
        ticksANano *= factor;
    }

    /** Time passes for all clocks but the monotonic one. */
    void suspend(long ns) {
        nowNs += ns;
        suspendedNs += ns;
    }

    public void stepWallClock(long byNs) {
        wallNs += byNs;
    }

    void slewWallClock(long ppm) {
        wallNs = epochNs() - nowNs;
        slewSinceNs = nowNs;
        slewPpm = ppm;
    }

    private long counter() {
        return ticks + (long) ((nowNs - ticksSinceNs) * ticksANano);
    }

    @Override
    public long ticks() {
        run(READING_NS);
        return isTsc ? counter() : nanoTime();
    }

    public long nanoTime() {
        return nowNs - suspendedNs;
    }

    long epochNs() {
        return wallNs + nowNs + (nowNs - slewSinceNs) / 1_000_000 * slewPpm;
    }

    @Override
    public boolean isTsc() {
        return isTsc;
    }

    @Override
    public String describe() {
        return "machine of a test";
    }
}
