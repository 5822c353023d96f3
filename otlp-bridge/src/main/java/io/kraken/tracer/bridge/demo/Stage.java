package io.kraken.tracer.bridge.demo;

import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;

/** The services and what stands between them and a collector. One thread drives it. */
interface Stage extends AutoCloseable {

    /** What there is, a line each. */
    List<String> describe();

    Cluster cluster();

    /** Spans at the receiver so far; negative when that is not known. */
    LongSupplier received();

    /** Something goes wrong in the middle of a load that lasts so long and begins now. */
    void disturb(int seconds);

    /** Once the services have ended: waits until all that they handed on has arrived. */
    Ending end() throws IOException;

    /**
     * How it ended.
     *
     * @param received null when the spans went to somebody else's collector
     * @param isWell whether everything between the services and the collector did what it should
     * @param notes what happened, a line each
     */
    record Ending(Received received, boolean isWell, List<String> notes) {}

    @Override
    void close() throws IOException;
}
