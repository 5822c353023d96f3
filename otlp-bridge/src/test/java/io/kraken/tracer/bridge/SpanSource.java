package io.kraken.tracer.bridge;

import io.grpc.ManagedChannel; // allow:grpc the generated client
import io.grpc.ManagedChannelBuilder; // allow:grpc the generated client
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Takes what queues hold to a collector: when it has been closed, all of it has been acknowledged. */
final class SpanSource implements AutoCloseable {

    private static final long TIMEOUT_SECONDS = 30;

    private final Path queues;
    private final int port;

    SpanSource(Path queues, int port) {
        this.queues = queues;
        this.port = port;
    }

    @Override
    public void close() throws IOException {
        final ManagedChannel channel = ManagedChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .build();
        try {
            for (ExportTraceServiceRequest request : QueuedSpans.requests(queues)) {
                final ExportTraceServiceResponse response = TraceServiceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                        .withWaitForReady()
                        .export(request);
                if (response.getPartialSuccess().getRejectedSpans() > 0) {
                    throw new IOException(response.getPartialSuccess().getErrorMessage());
                }
            }
        } finally {
            channel.shutdownNow();
        }
    }
}
