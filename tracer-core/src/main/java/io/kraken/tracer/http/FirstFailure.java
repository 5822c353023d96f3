package io.kraken.tracer.http;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What goes wrong while a request is looked at is kept from the request, and said once. */
final class FirstFailure {

    private static final Logger LOG = Logger.getLogger("io.kraken.tracer");
    private static final AtomicBoolean SAID = new AtomicBoolean();

    private FirstFailure() {}

    static void note(RuntimeException thrown) {
        if (SAID.compareAndSet(false, true)) {
            LOG.log(Level.WARNING, "tracing a request failed; further failures are not logged", thrown);
        }
    }
}
