package io.kraken.tracer.ring.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.Batch;
import io.kraken.tracer.ring.DocumentSink;
import io.kraken.tracer.ring.Harness;
import io.kraken.tracer.ring.RandomDocuments;
import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.SpanDecoder;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that spans which went through documents are equal to spans encoded directly. */
class DocumentsTest {

    @ParameterizedTest(name = "seed {0}, records of {1} bytes")
    @CsvSource({"1, 256", "2, 256", "3, 128", "4, 512", "5, 4096"})
    void spansThroughDocumentsEqualDirectlyEncodedOnes(long seed, int recordLength) {
        final SplittableRandom random = new SplittableRandom(seed);
        final Harness<DocumentSink> rig = RandomDocuments.harness(recordLength);
        for (int round = 0; round < 60; round++) {
            RandomDocuments.spans(rig, random, random.nextInt(1, 100));
            rig.sweep();
        }
        final Ledger ledger = rig.close();
        rig.sink.assertSound();
        assertEquals(ledger.started(), ledger.shipped(), ledger::toString);
        assertEquals(0, rig.sink.poison);
        assertEquals(rig.sink.direct.size(), rig.sink.queued.size());
        for (int i = 0; i < rig.sink.direct.size(); i++) {
            assertEquals(rig.sink.direct.get(i), rig.sink.queued.get(i), "seed " + seed + ", span " + i);
        }
        final ResourceSpans direct = rig.sink.directRequests.get(0).getResourceSpans(0);
        for (ExportTraceServiceRequest request : rig.sink.queuedRequests) {
            assertEquals(direct.getResource(), request.getResourceSpans(0).getResource());
            assertEquals(
                    direct.getScopeSpans(0).getScope(),
                    request.getResourceSpans(0).getScopeSpans(0).getScope());
        }
        for (byte[] document : rig.sink.documents) {
            assertTrue(document.length <= BatchLayout.MAX_LENGTH);
        }
    }

    @Test
    void omitsMalformedRecordAndKeepsOthers() {
        final Harness<DocumentSink> rig = RandomDocuments.harness(256);
        rig.spans(5);
        final int third = rig.tracer.file().layout().recordOffset(2);
        rig.tracer.file().buffer().putLong(third + RecordLayout.SPAN_ID_OFFSET, 0);
        rig.sweep();
        rig.sink.assertSound();
        assertEquals(4, rig.sink.queued.size());
        assertEquals(rig.sink.direct, rig.sink.queued);
        final BatchReader reader = new BatchReader();
        assertTrue(reader.wrap(ByteBuffer.wrap(rig.sink.documents.get(0)), 0, rig.sink.documents.get(0).length));
        assertEquals(4, reader.count());
        assertEquals(1, reader.leftOut());
        assertEquals(0, reader.earlier());
        assertEquals(3, reader.place(2), "the third record was omitted");
        assertEquals(2, rig.count(Counter.POISON), "the document's writer and the encoder have counted it");
        rig.tracer.close(java.time.Duration.ofSeconds(1));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {21, 22, 23})
    void bothWaysAcceptTheSameRecordsOfDamagedBatch(long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final Harness<DocumentSink> rig = RandomDocuments.harness(256);
        rig.sink.before = batch -> {
            for (int record = 0; record < batch.count(); record++) {
                if (random.nextInt(6) == 0) {
                    damage(batch, record, random);
                }
            }
        };
        for (int round = 0; round < 700; round++) {
            RandomDocuments.spans(rig, random, random.nextInt(1, 12));
            rig.sweep();
            rig.sink.assertSound();
            assertEquals(rig.sink.direct, rig.sink.queued, "seed " + seed + ", round " + round);
            rig.sink.direct.clear();
            rig.sink.queued.clear();
        }
        assertTrue(rig.count(Counter.POISON) > 200, "enough of them were beyond repair");
        rig.tracer.close(java.time.Duration.ofSeconds(1));
    }

    /** Changes bytes anywhere after the words that identify the record, its length included. */
    private static void damage(Batch batch, int record, SplittableRandom random) {
        final int base = batch.offset(record);
        final int end = batch.endOffset(record);
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            final int at = random.nextInt(base + RecordLayout.TRACE_ID_HIGH_OFFSET, end);
            final byte value = (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(24));
            batch.buffer(record).put(at, value);
        }
        if (random.nextInt(5) == 0) {
            final int length = random.nextInt(-1, 3 * (end - base));
            batch.buffer(record).putShort(base + RecordLayout.LENGTH_OFFSET, (short) length);
        }
    }

    @Test
    void readerReportsWriterAndTime() {
        final Harness<DocumentSink> rig = RandomDocuments.harness(256);
        rig.spans(3);
        rig.sweep();
        final byte[] bytes = rig.sink.documents.get(0);
        final BatchReader reader = new BatchReader();
        assertTrue(reader.wrap(ByteBuffer.wrap(bytes), 0, bytes.length));
        assertEquals(rig.config.resource(), reader.resource());
        assertEquals(rig.tracer.file().incarnationHigh(), reader.incarnationHigh());
        assertEquals(rig.tracer.file().incarnationLow(), reader.incarnationLow());
        assertEquals(bytes.length, reader.length());
        assertEquals(
                rig.sink.direct.stream()
                        .mapToLong(span -> span.getEndTimeUnixNano())
                        .max()
                        .getAsLong(),
                reader.latestEndNs());
        assertEquals(1, reader.symbols(), "three spans of one name");
        assertEquals(Harness.WORK.toString(), new String(reader.symbol(1), java.nio.charset.StandardCharsets.UTF_8));
        assertEquals(null, reader.symbol(0));
        assertEquals(null, reader.symbol(2));
        assertEquals(null, reader.symbol(-1));
        rig.close();
    }

    @Test
    void decoderReadsTheSameFromDocumentAndBatch() {
        final List<SpanData> fromBatch = new ArrayList<>();
        final List<SpanData> fromDocuments = new ArrayList<>();
        final SplittableRandom random = new SplittableRandom(6);
        final Harness<DocumentSink> rig = RandomDocuments.harness(256);
        rig.sink.before = batch -> fromBatch.addAll(new SpanDecoder(
                        rig.sink.environment.file(),
                        rig.sink.environment.config().resource())
                .decode(batch, 0));
        for (int round = 0; round < 20; round++) {
            RandomDocuments.spans(rig, random, 20);
            rig.sweep();
        }
        rig.close();
        rig.sink.assertSound();
        final BatchReader reader = new BatchReader();
        for (byte[] bytes : rig.sink.documents) {
            assertTrue(reader.wrap(ByteBuffer.wrap(bytes), 0, bytes.length));
            fromDocuments.addAll(SpanDecoder.decode(reader));
        }
        assertEquals(400, fromDocuments.size());
        assertEquals(OtlpJson.line(fromBatch), OtlpJson.line(fromDocuments));
    }

    @Test
    void encodesSelectedRecordsOfSeveralDocumentsInOneRequest() throws Exception {
        final List<byte[]> documents = RandomDocuments.of(7, 12);
        final BatchReader reader = new BatchReader();
        final DocumentEncoder encoder = new DocumentEncoder();
        final ByteBuffer out = encoder.newBuffer(4 << 20);
        final Set<String> chosen = new HashSet<>();
        encoder.begin(out);
        for (byte[] bytes : documents) {
            assertTrue(reader.wrap(ByteBuffer.wrap(bytes), 0, bytes.length));
            for (int record = 0; record < reader.count(); record += 2) {
                chosen.add(Long.toHexString(RecordLayout.spanId(reader.buffer(), reader.offset(record))));
            }
            assertEquals(0, encoder.add(reader, 0x5555_5555_5555_5555L));
        }
        assertEquals(chosen.size(), encoder.finish());
        final Set<String> arrived = new HashSet<>();
        ExportTraceServiceRequest.parseFrom(com.google.protobuf.ByteString.copyFrom(out))
                .getResourceSpans(0)
                .getScopeSpans(0)
                .getSpansList()
                .forEach(span -> arrived.add(
                        Long.toHexString(span.getSpanId().asReadOnlyByteBuffer().getLong())));
        assertEquals(chosen, arrived);
        encoder.begin(out);
        assertEquals(0, encoder.add(reader, 0));
        assertEquals(0, encoder.finish());
    }

    @Test
    void recordsThatDoNotFitGoIntoTheNextRequest() throws Exception {
        final List<byte[]> documents = RandomDocuments.of(8, 90);
        final BatchReader reader = new BatchReader();
        final DocumentEncoder encoder = new DocumentEncoder();
        final ByteBuffer out = encoder.newBuffer(128 << 10);
        final List<Long> arrived = new ArrayList<>();
        int requests = 1;
        int records = 0;
        encoder.begin(out);
        for (byte[] bytes : documents) {
            assertTrue(reader.wrap(ByteBuffer.wrap(bytes), 0, bytes.length));
            records += reader.count();
            long left = -1L >>> Long.SIZE - reader.count();
            while ((left = encoder.add(reader, left)) != 0) {
                collect(encoder, out, arrived);
                encoder.begin(out);
                requests++;
            }
            records -= Long.bitCount(encoder.tooLarge());
        }
        collect(encoder, out, arrived);
        assertTrue(requests > 2, "the test needs several requests");
        assertEquals(records, arrived.size());
        assertEquals(records, new HashSet<>(arrived).size());
    }

    private static void collect(DocumentEncoder encoder, ByteBuffer out, List<Long> arrived) throws Exception {
        if (encoder.finish() > 0) {
            ExportTraceServiceRequest.parseFrom(com.google.protobuf.ByteString.copyFrom(out))
                    .getResourceSpans(0)
                    .getScopeSpans(0)
                    .getSpansList()
                    .forEach(span ->
                            arrived.add(span.getSpanId().asReadOnlyByteBuffer().getLong()));
        }
    }

    @Test
    void documentsOfTwoProcessesDoNotShareARequest() {
        final BatchReader reader = new BatchReader();
        final DocumentEncoder encoder = new DocumentEncoder();
        final ByteBuffer out = encoder.newBuffer(1 << 20);
        final byte[] bytes = RandomDocuments.of(9, 1).get(0);
        final Harness<DocumentSink> other = Harness.driven(Harness.config().serviceName("other"), DocumentSink::new);
        other.spans(2);
        other.sweep();
        final byte[] foreign = other.sink.documents.get(0);
        other.close();
        encoder.begin(out);
        assertTrue(reader.wrap(ByteBuffer.wrap(bytes), 0, bytes.length));
        assertEquals(0, encoder.add(reader, 1));
        assertTrue(reader.wrap(ByteBuffer.wrap(foreign), 0, foreign.length));
        assertEquals(3, encoder.add(reader, -1));
        assertEquals(1, encoder.finish());
        encoder.begin(out);
        assertEquals(0, encoder.add(reader, -1));
        assertEquals(2, encoder.finish());
    }
}
