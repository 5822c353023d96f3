package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.ring.view.SpanData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Encoder of spans as OTLP/JSON: one {@code TracesData} object on one line, as the Collector's file exporter writes and
 * its receivers read it. Ids are hexadecimal, enums are numbers, 64-bit integers are strings; empty and zero fields are
 * omitted.
 */
public final class OtlpJson {

    private static final char[] DIGITS = "0123456789abcdef".toCharArray();

    private final StringBuilder json;
    /** Whether the next member or item is the first of its object or array. */
    private boolean first = true;

    private OtlpJson(StringBuilder json) {
        this.json = json;
    }

    public static String line(List<SpanData> spans) {
        final StringBuilder json = new StringBuilder(512 * (1 + spans.size()));
        append(json, spans);
        return json.toString();
    }

    /** Appends one line, without a line end. */
    public static void append(StringBuilder json, List<SpanData> spans) {
        final Map<Map<String, String>, List<SpanData>> byResource = new LinkedHashMap<>();
        for (SpanData span : spans) {
            byResource.computeIfAbsent(span.resource(), of -> new ArrayList<>()).add(span);
        }
        final OtlpJson out = new OtlpJson(json);
        out.open('{').key("resourceSpans").open('[');
        byResource.forEach(out::resourceSpans);
        out.close(']').close('}');
    }

    private void resourceSpans(Map<String, String> resource, List<SpanData> spans) {
        item().open('{').key("resource").open('{').attributes(resource).close('}');
        key("scopeSpans").open('[').item().open('{');
        key("scope").open('{').key("name").string(OtlpResource.SCOPE_NAME).close('}');
        key("spans").open('[');
        spans.forEach(this::span);
        close(']').close('}').close(']').close('}');
    }

    private void span(SpanData span) {
        item().open('{').text("traceId", span.traceId()).text("spanId", span.spanId());
        text("traceState", span.traceState())
                .text("parentSpanId", span.parentId())
                .number("flags", span.flags());
        text("name", span.name()).number("kind", span.kind().ordinal() + 1);
        time("startTimeUnixNano", span.startNs()).time("endTimeUnixNano", span.endNs());
        attributes(span.attributes()).number("droppedAttributesCount", span.droppedAttributes());
        if (!span.events().isEmpty()) {
            key("events").open('[');
            span.events().forEach(this::event);
            close(']');
        }
        number("droppedEventsCount", span.droppedEvents());
        if (!span.links().isEmpty()) {
            key("links").open('[');
            span.links().forEach(this::link);
            close(']');
        }
        number("droppedLinksCount", span.droppedLinks());
        key("status").open('{').text("message", span.statusMessage());
        number("code", span.status().ordinal()).close('}').close('}');
    }

    private void event(SpanData.Event event) {
        item().open('{').time("timeUnixNano", event.timeNs()).text("name", event.name());
        attributes(event.attributes()).number("droppedAttributesCount", event.droppedAttributes());
        close('}');
    }

    private void link(SpanData.Link link) {
        item().open('{').text("traceId", link.traceId()).text("spanId", link.spanId());
        text("traceState", link.traceState());
        attributes(link.attributes()).number("droppedAttributesCount", link.droppedAttributes());
        number("flags", link.flags()).close('}');
    }

    private OtlpJson attributes(Map<String, ?> attributes) {
        if (attributes.isEmpty()) {
            return this;
        }
        key("attributes").open('[');
        attributes.forEach((key, value) -> {
            item().open('{').key("key").string(key).key("value");
            value(value);
            close('}');
        });
        return close(']');
    }

    /** Writes an AnyValue; for null, one without a value. */
    private void value(Object value) {
        open('{');
        if (value instanceof String text) {
            key("stringValue").string(text);
        } else if (value instanceof Long number) {
            key("intValue").string(number.toString());
        } else if (value instanceof Double number) {
            real(number);
        } else if (value instanceof Boolean flag) {
            key("boolValue").json.append(flag.booleanValue());
        } else if (value instanceof List<?> items) {
            key("arrayValue").open('{').key("values").open('[');
            for (Object each : items) {
                item().value(each);
            }
            close(']').close('}');
        } else if (value != null) {
            key("stringValue").string(value.toString());
        }
        close('}');
    }

    private void real(double number) {
        key("doubleValue");
        if (Double.isFinite(number)) {
            json.append(number);
        } else {
            string(Double.toString(number)); // protobuf uses the same names as Java: NaN, Infinity, -Infinity
        }
    }

    // --- JSON syntax

    private OtlpJson open(char bracket) {
        json.append(bracket);
        first = true;
        return this;
    }

    private OtlpJson close(char bracket) {
        json.append(bracket);
        first = false;
        return this;
    }

    private OtlpJson item() {
        if (!first) {
            json.append(',');
        }
        first = false;
        return this;
    }

    private OtlpJson key(String key) {
        item().string(key).json.append(':');
        return this;
    }

    private OtlpJson text(String key, String text) {
        return text.isEmpty() ? this : key(key).string(text);
    }

    /** Writes an unsigned 32-bit number. */
    private OtlpJson number(String key, int number) {
        if (number != 0) {
            key(key).json.append(Integer.toUnsignedLong(number));
        }
        return this;
    }

    private OtlpJson time(String key, long epochNs) {
        return key(key).string(Long.toUnsignedString(epochNs));
    }

    /**
     * Writes a string with every character escaped that any convention treats as a line end. An unpaired surrogate,
     * which UTF-8 can't encode, becomes U+FFFD.
     */
    private OtlpJson string(String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || c >= 0x7F && c < 0xA0 || c == '\u2028' || c == '\u2029') {
                escape(c);
            } else if (!Character.isSurrogate(c)) {
                json.append(c);
            } else if (i + 1 < text.length() && Character.isSurrogatePair(c, text.charAt(i + 1))) {
                json.append(c).append(text.charAt(++i));
            } else {
                json.append('\uFFFD');
            }
        }
        json.append('"');
        return this;
    }

    private void escape(char c) {
        json.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            json.append(DIGITS[c >>> shift & 0xF]);
        }
    }
}
