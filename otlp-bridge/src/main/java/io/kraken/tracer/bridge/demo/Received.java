package io.kraken.tracer.bridge.demo;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.ring.view.SpanData;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.collections.LongHashSet;

/**
 * The received spans, decoded with OpenTelemetry's own classes: all are counted, and some traces are kept completely. A
 * span that arrives twice, because the receiver died before it could acknowledge it, counts once. Memory is bounded:
 * the oldest kept traces and the oldest span ids are evicted.
 */
final class Received {

    private static final int MOST_TRACES = 1024;
    private static final int FIRST_TRACES = 512;
    private static final int ONE_IN = 16;
    private static final int MOST_SPANS = 64;
    private static final int MOST_IDS = 1 << 20;
    private static final HexFormat HEX = HexFormat.of();

    private final Map<String, Long> byName = new TreeMap<>();
    private final Map<ByteString, List<SpanData>> traces = new LinkedHashMap<>();
    private LongHashSet ids = new LongHashSet();
    private LongHashSet olderIds = new LongHashSet();
    private long spans;
    private long duplicates;
    private long bytes;
    private long requests;

    /** Adds the spans of an ExportTraceServiceRequest. */
    synchronized void take(byte[] message) throws InvalidProtocolBufferException {
        final ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(message);
        requests++;
        bytes += message.length;
        for (ResourceSpans ofProcess : request.getResourceSpansList()) {
            final Map<String, String> resource = resource(ofProcess.getResource());
            for (ScopeSpans ofScope : ofProcess.getScopeSpansList()) {
                for (Span span : ofScope.getSpansList()) {
                    take(span, resource);
                }
            }
        }
    }

    private void take(Span span, Map<String, String> resource) {
        if (!isNew(span.getSpanId().asReadOnlyByteBuffer().getLong())) {
            duplicates++;
            return;
        }
        spans++;
        byName.merge(span.getName(), 1L, Long::sum);
        final List<SpanData> trace = keep(span.getTraceId());
        if (trace != null && trace.size() < MOST_SPANS) {
            trace.add(data(span, resource));
        }
    }

    private boolean isNew(long id) {
        if (ids.size() == MOST_IDS) {
            olderIds = ids;
            ids = new LongHashSet();
        }
        return !olderIds.contains(id) && ids.add(id);
    }

    /**
     * The list of a trace that is kept, else null. Keeps the first traces, so that a short run has some, then a sample
     * chosen by trace id, so that all spans of a trace are kept.
     */
    private List<SpanData> keep(ByteString traceId) {
        final List<SpanData> known = traces.get(traceId);
        if (known != null || traces.size() >= FIRST_TRACES && !isChosen(traceId)) {
            return known;
        }
        if (traces.size() == MOST_TRACES) {
            traces.remove(traces.keySet().iterator().next());
        }
        final List<SpanData> begun = new ArrayList<>();
        traces.put(traceId, begun);
        return begun;
    }

    private static boolean isChosen(ByteString traceId) {
        return !traceId.isEmpty() && traceId.byteAt(traceId.size() - 1) % ONE_IN == 0;
    }

    private static Map<String, String> resource(Resource resource) {
        final Map<String, String> attributes = new LinkedHashMap<>();
        for (KeyValue attribute : resource.getAttributesList()) {
            attributes.put(attribute.getKey(), attribute.getValue().getStringValue());
        }
        return attributes;
    }

    private static SpanData data(Span span, Map<String, String> resource) {
        final SpanData.Builder data = SpanData.of(hex(span.getTraceId()), hex(span.getSpanId()), span.getName())
                .parent(hex(span.getParentSpanId()), span.getFlags())
                .kind(SpanKind.values()[Math.max(0, span.getKindValue() - 1)])
                .time(span.getStartTimeUnixNano(), span.getEndTimeUnixNano())
                .status(
                        StatusCode.values()[span.getStatus().getCodeValue()],
                        span.getStatus().getMessage())
                .resource(resource)
                .attributes(attributes(span.getAttributesList()));
        for (Span.Event event : span.getEventsList()) {
            data.event(new SpanData.Event(
                    event.getName(),
                    event.getTimeUnixNano(),
                    attributes(event.getAttributesList()),
                    event.getDroppedAttributesCount()));
        }
        for (Span.Link link : span.getLinksList()) {
            data.link(new SpanData.Link(
                    hex(link.getTraceId()),
                    hex(link.getSpanId()),
                    link.getTraceState(),
                    link.getFlags(),
                    attributes(link.getAttributesList()),
                    link.getDroppedAttributesCount()));
        }
        return data.build();
    }

    private static String hex(ByteString id) {
        return HEX.formatHex(id.toByteArray());
    }

    private static Map<String, Object> attributes(List<KeyValue> list) {
        final Map<String, Object> attributes = new LinkedHashMap<>();
        for (KeyValue attribute : list) {
            attributes.put(attribute.getKey(), value(attribute.getValue()));
        }
        return attributes;
    }

    private static Object value(AnyValue value) {
        switch (value.getValueCase()) {
            case INT_VALUE:
                return value.getIntValue();
            case BOOL_VALUE:
                return value.getBoolValue();
            case DOUBLE_VALUE:
                return value.getDoubleValue();
            default:
                return value.getStringValue();
        }
    }

    synchronized long spans() {
        return spans;
    }

    /** The number of duplicate spans. */
    synchronized long duplicates() {
        return duplicates;
    }

    synchronized long bytes() {
        return bytes;
    }

    synchronized long requests() {
        return requests;
    }

    /** The number of spans of each name. */
    synchronized Map<String, Long> byName() {
        return new TreeMap<>(byName);
    }

    /** The kept traces, including incomplete ones. */
    synchronized List<List<SpanData>> traces() {
        final List<List<SpanData>> copies = new ArrayList<>();
        for (List<SpanData> trace : traces.values()) {
            copies.add(List.copyOf(trace));
        }
        return copies;
    }

    /** The trace of median duration among those with exactly these spans and no error; empty when there is none. */
    List<SpanData> typical(List<String> names) {
        final List<List<SpanData>> found = new ArrayList<>();
        for (List<SpanData> trace : traces()) {
            if (isWhole(trace, names)) {
                found.add(trace);
            }
        }
        found.sort(Comparator.comparingLong(Received::durationNs));
        return found.isEmpty() ? List.of() : found.get(found.size() / 2);
    }

    private static boolean isWhole(List<SpanData> trace, List<String> names) {
        final List<String> expected = new ArrayList<>(names);
        boolean whole = trace.size() == names.size();
        for (SpanData span : trace) {
            whole = whole && expected.remove(span.name()) && span.status() != StatusCode.ERROR;
        }
        return whole;
    }

    private static long durationNs(List<SpanData> trace) {
        long start = Long.MAX_VALUE;
        long end = Long.MIN_VALUE;
        for (SpanData span : trace) {
            start = Math.min(start, span.startNs());
            end = Math.max(end, span.endNs());
        }
        return end - start;
    }
}
