package io.kraken.tracer.bridge.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.Waiting;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.Outcome.Verdict;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import io.kraken.tracer.ring.otlp.Transport;
import io.kraken.tracer.ring.queue.BatchReader;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the behaviour that all destinations have in common. */
abstract class DestinationContract {

    static final int REQUEST_BYTES = 256 << 10;
    static final long TIMEOUT_NS = 20_000_000_000L;

    private static final Outcome ALL_WELL = new Outcome(Verdict.TAKEN, 0, 0, "", "");

    @TempDir
    Path directory;

    Destination destination;

    /** A working destination. */
    abstract Destination open() throws IOException;

    /** The spans that have arrived, decoded by an independent library. */
    abstract List<ResourceSpans> arrived() throws IOException;

    /** Makes the receiver unavailable. */
    abstract void breakDown() throws IOException;

    abstract void repair() throws IOException;

    @BeforeEach
    void begin() throws IOException {
        destination = open();
    }

    @AfterEach
    void end() {
        destination.close();
    }

    Outcome send(int spans) {
        return Waiting.outcome(
                destination.transport().send(SampleDocuments.request(destination, SampleDocuments.of(spans, 10))));
    }

    private List<Span> spans() throws IOException {
        return arrived().stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
    }

    private List<Long> numbers() throws IOException {
        return spans().stream()
                .map(span -> span.getAttributes(0).getValue().getIntValue())
                .sorted()
                .toList();
    }

    private static List<Long> upTo(int count) {
        return LongStream.range(0, count).boxed().toList();
    }

    @Test
    void deliversAllSpans() throws IOException {
        assertEquals(ALL_WELL, send(40));
        assertEquals(upTo(40), numbers());
        final Span span = spans().get(0);
        assertEquals("sample", span.getName());
        assertEquals("é".repeat(10), span.getAttributes(1).getValue().getStringValue());
        assertEquals("tried", span.getEvents(0).getName());
        assertTrue(arrived().get(0).getResource().toString().contains("service.name"));
    }

    @Test
    void sendsOnlyTheChosenRecords() throws IOException {
        final RequestEncoder encoder = destination.encoder();
        final ByteBuffer request = encoder.newBuffer(REQUEST_BYTES);
        encoder.begin(request);
        final BatchReader reader = SampleDocuments.read(SampleDocuments.of(10, 5));
        assertEquals(0, encoder.add(reader, 0b10_0100_0001));
        assertEquals(0, encoder.add(reader, 0b1000 | 1L << 40));
        assertEquals(4, encoder.finish());
        assertEquals(0, encoder.malformed() | encoder.tooLarge());
        assertEquals(ALL_WELL, Waiting.outcome(destination.transport().send(request)));
        assertEquals(List.of(0L, 3L, 6L, 9L), numbers());
    }

    @Test
    void splitsSpansOverSeveralRequests() throws IOException {
        final BatchReader reader = SampleDocuments.read(SampleDocuments.of(50, 1500));
        final RequestEncoder encoder = destination.encoder();
        final ByteBuffer request = encoder.newBuffer(40_000);
        int requests = 0;
        for (long left = (1L << 50) - 1; left != 0; requests++) {
            encoder.begin(request);
            final long before = left;
            left = encoder.add(reader, left);
            assertEquals(0, left & ~before, "only requested records");
            assertEquals(Long.bitCount(before) - Long.bitCount(left), encoder.finish());
            assertEquals(0, encoder.malformed() | encoder.tooLarge());
            assertEquals(ALL_WELL, Waiting.outcome(destination.transport().send(request)));
        }
        assertTrue(requests > 3, requests + " requests");
        assertEquals(upTo(50), numbers());
    }

    @Test
    void reportsARecordThatIsTooLarge() throws IOException {
        final BatchReader reader = SampleDocuments.read(SampleDocuments.of(3, 3000));
        final RequestEncoder encoder = destination.encoder();
        encoder.begin(encoder.newBuffer(2000));
        assertEquals(0, encoder.add(reader, 0b101));
        assertEquals(0b101, encoder.tooLarge());
        assertEquals(0, encoder.malformed());
        assertEquals(0, encoder.finish());
    }

    @Test
    void allowsReuseOfTheBufferAtRest() throws IOException {
        final ByteBuffer request = SampleDocuments.request(destination, SampleDocuments.of(40, 100));
        assertEquals(ALL_WELL, Waiting.outcome(destination.transport().send(request)));
        final ByteBuffer again = request.duplicate();
        while (again.hasRemaining()) {
            again.put((byte) 0xFF);
        }
        assertEquals(upTo(40), numbers());
    }

    @Test
    void leavesTheBufferUnchangedForRetries() throws IOException {
        final ByteBuffer request = SampleDocuments.request(destination, SampleDocuments.of(3, 100));
        final int length = request.remaining();
        for (int i = 0; i < 3; i++) {
            assertEquals(ALL_WELL, Waiting.outcome(destination.transport().send(request)));
            assertEquals(length, request.remaining());
        }
        assertEquals(9, spans().size());
    }

    @Test
    void sendsTheConfiguredNumberOfRequestsAtOnce() throws IOException {
        final List<Transport.Exchange> exchanges = IntStream.range(0, 2)
                .mapToObj(i ->
                        destination.transport().send(SampleDocuments.request(destination, SampleDocuments.of(1, 10))))
                .toList();
        exchanges.forEach(exchange -> assertEquals(ALL_WELL, Waiting.outcome(exchange)));
        assertEquals(2, spans().size());
    }

    @Test
    void retriesWhileDownAndDeliversOnceUp() throws IOException {
        assertEquals(ALL_WELL, send(1));
        breakDown();
        final Outcome outcome = send(1);
        assertEquals(Verdict.RETRY, outcome.verdict());
        assertFalse(outcome.reason().isEmpty());
        assertEquals(outcome.reason(), send(1).reason(), "the same reason for the same cause");
        assertEquals(1, outcome.message().lines().count());
        repair();
        Waiting.until("spans are taken again", () -> send(2).equals(ALL_WELL));
        assertTrue(spans().size() >= 3, spans().size() + " spans");
    }

    @Test
    void canBeClosedTwice() {
        destination.close();
        destination.close();
    }
}
