package io.kraken.tracer.ring;

/** Factory of the sinks by their names in the settings. */
final class Sinks {

    private Sinks() {}

    /** The configured sink; null for {@code none}, or when the queue can't be used. */
    static BatchSink configured(RingExport.Environment environment) {
        switch (environment.config().get(ExportSettings.SINK)) {
            case ExportSettings.OTLP:
                return new OtlpHttpSink(environment);
            case ExportSettings.QUEUE:
                return QueueSink.open(environment);
            case ExportSettings.CONSOLE:
                return new ConsoleSink(environment);
            case ExportSettings.FILE:
                return new FileSink(environment);
            case ExportSettings.DISCARD:
                return new DiscardSink(environment);
            default:
                return null;
        }
    }
}
