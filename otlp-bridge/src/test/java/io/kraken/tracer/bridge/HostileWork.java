package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;

/** The application's own work, and its duration on a thread that does nothing else and records no spans. */
final class HostileWork {

    private static final byte[] BYTES = new byte[32 << 10];
    private static final int KEPT = 1 << 16;
    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(100);

    private final long[] times = new long[KEPT];
    private long count;

    /** Some microseconds. */
    static long once() {
        final CRC32 sum = new CRC32();
        sum.update(BYTES);
        return sum.getValue();
    }

    /** Measures until {@code end} is called. */
    final class Measurement {
        private final Thread thread = new Thread(this::run, "measured");
        private volatile boolean ends;
        private long sum; // a result, so that the work is not optimised away

        private void run() {
            while (!ends) {
                final long begunNs = System.nanoTime();
                sum += once();
                times[(int) (count++ % KEPT)] = System.nanoTime() - begunNs;
                LockSupport.parkNanos(PAUSE_NS);
            }
        }

        void end() throws InterruptedException {
            ends = true;
            thread.join();
            assertTrue(sum >= 0);
        }
    }

    Measurement begin() {
        final Measurement measurement = new Measurement();
        measurement.thread.start();
        return measurement;
    }

    long count() {
        return count;
    }

    /** Durations of the last ten thousand runs or so. */
    long percentileMicros(double share) {
        final long[] sorted = Arrays.copyOf(times, (int) Math.min(count, KEPT));
        Arrays.sort(sorted);
        return sorted.length == 0
                ? 0
                : TimeUnit.NANOSECONDS.toMicros(sorted[(int) Math.min(sorted.length - 1, sorted.length * share)]);
    }
}
