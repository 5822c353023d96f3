package io.kraken.tracer.ring.view;

import io.kraken.tracer.SpanKind;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.file.RecordLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An immutable copy of an ended span for readers that may allocate: consoles, files, command-line tools, tests. Ids are
 * lower-case hexadecimal; a missing one is an empty string. Attribute values are String, Long, Double, Boolean, or a
 * List of one of these types, which may contain null.
 */
public final class SpanData {

    private final String traceId;
    private final String spanId;
    private final String parentId;
    private final String traceState;
    private final int flags;
    private final String name;
    private final SpanKind kind;
    private final long startNs;
    private final long endNs;
    private final Map<String, Object> attributes;
    private final int droppedAttributes;
    private final List<Event> events;
    private final int droppedEvents;
    private final List<Link> links;
    private final int droppedLinks;
    private final StatusCode status;
    private final String statusMessage;
    private final Map<String, String> resource;

    /** An event at a point in time of the span. */
    public record Event(String name, long timeNs, Map<String, Object> attributes, int droppedAttributes) {
        public Event {
            attributes = copyOf(attributes);
        }
    }

    /** A link to another span. */
    public record Link(
            String traceId,
            String spanId,
            String traceState,
            int flags,
            Map<String, Object> attributes,
            int droppedAttributes) {
        public Link {
            attributes = copyOf(attributes);
        }
    }

    private SpanData(Builder from) {
        traceId = from.traceId;
        spanId = from.spanId;
        parentId = from.parentId;
        traceState = from.traceState;
        flags = from.flags;
        name = from.name;
        kind = from.kind;
        startNs = from.startNs;
        endNs = from.endNs;
        attributes = copyOf(from.attributes);
        droppedAttributes = from.droppedAttributes;
        events = List.copyOf(from.events);
        droppedEvents = from.droppedEvents;
        links = List.copyOf(from.links);
        droppedLinks = from.droppedLinks;
        status = from.status;
        statusMessage = from.statusMessage;
        resource = from.resource;
    }

    public static Builder of(String traceId, String spanId, String name) {
        return new Builder(traceId, spanId, name);
    }

    private static Map<String, Object> copyOf(Map<String, Object> attributes) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    }

    public String traceId() {
        return traceId;
    }

    public String spanId() {
        return spanId;
    }

    /** Empty for the root of a trace. */
    public String parentId() {
        return parentId;
    }

    /**
     * Whether the span has no parent in this process. Other spans of the trace in this process end at most a little
     * later.
     */
    public boolean isLocalRoot() {
        return parentId.isEmpty() || (flags & RecordLayout.FLAG_REMOTE) != 0;
    }

    public String traceState() {
        return traceState;
    }

    /** OTLP flags: the W3C trace flags, and whether the parent is remote. */
    public int flags() {
        return flags;
    }

    public String name() {
        return name;
    }

    public SpanKind kind() {
        return kind;
    }

    /** Nanoseconds since 1970. */
    public long startNs() {
        return startNs;
    }

    /** Nanoseconds since 1970. */
    public long endNs() {
        return endNs;
    }

    /** The attributes, in the order in which they were last set. */
    public Map<String, Object> attributes() {
        return attributes;
    }

    public int droppedAttributes() {
        return droppedAttributes;
    }

    public List<Event> events() {
        return events;
    }

    public int droppedEvents() {
        return droppedEvents;
    }

    public List<Link> links() {
        return links;
    }

    public int droppedLinks() {
        return droppedLinks;
    }

    public StatusCode status() {
        return status;
    }

    /** Empty without a message. */
    public String statusMessage() {
        return statusMessage;
    }

    /** The attributes of the process that recorded the span. */
    public Map<String, String> resource() {
        return resource;
    }

    public String serviceName() {
        return resource.getOrDefault("service.name", "");
    }

    @Override
    public String toString() {
        return name + ' ' + kind + ' ' + traceId + '-' + spanId;
    }

    /** Builder of a span; properties that are not set are empty, 0, INTERNAL or UNSET. */
    public static final class Builder {
        private final String traceId;
        private final String spanId;
        private final String name;
        private final Map<String, Object> attributes = new LinkedHashMap<>();
        private final List<Event> events = new ArrayList<>();
        private final List<Link> links = new ArrayList<>();
        private String parentId = "";
        private String traceState = "";
        private int flags;
        private SpanKind kind = SpanKind.INTERNAL;
        private long startNs;
        private long endNs;
        private int droppedAttributes;
        private int droppedEvents;
        private int droppedLinks;
        private StatusCode status = StatusCode.UNSET;
        private String statusMessage = "";
        private Map<String, String> resource = Map.of();

        private Builder(String traceId, String spanId, String name) {
            this.traceId = traceId;
            this.spanId = spanId;
            this.name = name;
        }

        /** @param flags OTLP flags, which tell whether the parent is remote */
        public Builder parent(String parentId, int flags) {
            this.parentId = parentId;
            this.flags = flags;
            return this;
        }

        public Builder traceState(String traceState) {
            this.traceState = traceState;
            return this;
        }

        public Builder kind(SpanKind kind) {
            this.kind = kind;
            return this;
        }

        public Builder time(long startNs, long endNs) {
            this.startNs = startNs;
            this.endNs = endNs;
            return this;
        }

        /** Sets an attribute. A key that is set again gets the new value and moves to the end. */
        public Builder attribute(String key, Object value) {
            attributes.remove(key);
            attributes.put(key, value);
            return this;
        }

        public Builder attributes(Map<String, Object> others) {
            others.forEach(this::attribute);
            return this;
        }

        public Builder event(Event event) {
            events.add(event);
            return this;
        }

        public Builder link(Link link) {
            links.add(link);
            return this;
        }

        public Builder dropped(int attributes, int events, int links) {
            droppedAttributes = attributes;
            droppedEvents = events;
            droppedLinks = links;
            return this;
        }

        public Builder status(StatusCode status, String message) {
            this.status = status;
            this.statusMessage = message;
            return this;
        }

        /** Sets the resource without copying it: the spans of a process share one map, which must not be changed. */
        public Builder resource(Map<String, String> resource) {
            this.resource = resource;
            return this;
        }

        public SpanData build() {
            return new SpanData(this);
        }
    }
}
