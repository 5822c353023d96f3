package io.kraken.tracer.jmh;

import io.kraken.tracer.clock.TickClock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/** The lower bound: the work alone, and the work between the two clock reads that a span needs. */
public class FloorBenchmark extends Suite {

    @Param({"auto", "nanotime"})
    public String clock;

    private TickClock ticks;

    @Setup
    public void setUp() {
        ticks = Tracers.config(clock).conclude().clock();
        Delivery.print("clock: " + ticks.describe());
    }

    @Benchmark
    public void work() {
        Blackhole.consumeCPU(work);
    }

    @Benchmark
    public long clocks() {
        final long start = ticks.ticks();
        Blackhole.consumeCPU(work);
        return ticks.ticks() - start;
    }
}
