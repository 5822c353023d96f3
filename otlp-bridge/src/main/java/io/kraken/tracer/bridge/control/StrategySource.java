package io.kraken.tracer.bridge.control;

import io.kraken.tracer.file.ControlWords;
import java.io.IOException;

/** A source of remote sampling strategies. Non-blocking; used by one thread. */
public interface StrategySource extends AutoCloseable {

    /** Maximum size of an answer in bytes. */
    int LONGEST_ANSWER = 1 << 20;

    /** A request in flight. */
    interface Inquiry {

        /**
         * The answer; null until it has arrived.
         *
         * @throws IOException when the request failed or the answer is invalid
         */
        ControlWords answer() throws IOException;

        /** Cancels the request. */
        void cancel();
    }

    /** Starts a request for the strategy of a service, without blocking. */
    Inquiry ask(String service);

    @Override
    void close();
}
