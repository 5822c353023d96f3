package io.kraken.tracer.ring.queue;

/** Closes resources and ignores all errors. */
final class Quietly {

    private Quietly() {}

    static void close(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Throwable e) {
            // Ignored: the resource is not used any more.
        }
    }
}
