package io.kraken.tracer;

import io.kraken.tracer.file.SpanFile;
import java.util.List;

/** Makes the sink of a new tracer. Found by {@link java.util.ServiceLoader} unless the program names one itself. */
public interface RecordSinkProvider {

    /**
     * @param file the tracer's memory, where the records are; nothing of it is free yet
     * @param config settings, the resource among them
     * @param housekeeping to be called in the exporter's duty cycle
     * @return null when nothing is configured that spans could be sent to
     */
    RecordSink open(SpanFile file, TracerConfig config, Housekeeping housekeeping);

    /** Those that the sinks look up, so that they can be checked and printed with the others. */
    default List<Setting<?>> settings() {
        return List.of();
    }
}
