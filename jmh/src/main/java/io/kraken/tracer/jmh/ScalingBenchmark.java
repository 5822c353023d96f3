package io.kraken.tracer.jmh;

import brave.sampler.Sampler;
import io.kraken.tracer.TickClock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The Kraken span on one thread, on two, and on as many as there are processors, floor and peers beside it. What a
 * span costs should not depend on it; note that an exporter needs a processor as well.
 */
public class ScalingBenchmark extends Suite {

    /** Two reads of the clock. */
    @State(Scope.Benchmark)
    public static class Clocks {
        private TickClock ticks;

        @Setup
        public void setUp() {
            ticks = Tracers.config("auto").conclude().clock();
        }
    }

    /** This tracer. */
    @State(Scope.Benchmark)
    public static class Kraken {
        private KrakenPeer peer;

        @Setup
        public void setUp() {
            peer = Aging.aged(new KrakenPeer(Tracers.open(Tracers.config("auto"))));
        }

        @TearDown
        public void tearDown(BenchmarkParams trial) {
            peer.close().report(trial);
        }
    }

    /** The OpenTelemetry SDK. */
    @State(Scope.Benchmark)
    public static class OpenTelemetry {
        private OpenTelemetryPeer peer;

        @Setup
        public void setUp() {
            peer = Aging.aged(OpenTelemetryPeer.discarding());
        }

        @TearDown
        public void tearDown(BenchmarkParams trial) {
            peer.close().report(trial);
        }
    }

    /** Brave. */
    @State(Scope.Benchmark)
    public static class Brave {
        private BravePeer peer;

        @Setup
        public void setUp() {
            peer = Aging.aged(new BravePeer(Sampler.ALWAYS_SAMPLE));
        }

        @TearDown
        public void tearDown(BenchmarkParams trial) {
            peer.close().report(trial);
        }
    }

    private long clocks(Clocks clocks) {
        final long start = clocks.ticks.ticks();
        Blackhole.consumeCPU(work);
        return clocks.ticks.ticks() - start;
    }

    @Benchmark
    @Threads(1)
    public long clocks1(Clocks clocks) {
        return clocks(clocks);
    }

    @Benchmark
    @Threads(2)
    public long clocks2(Clocks clocks) {
        return clocks(clocks);
    }

    @Benchmark
    @Threads(Threads.MAX)
    public long clocksAll(Clocks clocks) {
        return clocks(clocks);
    }

    @Benchmark
    @Threads(1)
    public void kraken1(Kraken kraken, Request request) {
        kraken.peer.kraken(request, work);
    }

    @Benchmark
    @Threads(2)
    public void kraken2(Kraken kraken, Request request) {
        kraken.peer.kraken(request, work);
    }

    @Benchmark
    @Threads(Threads.MAX)
    public void krakenAll(Kraken kraken, Request request) {
        kraken.peer.kraken(request, work);
    }

    @Benchmark
    @Threads(1)
    public void openTelemetry1(OpenTelemetry openTelemetry, Request request) {
        openTelemetry.peer.kraken(request, work);
    }

    @Benchmark
    @Threads(2)
    public void openTelemetry2(OpenTelemetry openTelemetry, Request request) {
        openTelemetry.peer.kraken(request, work);
    }

    @Benchmark
    @Threads(Threads.MAX)
    public void openTelemetryAll(OpenTelemetry openTelemetry, Request request) {
        openTelemetry.peer.kraken(request, work);
    }

    @Benchmark
    @Threads(1)
    public void brave1(Brave brave, Request request) {
        brave.peer.kraken(request, work);
    }

    @Benchmark
    @Threads(2)
    public void brave2(Brave brave, Request request) {
        brave.peer.kraken(request, work);
    }

    @Benchmark
    @Threads(Threads.MAX)
    public void braveAll(Brave brave, Request request) {
        brave.peer.kraken(request, work);
    }
}
