package io.kraken.tracer.bridge;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.ExportSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A service whose spans go to a queue, numbered in the order in which they get there: they have one lane, and when the
 * queue falls behind, the service waits. So its count of what is queued says which spans are.
 */
final class NumberingServiceMain {

    private static final SpanName WORK = SpanName.of("work");
    private static final int A_LITTLE = 100;
    private static final int MOST_WAITING = 16 * 1024;
    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(100);

    private NumberingServiceMain() {}

    /** The root of the queues; its name; spans a second, 0 for no limit; spans, 0 for no end; where its count goes. */
    public static void main(String[] args) throws IOException {
        final Tracer tracer = Tracer.create(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName(args[1])
                .with(ExportSettings.SINK, ExportSettings.QUEUE)
                .with(ExportSettings.QUEUE_DIR, args[0])
                .with(ExportSettings.QUEUE_RESERVE_MEGABYTES, 0)
                .with(ExportSettings.QUEUE_MEGABYTES, 1 << 20)
                .with(TracerConfig.LANES, 1)
                .with(TracerConfig.LANE_RECORDS, 4 * MOST_WAITING)
                .with(TracerConfig.STAGING_RECORDS, 1024)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE));
        try (FileChannel channel = FileChannel.open(
                Path.of(args[4]), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final ByteBuffer queued = channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
            record(tracer, Long.parseLong(args[2]), Long.parseLong(args[3]), queued);
            tracer.close();
            queued.putLong(0, tracer.file().counters().get(Counter.QUEUED));
        }
        if (tracer.ledger().dropped() > 0) {
            throw new AssertionError(tracer.ledger().toString());
        }
    }

    private static void record(Tracer tracer, long rate, long spans, ByteBuffer queued) {
        final long begunNs = System.nanoTime();
        for (long from = 0; spans == 0 || from < spans; from += A_LITTLE) {
            final long dueNs = rate == 0 ? begunNs : begunNs + from * TimeUnit.SECONDS.toNanos(1) / rate;
            record(tracer, from);
            long inQueue;
            do {
                inQueue = tracer.file().counters().get(Counter.QUEUED);
                queued.putLong(0, inQueue);
                if (from - inQueue > MOST_WAITING || System.nanoTime() - dueNs < 0) {
                    LockSupport.parkNanos(PAUSE_NS);
                }
            } while (from - inQueue > MOST_WAITING || System.nanoTime() - dueNs < 0);
        }
    }

    private static void record(Tracer tracer, long from) {
        for (long number = from; number < from + A_LITTLE; number++) {
            try (Span span = tracer.start(WORK)) {
                span.set(QueuedSpans.NUMBER, number);
            }
        }
    }
}
