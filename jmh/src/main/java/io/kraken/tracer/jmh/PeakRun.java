package io.kraken.tracer.jmh;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.HdrHistogram.Histogram;

/**
 * The loads on one system, in a separate process, so that no other system has influenced how the loop is compiled. The
 * empty loop runs before each of them, at the same rate on the same threads.
 */
final class PeakRun {

    private final Options options;
    private final String system;

    PeakRun(Options options) {
        this.options = options;
        this.system = options.text("system", "kraken");
    }

    void run() throws Exception {
        final List<PeakResult> results = new ArrayList<>();
        for (double rate : PeakLoad.rates(options)) {
            results.add(measure(PeakResult.FLOOR, null, rate));
            final LoadPeer peer = open();
            results.add(measure(system, peer, rate));
        }
        write(results, Path.of(options.text("out", "")));
    }

    private LoadPeer open() {
        switch (system) {
            case "kraken":
                return new KrakenPeer(Tracers.open(Tracers.config(options.text("clock", "auto"))));
            case "opentelemetry":
                return OpenTelemetryPeer.discarding();
            default:
                throw new IllegalArgumentException("--system=" + system + " should be kraken or opentelemetry");
        }
    }

    /** A thread with its loop: it warms up, waits for the others, and is measured. */
    private final class Caller extends Thread {
        private final OpenLoop loop;
        private final CyclicBarrier barrier;
        private volatile Throwable failure;

        Caller(Load load, double rate, CyclicBarrier barrier) {
            super("caller");
            this.loop = new OpenLoop(load, rate);
            this.barrier = barrier;
        }

        @Override
        public void run() {
            try {
                loop.run(options.number("warmup", PeakLoad.WARMUP_SECONDS));
                barrier.await();
                barrier.await();
                loop.run(options.number("seconds", PeakLoad.SECONDS));
                barrier.await();
                barrier.await();
            } catch (BrokenBarrierException e) {
                failure = e; // another thread has failed and reported why
            } catch (Throwable e) {
                e.printStackTrace();
                failure = e;
                barrier.reset();
            }
        }
    }

    /**
     * The barrier is passed four times: when all are warm, when all begin, when all have finished, and when all have
     * been measured and may end.
     */
    private PeakResult measure(String name, LoadPeer peer, double rate) throws Exception {
        final int threads = (int) options.number("threads", 1);
        final CyclicBarrier barrier = new CyclicBarrier(threads + 1);
        final List<Caller> callers = new ArrayList<>();
        final Set<Long> ids = new HashSet<>();
        for (int i = 0; i < threads; i++) {
            final Caller caller = new Caller(peer == null ? new ClockLoad() : peer.download(), rate / threads, barrier);
            callers.add(caller);
            ids.add(caller.getId());
            caller.start();
        }
        final String exporter = peer == null ? "no exporter" : peer.exporterThreads();
        barrier.await();
        final ThreadUse before = ThreadUse.now(ids, exporter);
        final long droppedBefore = peer == null ? 0 : peer.dropped();
        barrier.await();
        barrier.await();
        final ThreadUse use = ThreadUse.now(ids, exporter).since(before);
        final long dropped = peer == null ? 0 : peer.dropped() - droppedBefore;
        barrier.await();
        for (Caller caller : callers) {
            caller.join();
            if (caller.failure != null) {
                throw new IllegalStateException(name + " has failed", caller.failure);
            }
        }
        if (peer != null) {
            System.out.println("# " + name + ", warm-up included: " + peer.close());
        }
        return result(name, rate, callers, use, dropped, peer != null);
    }

    private static PeakResult result(
            String name, double rate, List<Caller> callers, ThreadUse use, long dropped, boolean spans) {
        final Histogram call = callers.get(0).loop.call();
        final Histogram response = callers.get(0).loop.response();
        double achieved = call.getTotalCount() * 1e9 / callers.get(0).loop.elapsedNs();
        for (int i = 1; i < callers.size(); i++) {
            final OpenLoop loop = callers.get(i).loop;
            achieved += loop.call().getTotalCount() * 1e9 / loop.elapsedNs();
            call.add(loop.call());
            response.add(loop.response());
        }
        final double count = call.getTotalCount();
        final PeakResult result = new PeakResult(
                name,
                callers.size(),
                rate,
                achieved,
                PeakResult.Latency.of(call),
                PeakResult.Latency.of(response),
                spans ? call.getTotalCount() - dropped : 0,
                dropped,
                use.callerBytes() / count,
                use.exporterCpuNs() / count,
                use.exporterBytes() / count,
                (use.processCpuNs() - use.callerCpuNs()) / count,
                use.collections(),
                use.collectionMs());
        System.out.println(result.rows());
        System.out.println(result.costs());
        return result;
    }

    private static void write(List<PeakResult> results, Path file) throws IOException {
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(file))) {
            out.writeObject(results.toArray(new PeakResult[0]));
        }
    }
}
