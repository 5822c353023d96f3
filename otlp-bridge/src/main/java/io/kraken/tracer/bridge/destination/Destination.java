package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import java.nio.ByteBuffer;

/**
 * A receiver of spans. It encodes and sends requests and interprets the answers; the shipper decides when, how
 * often and how many at a time. Used by one thread. No method blocks on the network, and none throws.
 */
public interface Destination extends AutoCloseable {

    /** The result of a request. */
    enum Verdict {
        /** Accepted, possibly without some rejected spans: must not be sent again. */
        TAKEN,
        /** Not accepted, to be retried. */
        RETRY,
        /** Not accepted, and a retry would not help. */
        REFUSED
    }

    /**
     * The answer to a request.
     *
     * @param rejected spans that the destination reports as rejected in an accepted request
     * @param retryAfterNs the pause that the destination asks for; 0 if it asks for none
     * @param reason a short, stable name of the cause, for counters; empty on success
     * @param message a line of text for the log; empty if there is none
     */
    record Outcome(Verdict verdict, long rejected, long retryAfterNs, String reason, String message) {}

    /** A request in flight. */
    interface Exchange {

        /** Null as long as there is no answer. */
        Outcome outcome();

        /** Cancels the request: there will be no outcome any more. */
        void cancel();

        /** Whether nothing reads the request's bytes any more, so that the buffer may be reused. */
        boolean isAtRest();
    }

    /** The settings it was made from. */
    DestinationConfig config();

    /** An encoder for this destination's format. */
    RequestEncoder newEncoder();

    /** Starts to send the bytes between position and limit, which must not change until the exchange is at rest. */
    Exchange send(ByteBuffer request);

    /** Cancels all requests in flight. */
    @Override
    void close();
}
