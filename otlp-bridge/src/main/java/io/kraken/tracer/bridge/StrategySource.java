package io.kraken.tracer.bridge;

import io.kraken.tracer.file.ControlWords;
import java.io.IOException;

/** Somebody who can be asked how a service is to be sampled. One thread. */
interface StrategySource extends AutoCloseable {

    /** Bytes of an answer, at the most. */
    int LONGEST_ANSWER = 1 << 20;

    /** A question under way. */
    interface Inquiry {

        /**
         * The answer; null as long as there is none.
         *
         * @throws IOException when there will be none, or none that makes sense
         */
        ControlWords answer() throws IOException;

        /** Nobody wants to know any more. */
        void cancel();
    }

    /** Waits for nothing. */
    Inquiry ask(String service);

    @Override
    void close();
}
