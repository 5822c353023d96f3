package io.kraken.tracer.ring.queue;

/** Closes what is given up in any case. */
final class Quietly {

    private Quietly() {}

    static void close(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Throwable e) {
            // There is nothing left to do for it.
        }
    }
}
