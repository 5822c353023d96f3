package io.kraken.tracer.logs;

import io.kraken.tracer.TraceContext;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingType;
import java.util.function.BiConsumer;

/** The names of the current span's ids in log lines. Settings are read once for the process. */
public final class LogIds {

    public static final Setting<String> TRACE_ID = Setting.of(
            "kraken.tracer.logs.trace.id",
            SettingType.TEXT,
            "trace_id",
            "OTEL_INSTRUMENTATION_COMMON_LOGGING_TRACE_ID");
    public static final Setting<String> SPAN_ID = Setting.of(
            "kraken.tracer.logs.span.id", SettingType.TEXT, "span_id", "OTEL_INSTRUMENTATION_COMMON_LOGGING_SPAN_ID");
    public static final Setting<String> TRACE_FLAGS = Setting.of(
            "kraken.tracer.logs.trace.flags",
            SettingType.TEXT,
            "trace_flags",
            "OTEL_INSTRUMENTATION_COMMON_LOGGING_TRACE_FLAGS");

    static final LogIds PROCESS = new LogIds(TracerConfig.fromEnvironment());

    private static final int TRACE_ID_AT = 3;
    private static final int SPAN_ID_AT = 36;
    private static final int FLAGS_AT = 53;

    final String traceId;
    final String spanId;
    final String traceFlags;

    LogIds(TracerConfig config) {
        traceId = config.get(TRACE_ID);
        spanId = config.get(SPAN_ID);
        traceFlags = config.get(TRACE_FLAGS);
    }

    /** Null if nothing is current on the calling thread. */
    static TraceContext current() {
        return Tracer.currentContextOfAny();
    }

    void put(TraceContext context, BiConsumer<String, String> into) {
        final String all = context.toString();
        into.accept(traceId, all.substring(TRACE_ID_AT, SPAN_ID_AT - 1));
        into.accept(spanId, all.substring(SPAN_ID_AT, FLAGS_AT - 1));
        into.accept(traceFlags, all.substring(FLAGS_AT));
    }
}
