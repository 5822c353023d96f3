package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.DocumentEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All that the queues of a host hold, read without a bridge. */
final class QueuedSpans {

    private static final int REQUEST_BYTES = 2 * Queues.MOST_BYTES;

    private final ByteBuffer document = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
    private final BatchReader reader = new BatchReader();
    private final DocumentEncoder encoder = new DocumentEncoder();
    private final ByteBuffer request = encoder.newBuffer(REQUEST_BYTES);

    /** A request for each document. */
    static List<ExportTraceServiceRequest> requests(Path root) throws IOException {
        final List<ExportTraceServiceRequest> requests = new ArrayList<>();
        final QueuedSpans spans = new QueuedSpans();
        for (Path directory : QueueRoot.list(root)) {
            spans.read(directory, requests);
        }
        return requests;
    }

    private void read(Path directory, List<ExportTraceServiceRequest> requests) throws IOException {
        try (QueueTailer tailer = Queues.read(directory)) {
            for (int length = tailer.read(document); length > 0; length = tailer.read(document)) {
                if (!reader.wrap(document, 0, length)) {
                    throw new AssertionError("refused: " + reader.refusal());
                }
                encoder.encode(reader, reader.soundRecords(), request);
                requests.add(ExportTraceServiceRequest.parseFrom(request));
            }
        }
    }
}
