package io.kraken.tracer.logs;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.Map;

/**
 * A conversion word for Logback's patterns: {@code <conversionRule conversionWord="span"
 * class="io.kraken.tracer.logs.SpanConverter"/>}. {@code %span{trace_id}} writes one of the ids, by its configured
 * name; {@code %span} writes all three with their names. Writes nothing if there is no span.
 */
public final class SpanConverter extends ClassicConverter {

    private final LogIds ids;

    public SpanConverter() {
        this(LogIds.PROCESS);
    }

    SpanConverter(LogIds ids) {
        this.ids = ids;
    }

    @Override
    public void start() {
        if (getContext() instanceof LoggerContext) {
            LogbackSpans.install((LoggerContext) getContext(), ids);
        }
        super.start();
    }

    @Override
    public String convert(ILoggingEvent event) {
        final Map<String, String> mdc = event.getMDCPropertyMap();
        final String name = getFirstOption();
        if (name != null) {
            return mdc.getOrDefault(name, "");
        }
        if (!mdc.containsKey(ids.traceId)) {
            return "";
        }
        final StringBuilder text = new StringBuilder();
        for (String each : new String[] {ids.traceId, ids.spanId, ids.traceFlags}) {
            text.append(text.length() == 0 ? "" : " ").append(each).append('=').append(mdc.get(each));
        }
        return text.toString();
    }
}
