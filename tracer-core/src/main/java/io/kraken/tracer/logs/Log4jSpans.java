package io.kraken.tracer.logs;

import io.kraken.tracer.TraceContext;
import java.util.HashMap;
import java.util.Map;
import org.apache.logging.log4j.core.util.ContextDataProvider;
import org.apache.logging.log4j.util.SortedArrayStringMap;
import org.apache.logging.log4j.util.StringMap;

/**
 * The context data provider that adds the ids of the current span to each event of Log4j 2, as if they were in the
 * thread context: {@code %X{trace_id}}. Log4j finds it by its service loader and calls it on the logging thread.
 */
public final class Log4jSpans implements ContextDataProvider {

    private static final StringMap NONE = none();

    private final LogIds ids;

    public Log4jSpans() {
        this(LogIds.PROCESS);
    }

    Log4jSpans(LogIds ids) {
        this.ids = ids;
    }

    private static StringMap none() {
        final StringMap empty = new SortedArrayStringMap(1);
        empty.freeze();
        return empty;
    }

    @Override
    public Map<String, String> supplyContextData() {
        final TraceContext context = LogIds.current();
        if (context == null) {
            return Map.of();
        }
        final Map<String, String> data = new HashMap<>();
        ids.put(context, data::put);
        return data;
    }

    @Override
    public StringMap supplyStringMap() {
        final TraceContext context = LogIds.current();
        if (context == null) {
            return NONE;
        }
        final StringMap data = new SortedArrayStringMap();
        ids.put(context, data::putValue);
        return data;
    }
}
