package io.kraken.tracer.bridge;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * A span as returned by SkyWalking's Zipkin API: times in microseconds, attributes as tags, events as annotations.
 * {@link #of} converts a span that was sent to the expected one.
 */
record ZipkinSpan(
        String traceId,
        String id,
        String parentId,
        String kind,
        String name,
        String service,
        long startUs,
        long durationUs,
        Map<String, String> tags,
        Map<Long, Annotation> annotations) {

    /** An event; without attributes only its name. */
    record Annotation(String name, Map<String, String> attributes, String dropped) {

        /** {@code name|{"key":"value"}|dropped} */
        static Annotation read(String text) {
            final int first = text.indexOf('|');
            final int last = text.lastIndexOf('|');
            if (first == last) {
                return new Annotation(text, Map.of(), "");
            }
            return new Annotation(
                    text.substring(0, first), texts(json(text.substring(first + 1, last))), text.substring(last + 1));
        }

        static Annotation of(Span.Event event) {
            final int dropped = event.getDroppedAttributesCount();
            return event.getAttributesCount() == 0 && dropped == 0
                    ? new Annotation(event.getName(), Map.of(), "")
                    : new Annotation(event.getName(), texts(event.getAttributesList()), String.valueOf(dropped));
        }
    }

    /** The spans of a trace, from JSON. */
    static List<ZipkinSpan> read(String trace) {
        final List<ZipkinSpan> spans = new ArrayList<>();
        for (Object span : (List<?>) json(trace)) {
            spans.add(read((Map<?, ?>) span));
        }
        return spans;
    }

    private static ZipkinSpan read(Map<?, ?> span) {
        final Map<Long, Annotation> annotations = new TreeMap<>();
        if (span.get("annotations") instanceof List<?> list) {
            for (Object annotation : list) {
                final Map<?, ?> fields = (Map<?, ?>) annotation;
                annotations.put(number(fields.get("timestamp")), Annotation.read(text(fields.get("value"))));
            }
        }
        return new ZipkinSpan(
                text(span.get("traceId")),
                text(span.get("id")),
                text(span.get("parentId")),
                text(span.get("kind")),
                text(span.get("name")),
                text(((Map<?, ?>) span.get("localEndpoint")).get("serviceName")),
                number(span.get("timestamp")),
                number(span.get("duration")),
                texts(span.get("tags")),
                annotations);
    }

    /** JSON is YAML. */
    private static Object json(String text) {
        return new Load(LoadSettings.builder().build()).loadFromString(text);
    }

    private static String text(Object value) {
        return value == null ? "" : value.toString();
    }

    private static long number(Object value) {
        return value == null ? 0 : ((Number) value).longValue();
    }

    private static Map<String, String> texts(Object map) {
        final Map<String, String> texts = new TreeMap<>();
        ((Map<?, ?>) map).forEach((key, value) -> texts.put(text(key), text(value)));
        return texts;
    }

    /** The expected form of a span that was sent. */
    static ZipkinSpan of(Resource resource, InstrumentationScope scope, Span span) {
        final long startUs = micros(span.getStartTimeUnixNano());
        final Map<String, String> process = texts(resource.getAttributesList());
        final Map<Long, Annotation> annotations = new TreeMap<>();
        for (Span.Event event : span.getEventsList()) {
            annotations.put(micros(event.getTimeUnixNano()), Annotation.of(event));
        }
        return new ZipkinSpan(
                hex(span.getTraceId()),
                hex(span.getSpanId()),
                hex(span.getParentSpanId()),
                span.getKind() == Span.SpanKind.SPAN_KIND_INTERNAL ? "" : kind(span),
                span.getName().toLowerCase(Locale.ROOT),
                process.get("service.name").toLowerCase(Locale.ROOT),
                startUs,
                micros(span.getEndTimeUnixNano()) - startUs,
                tags(process, scope, span),
                annotations);
    }

    private static String kind(Span span) {
        return span.getKind().name().substring("SPAN_KIND_".length());
    }

    private static Map<String, String> tags(Map<String, String> process, InstrumentationScope scope, Span span) {
        final Map<String, String> tags = new TreeMap<>(process);
        tags.put("otel.library.name", scope.getName());
        tags.put("otel.library.version", scope.getVersion());
        tags.values().removeIf(String::isEmpty);
        tags.putAll(texts(span.getAttributesList()));
        tags.put("w3c.tracestate", span.getTraceState());
        if (span.getKind() == Span.SpanKind.SPAN_KIND_INTERNAL) {
            tags.put("span.kind", "internal");
        }
        final Status.StatusCode status = span.getStatus().getCode();
        if (status == Status.StatusCode.STATUS_CODE_ERROR) {
            tags.put("error", "true");
        }
        if (status != Status.StatusCode.STATUS_CODE_UNSET) {
            tags.put("otel.status_code", status.name());
        }
        if (!span.getStatus().getMessage().isEmpty()) {
            tags.put("otel.status_description", span.getStatus().getMessage());
        }
        for (int i = 0; i < span.getLinksCount(); i++) {
            tags.put("otlp.link." + i, link(span.getLinks(i)));
        }
        return tags;
    }

    /** Ids in decimal, as written by SkyWalking. */
    private static String link(Span.Link link) {
        return decimal(link.getTraceId()) + '|' + decimal(link.getSpanId()) + '|' + link.getTraceState() + "|{}|"
                + link.getDroppedAttributesCount();
    }

    private static String decimal(ByteString id) {
        return new BigInteger(1, id.toByteArray()).toString();
    }

    private static String hex(ByteString id) {
        return HexFormat.of().formatHex(id.toByteArray());
    }

    private static long micros(long ns) {
        return TimeUnit.NANOSECONDS.toMicros(ns);
    }

    private static Map<String, String> texts(List<KeyValue> attributes) {
        final Map<String, String> texts = new TreeMap<>();
        for (KeyValue attribute : attributes) {
            texts.put(attribute.getKey(), text(attribute.getValue()));
        }
        return texts;
    }

    private static String text(AnyValue value) {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> value.getStringValue();
            case BOOL_VALUE -> String.valueOf(value.getBoolValue());
            case INT_VALUE -> String.valueOf(value.getIntValue());
            case DOUBLE_VALUE -> String.valueOf(value.getDoubleValue());
            default -> throw new AssertionError("the demo has no such values: " + value.getValueCase());
        };
    }
}
