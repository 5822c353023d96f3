package io.kraken.tracer.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import org.junit.jupiter.api.Test;

class SpanCounterTest {

    private final SpanCounter counter = new SpanCounter();

    private static byte[] request(int... ids) {
        final ScopeSpans.Builder scope = ScopeSpans.newBuilder().setSchemaUrl("schema");
        for (int id : ids) {
            scope.addSpans(Span.newBuilder()
                    .setTraceId(ByteString.copyFrom(new byte[16]))
                    .setSpanId(ByteString.copyFrom(new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) id}))
                    .setName("work")
                    .setStartTimeUnixNano(7));
        }
        return ExportTraceServiceRequest.newBuilder()
                .addResourceSpans(
                        ResourceSpans.newBuilder().setSchemaUrl("schema").addScopeSpans(scope))
                .addResourceSpans(ResourceSpans.newBuilder().addScopeSpans(scope))
                .build()
                .toByteArray();
    }

    @Test
    void countsEverySpanAndAddsItsId() {
        final byte[] first = request(1, 2, 3);
        counter.begun();
        counter.add(first, first.length, 10);
        final byte[] second = request(100);
        counter.add(second, second.length, 20);
        final SpanCounter.Count count = counter.count();
        assertEquals(8, count.spans());
        assertEquals(2 * (1 + 2 + 3 + 100), count.ids());
        assertEquals(2, count.requests());
        assertEquals(first.length + second.length, count.bytes());
        assertEquals(30, count.wireBytes());
        assertEquals(count, SpanCounter.Count.parse(count.toString()));
    }

    @Test
    void doesNotCountTruncatedSpans() {
        final byte[] request = request(1, 2, 3);
        assertThrows(IllegalArgumentException.class, () -> counter.add(request, request.length - 1, 0));
        assertEquals(0, counter.count().spans());
    }
}
