package io.kraken.tracer.http;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The handler of exceptions in the tracing of a request: hides them from the request, and logs the first one. */
final class FirstFailure {

    private static final Logger LOG = Logger.getLogger("io.kraken.tracer");
    private static final AtomicBoolean LOGGED = new AtomicBoolean();

    private FirstFailure() {}

    static void note(RuntimeException thrown) {
        if (LOGGED.compareAndSet(false, true)) {
            LOG.log(Level.WARNING, "tracing a request failed; further failures are not logged", thrown);
        }
    }
}
