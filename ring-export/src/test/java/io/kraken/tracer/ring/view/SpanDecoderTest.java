package io.kraken.tracer.ring.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kraken.tracer.Key;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.ring.Batch;
import io.kraken.tracer.ring.BatchSink;
import io.kraken.tracer.ring.Rig;
import io.kraken.tracer.ring.RingExport;
import io.kraken.tracer.ring.otlp.OtlpEncoder;
import io.kraken.tracer.ring.otlp.OtlpJson;
import io.kraken.tracer.ring.otlp.OtlpJsonTest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.TracesData;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SpanDecoderTest {

    private static final Key.LongsKey LONGS = Key.ofLongs("longs");
    private static final Key.DoublesKey DOUBLES = Key.ofDoubles("doubles");
    private static final Key.BooleansKey BOOLEANS = Key.ofBooleans("booleans");
    private static final Key.StringsKey STRINGS = Key.ofStrings("strings");

    private static final Map<String, String> CALLER =
            Map.of("traceparent", "00-00000000000000010000000000000002-0000000000000003-01", "tracestate", "a=1,b=2");

    /** Records one span with all features, one without any, and one with a name and keys too long for symbols. */
    private static void record(Tracer tracer) {
        final RemoteContext remote = tracer.propagation().extract(CALLER, HeaderGetter.ofMap(), new RemoteContext());
        try (Span span = tracer.start(Rig.OUTER, SpanKind.PRODUCER, remote)) {
            span.set(LONGS, new long[] {1, -2})
                    .set(DOUBLES, new double[] {0.5})
                    .set(BOOLEANS, new boolean[] {true, false});
            span.set(STRINGS, new String[] {"a", null, ""})
                    .set(Rig.NUMBER, 1)
                    .set("late", true)
                    .set(Rig.NUMBER, 2);
            span.event("e1").set(Rig.NUMBER, 5).set(Rig.NUMBER, 6);
            span.exception(new IllegalStateException("boom"));
            span.link(remote).set(Rig.TEXT, "linked");
            span.error("wrong");
            tracer.start(Rig.INNER).end();
        }
        tracer.start("n".repeat(300), SpanKind.INTERNAL)
                .set("k".repeat(300), 1.5)
                .end();
    }

    @Test
    void decodesSpanWithAllFeatures() {
        final List<SpanData> spans = Rig.decoded(SpanDecoderTest::record);
        assertEquals(3, spans.size());
        final SpanData span = spans.get(0);
        assertEquals("00000000000000010000000000000002", span.traceId());
        assertEquals("0000000000000003", span.parentId());
        assertEquals("a=1,b=2", span.traceState());
        assertEquals("a=1,b=2", spans.get(1).traceState());
        assertEquals("", spans.get(2).traceState());
        assertTrue(span.isLocalRoot());
        assertEquals(0x301, span.flags());
        assertEquals(SpanKind.PRODUCER, span.kind());
        assertEquals(StatusCode.ERROR, span.status());
        assertEquals("wrong", span.statusMessage());
        assertEquals("rig", span.serviceName());
        assertEquals(
                "{longs=[1, -2], doubles=[0.5], booleans=[true, false], strings=[a, null, ], late=true, number=2}",
                span.attributes().toString());
        assertEquals(
                List.of("e1", "exception"),
                span.events().stream().map(SpanData.Event::name).toList());
        assertEquals("{number=6}", span.events().get(0).attributes().toString());
        assertEquals("{text=linked}", span.links().get(0).attributes().toString());
        assertEquals("a=1,b=2", span.links().get(0).traceState());
        assertTrue(span.endNs() >= span.startNs() && span.startNs() > 1_600_000_000_000_000_000L);
        assertEquals(span.spanId(), spans.get(1).parentId());
        assertEquals("n".repeat(300), spans.get(2).name());
        assertEquals("{" + "k".repeat(300) + "=1.5}", spans.get(2).attributes().toString());
    }

    /** Runs both readers of a batch on the same bytes: unchanged, and with random changes. */
    @Test
    void decoderAndEncoderAgreeOnAnyBytes() {
        final Comparing comparing = new Comparing();
        try (Rig rig = Rig.of(comparing::with)) {
            for (int i = 0; i < 10_000; i++) {
                record(rig.tracer);
                rig.doWork();
            }
        }
        assertTrue(comparing.refused > 1_000, "too few records were refused: " + comparing.refused);
        assertTrue(comparing.accepted > 1_000);
    }

    private static final class Comparing implements BatchSink {
        private final Random random = new Random(42);
        private RingExport.Environment environment;
        private OtlpEncoder encoder;
        private SpanDecoder decoder;
        private ByteBuffer out;
        private int accepted;
        private int refused;

        Comparing with(RingExport.Environment given) {
            environment = given;
            encoder = new OtlpEncoder(given.file(), given.config().resource());
            decoder = new SpanDecoder(given.file(), given.config().resource());
            out = encoder.newBuffer(1 << 20);
            return this;
        }

        @Override
        public boolean keepsUnsampled() {
            return true;
        }

        @Override
        public void offer(Batch batch, long nowNs) {
            for (int record = 0; record < batch.count() && accepted > 0; record++) {
                spoil(batch, record);
            }
            final int given = batch.count();
            final byte[] before = bytes(batch);
            final List<SpanData> decoded = decoder.decode(batch, 0);
            final int encoded = encoder.encode(batch, out);
            assertEquals(encoded, decoded.size(), () -> Arrays.toString(before));
            assertEquals(0, batch.count());
            if (encoded > 0) {
                compare(decoded);
            }
            accepted += encoded;
            refused += given - encoded;
            environment.file().counters().add(Counter.SHIPPED, encoded);
            environment.file().counters().add(Counter.POISON, encoded - given); // both readers have counted them
        }

        private void spoil(Batch batch, int record) {
            final int base = batch.offset(record);
            for (int changes = random.nextInt(3); changes > 0; changes--) {
                final int at = Long.BYTES + random.nextInt(batch.endOffset(record) - base - Long.BYTES);
                if (at < RecordLayout.LENGTH_OFFSET || at >= RecordLayout.LENGTH_OFFSET + Short.BYTES) {
                    final byte value = (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(24));
                    batch.buffer(record).put(base + at, value);
                }
            }
        }

        /** Compares the encoder's protobuf with the decoder's JSON, using protobuf's classes. */
        private void compare(List<SpanData> decoded) {
            final List<io.opentelemetry.proto.trace.v1.Span> fromBytes = new ArrayList<>();
            try {
                spans(ExportTraceServiceRequest.parseFrom(out.duplicate()).getResourceSpansList(), fromBytes);
            } catch (InvalidProtocolBufferException e) {
                throw new AssertionError("the request can't be decoded", e);
            }
            final TracesData data = OtlpJsonTest.parse(OtlpJson.line(decoded));
            final List<io.opentelemetry.proto.trace.v1.Span> fromJson = new ArrayList<>();
            spans(data.getResourceSpansList(), fromJson);
            for (int i = 0; i < fromBytes.size(); i++) {
                assertEquals(normal(fromBytes.get(i)), normal(fromJson.get(i)));
            }
        }

        private static void spans(List<ResourceSpans> resources, List<io.opentelemetry.proto.trace.v1.Span> into) {
            resources.forEach(resource -> into.addAll(resource.getScopeSpans(0).getSpansList()));
        }

        /**
         * Normalises differences: an unspecified kind is decoded as INTERNAL, and protobuf's JSON reader loses the sign
         * of zero.
         */
        private static String normal(io.opentelemetry.proto.trace.v1.Span span) {
            final var normal = span.toBuilder();
            if (normal.getKindValue() == 0) {
                normal.setKindValue(1);
            }
            if (normal.getStatus().equals(io.opentelemetry.proto.trace.v1.Status.getDefaultInstance())) {
                normal.clearStatus();
            }
            return normal.build().toString().replace("-0.0", "0.0");
        }

        private static byte[] bytes(Batch batch) {
            final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (int record = 0; record < batch.count(); record++) {
                final byte[] one = new byte[batch.endOffset(record) - batch.offset(record)];
                batch.buffer(record).get(batch.offset(record), one);
                bytes.writeBytes(one);
            }
            return bytes.toByteArray();
        }

        @Override
        public String describe() {
            return "compares";
        }
    }
}
