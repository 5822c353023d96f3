package io.kraken.tracer.jmh;

import io.opentelemetry.exporter.internal.marshal.Marshaler;
import io.opentelemetry.exporter.internal.otlp.traces.SpanReusableDataMarshaler;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.MemoryMode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;

/**
 * An exporter that does the same as OpenTelemetry's own OTLP exporter, with its classes and default memory mode, except
 * that the bytes are not sent.
 */
final class DiscardingOtlpExporter implements SpanExporter {

    private final SpanReusableDataMarshaler marshaler =
            new SpanReusableDataMarshaler(MemoryMode.REUSABLE_DATA, DiscardingOtlpExporter::write);

    private static CompletableResultCode write(Marshaler request, int spans) {
        try {
            request.writeBinaryTo(OutputStream.nullOutputStream());
            return CompletableResultCode.ofSuccess();
        } catch (IOException e) {
            return CompletableResultCode.ofExceptionalFailure(e);
        }
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        return marshaler.export(spans);
    }

    @Override
    public CompletableResultCode flush() {
        return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
        return CompletableResultCode.ofSuccess();
    }
}
