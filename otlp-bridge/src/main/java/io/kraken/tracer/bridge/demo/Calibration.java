package io.kraken.tracer.bridge.demo;

import com.sun.management.ThreadMXBean;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.ExportSettings;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A measurement of what a span costs its thread, in this process and on this machine: {@code agent.download_blob} with
 * its attributes is started and ended in bursts that fit into the records, while an exporter encodes every span and
 * releases its record. The time of the same loop without a span is subtracted. It runs once without work between the
 * spans, and once with some work inside each span, as in services.
 */
final class Calibration {

    private static final int BURST = 4096;
    private static final int PIECE = 256;
    private static final int PIECES = BURST / PIECE;
    private static final int WARM_UP_BURSTS = 60;
    private static final int BURSTS = 100;
    private static final int BLOBS = 256;
    /** Rounds of arithmetic, about 0.8 microseconds in total. */
    private static final int WORK = 400;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final long DRAIN_NS = TimeUnit.SECONDS.toNanos(5);

    private final Blob[] blobs = new Blob[BLOBS];
    private final long[] sizes = new long[BLOBS];
    private final Tracer tracer;
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Series saturated = new Series(0);
    private final Series paced = new Series(WORK);
    private Histogram spans = new Histogram();
    private Histogram empty = new Histogram();
    private Ledger ledger;
    private long result;

    /**
     * Bursts with a given amount of work in every round, with and without spans; timed in short pieces, so that few of
     * the pieces are interrupted.
     */
    final class Series {
        private final int work;
        private final double[] spanNs = new double[BURSTS * PIECES];
        private final double[] emptyNs = new double[BURSTS * PIECES];
        private int pieces;
        private long bytes;

        Series(int work) {
            this.work = work;
        }

        void run() {
            final long self = Thread.currentThread().getId();
            final long before = threads.getThreadAllocatedBytes(self);
            final int first = pieces;
            long from = System.nanoTime();
            for (int i = 0; i < BURST; i++) {
                record(i, work);
                if (i % PIECE == PIECE - 1) {
                    from = note(spanNs, pieces++, from);
                }
            }
            bytes += threads.getThreadAllocatedBytes(self) - before;
            drain();
            pieces = first;
            from = System.nanoTime();
            for (int i = 0; i < BURST; i++) {
                withoutSpan(i, work);
                if (i % PIECE == PIECE - 1) {
                    from = note(emptyNs, pieces++, from);
                }
            }
        }

        private long note(double[] times, int piece, long from) {
            final long now = System.nanoTime();
            times[piece % times.length] = (double) (now - from) / PIECE;
            return now;
        }

        void reset() {
            pieces = 0;
            bytes = 0;
        }

        /** The median of the pieces. */
        double medianNs() {
            return median(spanNs) - median(emptyNs);
        }

        /** The mean, which includes interruptions by other work on this machine. */
        double meanNs() {
            return mean(spanNs) - mean(emptyNs);
        }
    }

    private static double median(double[] values) {
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    Calibration() {
        tracer = Tracer.create(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName("kraken-calibration")
                .with(TracerConfig.RECORDS, 64 * 1024)
                .with(ExportSettings.SINK, ExportSettings.DISCARD));
        for (int i = 0; i < BLOBS; i++) {
            blobs[i] = Blob.numbered(i);
            sizes[i] = blobs[i].size();
        }
    }

    /** Takes two or three seconds. */
    Calibration run() {
        runBursts(WARM_UP_BURSTS);
        saturated.reset();
        paced.reset();
        spans = new Histogram();
        empty = new Histogram();
        runBursts(BURSTS);
        ledger = tracer.close(CLOSE_TIMEOUT);
        return this;
    }

    private void runBursts(int bursts) {
        for (int i = 0; i < bursts; i++) {
            saturated.run();
            paced.run();
            timedBurst();
            drain();
            timedEmptyBurst();
        }
    }

    private void record(int i, int work) {
        final Blob blob = blobs[i & BLOBS - 1];
        try (Span span = tracer.start(Kraken.DOWNLOAD_BLOB, SpanKind.SERVER)) {
            span.set(Kraken.NAMESPACE, blob.namespace())
                    .set(Kraken.DIGEST, blob.digest())
                    .set(Kraken.SIZE, sizes[i & BLOBS - 1]);
            work(work);
        }
    }

    private void withoutSpan(int i, int work) {
        final Blob blob = blobs[i & BLOBS - 1];
        result +=
                sizes[i & BLOBS - 1] + blob.digest().length() + blob.namespace().length();
        work(work);
    }

    private void work(int rounds) {
        long value = result;
        for (int i = 0; i < rounds; i++) {
            value = value * 31 + (value >>> 7);
        }
        result = value;
    }

    private void timedBurst() {
        for (int i = 0; i < BURST; i++) {
            final long from = System.nanoTime();
            record(i, 0);
            spans.record(System.nanoTime() - from);
        }
    }

    private void timedEmptyBurst() {
        for (int i = 0; i < BURST; i++) {
            final long from = System.nanoTime();
            withoutSpan(i, 0);
            empty.record(System.nanoTime() - from);
        }
    }

    private void drain() {
        final long limit = System.nanoTime() + DRAIN_NS;
        while (tracer.ledger().inChunks() > 0 && System.nanoTime() - limit < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** The series with work inside the spans; the work is not counted. */
    Series paced() {
        return paced;
    }

    /** The series without work between the spans. */
    Series saturated() {
        return saturated;
    }

    /** Bytes allocated by the recording thread. */
    double bytesPerSpan() {
        return (double) (saturated.bytes + paced.bytes) / (2 * spansMeasured());
    }

    /** The number of spans of each series. */
    long spansMeasured() {
        return (long) BURST * BURSTS;
    }

    /** Times of single spans, including two readings of the clock. */
    Histogram spans() {
        return spans;
    }

    /** Times of the same code without a span. */
    Histogram empty() {
        return empty;
    }

    /** The ledger of the measured spans; a dropped span has a different cost. */
    Ledger ledger() {
        return ledger;
    }
}
