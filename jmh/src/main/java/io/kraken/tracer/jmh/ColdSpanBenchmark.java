package io.kraken.tracer.jmh;

import io.kraken.tracer.clock.TickClock;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.Blackhole;

/**
 * A span that is recorded rarely: once in about a millisecond of other work, which has displaced the contents of the
 * core's caches and branch predictors. The code is compiled, as in a service that has run for an hour, but code and
 * data have to be fetched again. The other work is not timed. JMH reads the clock before and after every single span;
 * {@link #nothing} is the time of that alone, to be subtracted, and {@link #clocks} is the floor, two reads of the
 * tracer's clock.
 */
public class ColdSpanBenchmark extends Suite {

    private static final int SPANS_TO_COMPILE = 50_000;

    /** 16 MB, more than a core's own caches; an eighth of its lines is visited between two spans. */
    private static final int LONGS = 2 << 20;

    private static final int VISITS = 1 << 15;
    private static final int SORTED = 2000;

    private final long[] memory = new long[LONGS];
    private final int[] numbers = new int[SORTED];
    private final Request request = new Request();
    private long random = 1;
    private TickClock ticks;
    private Peer peer;

    @Setup
    public void setUp(BenchmarkParams trial) {
        ticks = Tracers.config("auto").conclude().clock();
        final boolean theirs = trial.getBenchmark().contains(".openTelemetry");
        peer = theirs
                ? Aging.aged(OpenTelemetryPeer.discarding())
                : Aging.aged(new KrakenPeer(Tracers.open(Tracers.config("auto"))));
        for (int i = 0; i < SPANS_TO_COMPILE; i++) {
            peer.bare(work);
            peer.kraken(request, work);
        }
    }

    @TearDown
    public void tearDown(BenchmarkParams trial) {
        peer.close().report(trial);
    }

    private long nextRandom() {
        random = random * 6364136223846793005L + 1442695040888963407L;
        return random >>> 24;
    }

    /** Reads and writes random places in the memory and sorts numbers, so that branches are unpredictable. */
    @Setup(Level.Invocation)
    public void elsewhere() {
        for (int i = 0; i < VISITS; i++) {
            memory[(int) nextRandom() & LONGS - 1]++;
        }
        for (int i = 0; i < SORTED; i++) {
            numbers[i] = (int) nextRandom();
        }
        Arrays.sort(numbers);
    }

    @Benchmark
    public void nothing() {
        Blackhole.consumeCPU(work);
    }

    @Benchmark
    public long clocks() {
        final long start = ticks.ticks();
        Blackhole.consumeCPU(work);
        return ticks.ticks() - start;
    }

    @Benchmark
    public void bare() {
        peer.bare(work);
    }

    @Benchmark
    public void kraken() {
        peer.kraken(request, work);
    }

    @Benchmark
    public void openTelemetryBare() {
        peer.bare(work);
    }

    @Benchmark
    public void openTelemetryKraken() {
        peer.kraken(request, work);
    }
}
