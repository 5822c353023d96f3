package io.kraken.tracer.ring;

import com.google.protobuf.ByteString;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.TraceContext;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Model of a span by OpenTelemetry's rules, updated in parallel with the real one and compared field by field. */
public final class ExpectedSpan {

    /** Limits of attributes, events and links, and of the length of values. */
    public record Limits(int attributes, int events, int links, int detailAttributes, int valueLength) {
        public static final Limits DEFAULT = new Limits(128, 128, 128, 128, Integer.MAX_VALUE);
    }

    public static final String STACK_TRACE = "exception.stacktrace";

    private final Limits limits;
    private final Span.Builder span = Span.newBuilder();
    private final Map<String, AnyValue> attributes = new LinkedHashMap<>();
    private final List<Annotation> events = new ArrayList<>();
    private final List<Annotation> links = new ArrayList<>();
    private int droppedAttributes;
    private int droppedEvents;
    private int droppedLinks;
    private StatusCode status = StatusCode.UNSET;
    private String description = "";

    /** An event or a link; a dropped one accepts attributes that do not appear. */
    public final class Annotation {
        final Map<String, AnyValue> attributes = new LinkedHashMap<>();
        String name = "";
        Span.Link link;
        boolean hasStackTrace;
        int dropped;

        Annotation set(String key, AnyValue value) {
            if (attributes.size() < limits.detailAttributes || attributes.containsKey(key)) {
                attributes.put(key, value);
            } else {
                dropped++;
            }
            return this;
        }
    }

    public ExpectedSpan(Limits limits, TraceContext self, TraceContext parent, String name, SpanKind kind) {
        this.limits = limits;
        span.setTraceId(id(self.traceIdHigh(), self.traceIdLow())).setSpanId(id(self.spanId()));
        span.setKindValue(kind.ordinal() + 1);
        name(name);
        if (parent != null && parent.isValid()) {
            span.setParentSpanId(id(parent.spanId()));
        }
    }

    public ExpectedSpan flags(int flags) {
        span.setFlags(flags);
        return this;
    }

    public ExpectedSpan traceState(String state) {
        span.setTraceState(state);
        return this;
    }

    public ByteString id() {
        return span.getSpanId();
    }

    public static ByteString id(long... words) {
        final ByteBuffer bytes = ByteBuffer.allocate(words.length * Long.BYTES);
        for (long word : words) {
            bytes.putLong(word);
        }
        return ByteString.copyFrom(bytes.flip());
    }

    public void name(String name) {
        span.setName(RandomText.decoded(name));
    }

    public void set(String key, AnyValue value) {
        if (attributes.size() < limits.attributes || attributes.containsKey(key)) {
            attributes.put(key, value);
        } else {
            droppedAttributes++;
        }
    }

    public Annotation event(String name) {
        final Annotation event = new Annotation();
        event.name = RandomText.decoded(name);
        if (events.size() < limits.events) {
            events.add(event);
        } else {
            droppedEvents++;
        }
        return event;
    }

    /** Only the presence of the stack trace is checked here; {@code StackTracesTest} checks its text. */
    public Annotation exception(Throwable thrown, boolean withStackTrace) {
        final Annotation event = event("exception");
        event.set("exception.type", string(thrown.getClass().getName()));
        if (thrown.getMessage() != null) {
            event.set("exception.message", string(thrown.getMessage()));
        }
        event.hasStackTrace = withStackTrace;
        return event;
    }

    public Annotation link(TraceContext other, int flags) {
        final Annotation link = new Annotation();
        link.link = Span.Link.newBuilder()
                .setTraceId(id(other.traceIdHigh(), other.traceIdLow()))
                .setSpanId(id(other.spanId()))
                .setFlags(flags)
                .setTraceState(other.traceState())
                .build();
        if (links.size() < limits.links) {
            links.add(link);
        } else {
            droppedLinks++;
        }
        return link;
    }

    public void status(StatusCode code, String text) {
        if (status == StatusCode.OK || code == StatusCode.UNSET) {
            return;
        }
        status = code;
        description = code == StatusCode.ERROR && text != null ? RandomText.decoded(text) : "";
    }

    public AnyValue string(String value) {
        final String cut = RandomText.cut(value, limits.valueLength);
        return AnyValue.newBuilder().setStringValue(RandomText.decoded(cut)).build();
    }

    /** The expected span without times and stack traces, with attributes in a fixed order. */
    public Span expected() {
        final Span.Builder whole = span.clone()
                .setDroppedAttributesCount(droppedAttributes)
                .setDroppedEventsCount(droppedEvents)
                .setDroppedLinksCount(droppedLinks)
                .addAllAttributes(sorted(attributes));
        for (Annotation event : events) {
            whole.addEvents(Span.Event.newBuilder()
                    .setName(event.name)
                    .setDroppedAttributesCount(event.dropped)
                    .addAllAttributes(sorted(event.attributes)));
        }
        for (Annotation link : links) {
            whole.addLinks(link.link.toBuilder()
                    .setDroppedAttributesCount(link.dropped)
                    .addAllAttributes(sorted(link.attributes)));
        }
        if (status != StatusCode.UNSET) {
            whole.setStatus(Status.newBuilder().setCodeValue(status.ordinal()).setMessage(description));
        }
        return whole.build();
    }

    /** Number of stack traces that the exporter must have written. */
    public int stackTraces() {
        int count = 0;
        for (Annotation event : events) {
            count += event.hasStackTrace ? 1 : 0;
        }
        return count;
    }

    private static List<KeyValue> sorted(Map<String, AnyValue> attributes) {
        final List<KeyValue> list = new ArrayList<>();
        attributes.forEach((key, value) -> list.add(KeyValue.newBuilder()
                .setKey(RandomText.decoded(key))
                .setValue(value)
                .build()));
        list.sort(BY_KEY);
        return list;
    }

    private static final Comparator<KeyValue> BY_KEY = Comparator.comparing(KeyValue::getKey);

    /** A decoded span normalised like {@link #expected}: sorted attributes, without times and stack traces. */
    public static Span normal(Span decoded) {
        final Span.Builder normal = decoded.toBuilder()
                .clearStartTimeUnixNano()
                .clearEndTimeUnixNano()
                .clearAttributes()
                .addAllAttributes(sorted(decoded.getAttributesList()));
        for (int i = 0; i < normal.getEventsCount(); i++) {
            final Span.Event.Builder event = normal.getEventsBuilder(i);
            final List<KeyValue> attributes = sorted(event.getAttributesList());
            attributes.removeIf(attribute -> attribute.getKey().equals(STACK_TRACE));
            event.clearTimeUnixNano().clearAttributes().addAllAttributes(attributes);
        }
        for (Span.Link.Builder link : normal.getLinksBuilderList()) {
            final List<KeyValue> attributes = sorted(link.getAttributesList());
            link.clearAttributes().addAllAttributes(attributes);
        }
        return normal.build();
    }

    private static List<KeyValue> sorted(List<KeyValue> attributes) {
        final List<KeyValue> list = new ArrayList<>(attributes);
        list.sort(BY_KEY);
        return list;
    }
}
