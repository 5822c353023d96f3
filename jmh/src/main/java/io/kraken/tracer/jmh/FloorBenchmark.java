package io.kraken.tracer.jmh;

import io.kraken.tracer.TickClock;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** What nobody can go below: the work alone, and the work between the two clock reads that a span must have. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-XX:+IgnoreUnrecognizedVMOptions", "--enable-native-access=ALL-UNNAMED"})
@State(Scope.Benchmark)
public class FloorBenchmark {

    /** Tokens of work inside the span; 0 does nothing but record. */
    @Param({"0", "300"})
    int work;

    @Param({"auto", "nanotime"})
    String clock;

    private TickClock ticks;

    @Setup
    public void setUp() {
        ticks = Tracers.config(clock).clock();
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
