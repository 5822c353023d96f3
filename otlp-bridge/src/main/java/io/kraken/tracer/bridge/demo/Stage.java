package io.kraken.tracer.bridge.demo;

import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;

/** The services of a demo run and the components between them and the collector. Driven by one thread. */
interface Stage extends AutoCloseable {

    /** A description of the components, one per line. */
    List<String> describe();

    Cluster cluster();

    /** Spans at the receiver so far; negative when unknown. */
    LongSupplier received();

    /** Schedules a failure in the middle of a load that begins now and lasts this long. */
    void disturb(int seconds);

    /** Waits, after the services have ended, until all their spans have arrived. */
    Ending end() throws IOException;

    /**
     * The result of a run.
     *
     * @param received null when the spans went to an external collector
     * @param isWell whether all components between the services and the collector worked
     * @param notes lines for the report
     */
    record Ending(Received received, boolean isWell, List<String> notes) {}

    @Override
    void close() throws IOException;
}
