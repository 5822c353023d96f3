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
 * The main class of a service that records numbered spans to a queue. From time to time it waits until all recorded
 * spans are in the queue and then writes their number; in between they arrive in any order. It waits when the queue
 * falls behind.
 */
final class NumberingServiceMain {

    private static final SpanName WORK = SpanName.of("work");
    private static final int A_LITTLE = 100;
    private static final int MOST_WAITING = 16 * 1024;
    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(100);

    private NumberingServiceMain() {}

    /** Arguments: root of the queues; name; spans a second, 0: no limit; spans, 0: no end; file of the count. */
    public static void main(String[] args) throws IOException {
        final Tracer tracer = Tracer.create(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName(args[1])
                .with(ExportSettings.SINK, ExportSettings.QUEUE)
                .with(ExportSettings.QUEUE_DIR, args[0])
                .with(ExportSettings.QUEUE_RESERVE_MEGABYTES, 0)
                .with(ExportSettings.QUEUE_MEGABYTES, 1 << 20)
                .with(TracerConfig.RECORDS, 4 * MOST_WAITING)
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
        long safe = 0;
        for (long from = 0; spans == 0 || from < spans; from += A_LITTLE) {
            final long dueNs = rate == 0 ? begunNs : begunNs + from * TimeUnit.SECONDS.toNanos(1) / rate;
            record(tracer, from);
            final long recorded = from + A_LITTLE;
            boolean waits;
            do {
                if (tracer.file().counters().get(Counter.QUEUED) == recorded) {
                    safe = recorded;
                    queued.putLong(0, safe);
                }
                waits = recorded - safe > MOST_WAITING || System.nanoTime() - dueNs < 0;
                if (waits) {
                    LockSupport.parkNanos(PAUSE_NS);
                }
            } while (waits);
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
