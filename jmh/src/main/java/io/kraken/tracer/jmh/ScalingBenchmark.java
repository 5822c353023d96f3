package io.kraken.tracer.jmh;

import brave.sampler.Sampler;
import io.kraken.tracer.clock.TickClock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The Kraken span on the number of threads given by {@code -t}, with floor and peers; the report runs it on 1, 2, 4 and
 * so on up to all processors. The cost of a span should not depend on it; note that an exporter needs a processor as
 * well.
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

    @Benchmark
    public long clocks(Clocks clocks) {
        final long start = clocks.ticks.ticks();
        Blackhole.consumeCPU(work);
        return clocks.ticks.ticks() - start;
    }

    @Benchmark
    public void kraken(Kraken kraken, Request request) {
        kraken.peer.kraken(request, work);
    }

    @Benchmark
    public void openTelemetry(OpenTelemetry openTelemetry, Request request) {
        openTelemetry.peer.kraken(request, work);
    }

    @Benchmark
    public void brave(Brave brave, Request request) {
        brave.peer.kraken(request, work);
    }
}
