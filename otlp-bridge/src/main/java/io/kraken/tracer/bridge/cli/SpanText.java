package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.StatusCode;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.Waterfall;
import java.time.Instant;
import java.util.Map;

/** A span as a few lines of text, with all its data. */
final class SpanText {

    private SpanText() {}

    static String time(long epochNs) {
        return Instant.ofEpochSecond(0, epochNs).toString();
    }

    static void append(StringBuilder text, SpanData span) {
        text.append("  ").append(time(span.startNs())).append(' ');
        text.append(Waterfall.duration(span.endNs() - span.startNs())).append("  ");
        text.append(Waterfall.clean(span.name())).append(' ').append(span.kind());
        if (span.status() != StatusCode.UNSET) {
            text.append(' ').append(span.status());
        }
        if (!span.statusMessage().isEmpty()) {
            text.append(": ").append(Waterfall.clean(span.statusMessage()));
        }
        text.append("\n    ").append(span.traceId()).append('-').append(span.spanId());
        if (!span.parentId().isEmpty()) {
            text.append(" below ").append(span.parentId());
        }
        appendAttributes(text, span.attributes(), span.droppedAttributes());
        for (SpanData.Event event : span.events()) {
            text.append("    * ").append(Waterfall.duration(event.timeNs() - span.startNs()));
            text.append("  ").append(Waterfall.clean(event.name()));
            appendAttributes(text, event.attributes(), event.droppedAttributes());
        }
        for (SpanData.Link link : span.links()) {
            text.append("    -> ").append(link.traceId()).append('-').append(link.spanId());
            appendAttributes(text, link.attributes(), link.droppedAttributes());
        }
        if (span.droppedEvents() != 0 || span.droppedLinks() != 0) {
            text.append("    dropped: ").append(span.droppedEvents()).append(" events, ");
            text.append(span.droppedLinks()).append(" links\n");
        }
    }

    private static void appendAttributes(StringBuilder text, Map<String, Object> attributes, int dropped) {
        attributes.forEach((key, value) -> text.append("  ")
                .append(Waterfall.clean(key))
                .append('=')
                .append(Waterfall.clean(String.valueOf(value))));
        if (dropped != 0) {
            text.append("  (").append(Integer.toUnsignedLong(dropped)).append(" dropped)");
        }
        text.append('\n');
    }
}
