package io.kraken.tracer.ring.otlp;

import java.nio.ByteBuffer;

/**
 * A way to send encoded requests to one backend. {@link RequestWindow} decides when, how often and how many at a time.
 * Used by one thread. No method blocks on the network, and none throws.
 */
public interface Transport extends AutoCloseable {

    /** An attempt to send a request. */
    interface Exchange {

        /** Null as long as there is none. Once there is one, the bytes of the request are no longer read. */
        Outcome outcome();

        /** Gives up the attempt: there will be no outcome, and the bytes of the request are no longer read. */
        void cancel();
    }

    /** An exchange that is complete from the start. */
    record Completed(Outcome outcome) implements Exchange {

        @Override
        public void cancel() {
            // Nothing is in flight.
        }
    }

    /** Starts to send the bytes between position and limit, which must not change until there is an outcome. */
    Exchange send(ByteBuffer request);

    /** Cancels all attempts in flight. */
    @Override
    void close();
}
