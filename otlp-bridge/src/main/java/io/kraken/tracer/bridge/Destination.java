package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.otlp.RequestEncoder;
import java.nio.ByteBuffer;

/**
 * Where spans go. Knows how to say them and what the answers mean; when to send, how often and how many at a time is
 * the shipper's. Used by one thread, which is never made to wait for a network; nothing here throws.
 */
interface Destination extends AutoCloseable {

    /** What became of a request. */
    enum Verdict {
        /** Taken, perhaps but for some spans: never to be sent again. */
        TAKEN,
        /** Not taken, and worth another try. */
        RETRY,
        /** Not taken, and never will be. */
        REFUSED
    }

    /**
     * The answer to a request.
     *
     * @param rejected spans that the destination took and threw away, as it says
     * @param retryAfterNs how long it wants to be left alone; 0 when it does not say
     * @param reason a short name of the cause, the same for the same cause, for counters; empty when all is well
     * @param message what there is to say, in a line; empty when there is nothing
     */
    record Outcome(Verdict verdict, long rejected, long retryAfterNs, String reason, String message) {}

    /** A request under way. */
    interface Exchange {

        /** Null as long as there is no answer. */
        Outcome outcome();

        /** Gives up waiting: there will be no outcome any more. */
        void cancel();

        /** Whether nobody looks at the request's bytes any more, so that the buffer may be used again. */
        boolean isAtRest();
    }

    /** The settings it was made from. */
    DestinationConfig config();

    /** One that writes what this destination reads. */
    RequestEncoder newEncoder();

    /** Begins to send the bytes between position and limit, which stay as they are until the exchange is at rest. */
    Exchange send(ByteBuffer request);

    /** Gives up what is under way. */
    @Override
    void close();
}
