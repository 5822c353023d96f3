package io.kraken.tracer.jmh;

import io.kraken.tracer.clock.TickClock;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CountDownLatch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.Blackhole;

/**
 * A virtual thread for each request, as in servers with virtual threads: the tracer's state of a thread is created each
 * time. The time is that of a thread with one span; the floor, {@link #clocks}, is that of a thread that reads the
 * clock twice. Java 21 and later.
 */
public class VirtualThreadBenchmark extends Suite {

    private static final int THREADS = 1000;

    private Peer peer;
    private TickClock ticks;
    private MethodHandle startVirtualThread;

    @Setup
    public void setUp(BenchmarkParams trial) throws ReflectiveOperationException {
        startVirtualThread = find();
        ticks = Tracers.config("auto").conclude().clock();
        if (trial.getBenchmark().endsWith(".kraken")) {
            peer = Aging.aged(new KrakenPeer(Tracers.open(Tracers.config("auto"))));
        } else if (trial.getBenchmark().endsWith(".openTelemetry")) {
            peer = Aging.aged(OpenTelemetryPeer.discarding());
        }
    }

    private static MethodHandle find() throws ReflectiveOperationException {
        if (Runtime.version().feature() < 21) {
            throw new UnsupportedOperationException("virtual threads need Java 21 or later");
        }
        return MethodHandles.lookup()
                .findStatic(Thread.class, "startVirtualThread", MethodType.methodType(Thread.class, Runnable.class));
    }

    @TearDown
    public void tearDown(BenchmarkParams trial) {
        if (peer != null) {
            peer.close().report(trial);
        }
    }

    private void each(Runnable body) throws Throwable {
        final CountDownLatch running = new CountDownLatch(THREADS);
        final Runnable counted = () -> {
            body.run();
            running.countDown();
        };
        for (int i = 0; i < THREADS; i++) {
            final Thread started = (Thread) startVirtualThread.invokeExact(counted);
        }
        running.await();
    }

    @Benchmark
    @OperationsPerInvocation(THREADS)
    public void clocks(Blackhole hole) throws Throwable {
        each(() -> {
            final long start = ticks.ticks();
            Blackhole.consumeCPU(work);
            hole.consume(ticks.ticks() - start);
        });
    }

    @Benchmark
    @OperationsPerInvocation(THREADS)
    public void kraken() throws Throwable {
        each(() -> peer.bare(work));
    }

    @Benchmark
    @OperationsPerInvocation(THREADS)
    public void openTelemetry() throws Throwable {
        each(() -> peer.bare(work));
    }
}
