package io.kraken.tracer.jmh;

/**
 * A tracer that does the work to be compared. Every span of every peer becomes the current one of its thread and is
 * given to an exporter that encodes it, unless its class says otherwise. {@code work} is done inside the (innermost)
 * span.
 */
interface Peer {

    /** A SERVER span without attributes. */
    void bare(int work);

    /** The span of a download: namespace, digest of 64 characters, method before the work; size and status after. */
    void kraken(Request request, int work);

    /** Five nested spans. */
    void nested(int work);

    /** A span that ends with an exception, recorded with its stack trace. */
    void failed(Throwable thrown, int work);

    /** Spans of all kinds, for {@link Aging}. */
    default void mix(Request request, Throwable thrown) {
        bare(0);
        kraken(request, 0);
        nested(0);
        failed(thrown, 0);
    }

    /** Flushes and closes the tracer; returns the numbers of delivered and dropped spans. */
    Delivery close();
}
