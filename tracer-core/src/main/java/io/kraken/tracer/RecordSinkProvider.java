package io.kraken.tracer;

import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.settings.Setting;
import java.util.List;

/** The factory of a tracer's sink. Found by {@link java.util.ServiceLoader}, unless the program sets one. */
public interface RecordSinkProvider {

    /**
     * @param file the tracer's memory, which contains the records; no record is free yet
     * @param config the settings, including the resource
     * @param housekeeping must be called in the exporter's duty cycle
     * @return null if no destination is configured
     */
    RecordSink open(SpanFile file, TracerConfig config, Housekeeping housekeeping);

    /** The settings that the sinks use, so that they can be checked and printed with the others. */
    default List<Setting<?>> settings() {
        return List.of();
    }
}
