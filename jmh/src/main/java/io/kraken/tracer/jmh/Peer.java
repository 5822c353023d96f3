package io.kraken.tracer.jmh;

/**
 * A tracer doing the work that is compared. Every span of every peer becomes the current one of its thread and is
 * given to an exporter that encodes it, unless its class says otherwise. {@code work} is done inside the (innermost)
 * span.
 */
interface Peer {

    /** A SERVER span without attributes. */
    void bare(int work);

    /** The span of a download: namespace, digest of 64 characters, method before the work; size and status after. */
    void kraken(Request request, int work);

    /** Five spans in one another. */
    void nested(int work);

    /** A span that ends with an exception, recorded with its stack trace. */
    void failed(Throwable thrown, int work);

    /** Something of everything, for {@link Aging}. */
    default void mix(Request request, Throwable thrown) {
        bare(0);
        kraken(request, 0);
        nested(0);
        failed(thrown, 0);
    }

    /** Hands on what is on its way and says what became of all spans. */
    Delivery close();
}
