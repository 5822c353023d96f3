package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.Batch;
import io.kraken.tracer.ring.BatchSink;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.RingExport;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.BatchWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Sample documents written by a real tracer. */
final class SampleDocuments {

    private static final SpanName NAME = SpanName.of("sample");

    private static final Map<List<Integer>, ByteBuffer> MADE = new ConcurrentHashMap<>();

    private SampleDocuments() {}

    /** Creates a document of spans numbered from 0, each with a text of the given length. */
    static ByteBuffer of(int spans, int textLength) {
        final ByteBuffer made = MADE.computeIfAbsent(List.of(spans, textLength), key -> make(spans, textLength));
        return ByteBuffer.allocateDirect(made.remaining()).put(made.duplicate()).flip();
    }

    private static ByteBuffer make(int spans, int textLength) {
        final List<ByteBuffer> documents = new ArrayList<>();
        final RingExport export =
                new RingExport().drivenByCaller().sink(environment -> new Sink(environment, documents));
        final TracerConfig config = new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName("größe")
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .with(TracerConfig.SHUTDOWN_HOOK, false)
                .with(ExportSettings.BATCH_MILLIS, 0);
        final Tracer tracer = Tracer.create(config, export);
        for (int i = 0; i < spans; i++) {
            try (Span span = tracer.start(NAME, SpanKind.SERVER)) {
                span.set("number", i).set("text", "é".repeat(textLength));
                span.event("tried");
            }
        }
        export.doWork();
        tracer.close(Duration.ofSeconds(10));
        if (documents.size() != 1) {
            throw new AssertionError("spans for one document made " + documents.size());
        }
        return documents.get(0);
    }

    static BatchReader read(ByteBuffer document) {
        final BatchReader reader = new BatchReader();
        if (!reader.wrap(document, 0, document.capacity())) {
            throw new AssertionError("refused: " + reader.refusal());
        }
        return reader;
    }

    /** Encodes all spans of a document as a request. */
    static ByteBuffer request(Destination destination, ByteBuffer document) {
        final RequestEncoder encoder = destination.encoder();
        final ByteBuffer request = encoder.newBuffer(destination.config().requestBytes());
        encoder.begin(request);
        final long left = encoder.add(read(document), -1);
        if (left != 0 || encoder.finish() == 0) {
            throw new AssertionError("no room for " + Long.bitCount(left));
        }
        return request;
    }

    private record Sink(RingExport.Environment environment, BatchWriter writer, List<ByteBuffer> documents)
            implements BatchSink {

        Sink(RingExport.Environment environment, List<ByteBuffer> documents) {
            this(
                    environment,
                    new BatchWriter(environment.file(), environment.config().resource()),
                    documents);
        }

        @Override
        public boolean keepsUnsampled() {
            return true;
        }

        @Override
        public void offer(Batch batch, long nowNs) {
            final ByteBuffer out = BatchWriter.newBuffer();
            for (int from = 0; from < batch.count(); ) {
                from += writer.write(batch, from, out);
                documents.add(ByteBuffer.allocateDirect(out.remaining())
                        .put(out.duplicate())
                        .flip());
            }
            environment.file().counters().add(Counter.SHIPPED, batch.count());
            batch.clear();
        }

        @Override
        public String describe() {
            return "documents";
        }
    }
}
