package io.kraken.tracer.bridge.queues;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.QueuedSpans;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Documents written by a service, which tests distribute over queue files. */
public final class SpanDocuments {

    static final int SPANS = 8;

    /** A document and the numbers of its spans. */
    public record Document(ByteBuffer bytes, List<Long> numbers) {}

    final QueueDescriptor descriptor;
    public final List<Document> all = new ArrayList<>();

    /** Records at least the given number of documents, each with at most eight sampled spans. */
    public SpanDocuments(Path scratch, String service, int count) throws IOException {
        try (QueuedSpans spans = new QueuedSpans(scratch, service)) {
            for (int i = 0; i < count; i++) {
                spans.sampled(SPANS).settle();
            }
        }
        final Path queue = QueueRoot.list(scratch).get(0);
        descriptor = QueueDescriptor.read(queue);
        final ByteBuffer into = ByteBuffer.allocateDirect(QueueCursor.mostBytes());
        try (QueueTailer tailer = Queues.read(queue)) {
            while (tailer.read(into) > 0) {
                final ByteBuffer copy = ByteBuffer.allocateDirect(into.limit());
                copy.put(into).flip();
                all.add(new Document(copy, numbers(copy)));
            }
        }
        QueueRoot.delete(queue);
    }

    public static List<Long> numbers(ByteBuffer bytes) throws IOException {
        final BatchReader document = new BatchReader();
        assertTrue(document.wrap(bytes, 0, bytes.limit()));
        final DocumentEncoder encoder = new DocumentEncoder();
        final ByteBuffer request = encoder.newBuffer(1 << 20);
        encoder.begin(request);
        encoder.add(document, document.soundRecords());
        encoder.finish();
        final List<Long> numbers = new ArrayList<>();
        for (Span span : ExportTraceServiceRequest.parseFrom(request)
                .getResourceSpans(0)
                .getScopeSpans(0)
                .getSpansList()) {
            numbers.add(span.getAttributes(0).getValue().getIntValue());
        }
        return numbers;
    }

    /** The span numbers of a range of documents, in order. */
    public List<Long> numbers(int from, int to) {
        final List<Long> numbers = new ArrayList<>();
        all.subList(from, to).forEach(document -> numbers.addAll(document.numbers()));
        numbers.sort(null);
        return numbers;
    }
}
