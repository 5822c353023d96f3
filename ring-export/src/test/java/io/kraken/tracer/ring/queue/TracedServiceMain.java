package io.kraken.tracer.ring.queue;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.LongKey;
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

/** Program: a service that writes its spans to a queue, a fixed number or continuously until it is killed. */
final class TracedServiceMain {

    static final LongKey NUMBER = Key.ofLong("number");

    private static final SpanName WORK = SpanName.of("work");
    private static final int A_LITTLE = 100;

    private TracedServiceMain() {}

    /**
     * Arguments: the root of the queues; the number of spans, 0 for no end; the file for the number of queued spans.
     */
    public static void main(String[] args) throws IOException {
        final TracerConfig config = new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName("traced")
                .with(ExportSettings.SINK, ExportSettings.QUEUE)
                .with(ExportSettings.QUEUE_DIR, args[0])
                .with(ExportSettings.QUEUE_RESERVE_MEGABYTES, 0)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE);
        final long spans = Long.parseLong(args[1]);
        final Tracer tracer = Tracer.create(config);
        if (spans > 0) {
            record(tracer, 0, spans);
        } else {
            recordForever(tracer, Path.of(args[2]));
        }
        tracer.close();
        System.out.print(tracer.ledger()); // allow:console what the test reads
    }

    private static void recordForever(Tracer tracer, Path progress) throws IOException {
        try (FileChannel channel = FileChannel.open(
                progress, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final ByteBuffer queued = channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
            for (long from = 0; ; from += A_LITTLE) {
                record(tracer, from, from + A_LITTLE);
                queued.putLong(0, tracer.file().counters().get(Counter.QUEUED));
            }
        }
    }

    private static void record(Tracer tracer, long from, long to) {
        for (long number = from; number < to; number++) {
            try (Span span = tracer.start(WORK)) {
                span.set(NUMBER, number);
            }
        }
    }
}
