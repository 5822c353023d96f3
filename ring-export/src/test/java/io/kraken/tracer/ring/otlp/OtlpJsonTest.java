package io.kraken.tracer.ring.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.ring.view.SpanData;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.TracesData;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

public class OtlpJsonTest {

    private static final Pattern ID = Pattern.compile("(\"(?:traceId|spanId|parentSpanId)\":\")([0-9a-f]*)\"");

    /**
     * Parses with protobuf's own JSON parser, after converting the ids: OTLP has hexadecimal where protobuf has base64.
     * Nothing else is changed.
     */
    public static TracesData parse(String line) {
        final String base64 = ID.matcher(line)
                .replaceAll(id -> id.group(1)
                        + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(id.group(2)))
                        + '"');
        final TracesData.Builder data = TracesData.newBuilder();
        try {
            JsonFormat.parser().merge(base64, data);
        } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException(line, e);
        }
        return data.build();
    }

    private static SpanData.Builder span(String name) {
        return SpanData.of("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", name)
                .time(1_700_000_000_000_000_001L, -1);
    }

    private static Span roundTrip(SpanData span) {
        return parse(OtlpJson.line(List.of(span)))
                .getResourceSpans(0)
                .getScopeSpans(0)
                .getSpans(0);
    }

    @Test
    void protobufReadsTheSameSpan() {
        final Span read = roundTrip(span("get")
                .parent("00f067aa0ba902b7", 0x301)
                .traceState("kraken=1")
                .kind(SpanKind.CLIENT)
                .attribute("long", Long.MIN_VALUE)
                .attribute("real", 0.1)
                .attribute("yes", true)
                .attribute("list", Arrays.asList("a", null, "c"))
                .event(new SpanData.Event("tried", 5, Map.of("n", 1L), 2))
                .link(new SpanData.Link(
                        "0af7651916cd43dd8448eb211c80319d", "b7ad6b7169203332", "a=1", 1, Map.of("k", "v"), 3))
                .dropped(4, 5, 6)
                .status(StatusCode.ERROR, "wrong")
                .build());
        assertEquals("0af7651916cd43dd8448eb211c80319c", hex(read.getTraceId()));
        assertEquals("b7ad6b7169203331", hex(read.getSpanId()));
        assertEquals("00f067aa0ba902b7", hex(read.getParentSpanId()));
        assertEquals("kraken=1", read.getTraceState());
        assertEquals(0x301, read.getFlags());
        assertEquals(Span.SpanKind.SPAN_KIND_CLIENT, read.getKind());
        assertEquals(1_700_000_000_000_000_001L, read.getStartTimeUnixNano());
        assertEquals(-1, read.getEndTimeUnixNano());
        assertEquals(
                List.of(4, 5, 6),
                List.of(read.getDroppedAttributesCount(), read.getDroppedEventsCount(), read.getDroppedLinksCount()));
        assertEquals(2, read.getStatus().getCodeValue());
        assertEquals("wrong", read.getStatus().getMessage());
        assertEquals(Long.MIN_VALUE, value(read, "long").getIntValue());
        assertEquals(0.1, value(read, "real").getDoubleValue());
        assertTrue(value(read, "yes").getBoolValue());
        final List<AnyValue> list = value(read, "list").getArrayValue().getValuesList();
        assertEquals(
                List.of("a", "", "c"),
                list.stream().map(AnyValue::getStringValue).toList());
        assertFalse(list.get(1).hasStringValue());
        assertEquals("a=1", read.getLinks(0).getTraceState());
        assertEquals("tried", read.getEvents(0).getName());
        assertEquals(2, read.getEvents(0).getDroppedAttributesCount());
        assertEquals("b7ad6b7169203332", hex(read.getLinks(0).getSpanId()));
        assertEquals(3, read.getLinks(0).getDroppedAttributesCount());
    }

    @Test
    void keepsEveryTextOnOneLineAndIntact() {
        final StringBuilder all = new StringBuilder();
        for (char c = 0; c < 0x2100; c++) {
            all.append(c);
        }
        all.append("\ud83d\udc19");
        final String line = OtlpJson.line(List.of(span(all.toString()).build()));
        assertEquals(1, line.lines().count());
        assertFalse(line.contains("\u2028") || line.contains("\u0085"));
        assertEquals(
                all.toString(),
                parse(line).getResourceSpans(0).getScopeSpans(0).getSpans(0).getName());
    }

    @Test
    void replacesUnpairedSurrogate() {
        assertEquals("a\ufffdb\ufffd", roundTrip(span("a\ud83db\udc19").build()).getName());
        assertEquals("\ufffd", roundTrip(span("\ud83d").build()).getName());
    }

    @Test
    void encodesNonFiniteNumbersAsNames() {
        final Span read = roundTrip(span("s")
                .attribute("nan", Double.NaN)
                .attribute("up", Double.POSITIVE_INFINITY)
                .attribute("down", List.of(Double.NEGATIVE_INFINITY, Double.MIN_VALUE))
                .build());
        assertTrue(Double.isNaN(value(read, "nan").getDoubleValue()));
        assertEquals(Double.POSITIVE_INFINITY, value(read, "up").getDoubleValue());
        assertEquals(
                List.of(Double.NEGATIVE_INFINITY, Double.MIN_VALUE),
                value(read, "down").getArrayValue().getValuesList().stream()
                        .map(AnyValue::getDoubleValue)
                        .toList());
    }

    @Test
    void smallestSpanMatchesTheSpecification() {
        assertEquals(
                """
                {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"rig"}}]},\
                "scopeSpans":[{"scope":{"name":"io.kraken.tracer"},"spans":[\
                {"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"s","kind":1,\
                "startTimeUnixNano":"1700000000000000001","endTimeUnixNano":"18446744073709551615",\
                "status":{}}]}]}]}""",
                OtlpJson.line(List.of(
                        span("s").resource(Map.of("service.name", "rig")).build())));
    }

    @Test
    void separatesSpansOfDifferentProcesses() {
        final SpanData one = span("one").resource(Map.of("service.name", "a")).build();
        final SpanData two = span("two").resource(Map.of("service.name", "b")).build();
        final TracesData data = parse(OtlpJson.line(List.of(one, two, one)));
        assertEquals(2, data.getResourceSpansCount());
        assertEquals(2, data.getResourceSpans(0).getScopeSpans(0).getSpansCount());
    }

    private static AnyValue value(Span span, String key) {
        return span.getAttributesList().stream()
                .filter(attribute -> attribute.getKey().equals(key))
                .map(KeyValue::getValue)
                .findFirst()
                .orElseThrow();
    }

    private static String hex(com.google.protobuf.ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }
}
