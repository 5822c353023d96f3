package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.bridge.destination.Destination;
import java.nio.ByteBuffer;

/** A reusable request: its buffer is filled, then sent until there is an answer. Single-threaded. */
final class PendingRequest {

    ByteBuffer buffer;
    int spans;
    int tries;
    /** The number of requests that had been answered before its first attempt. */
    long answersBefore;

    Destination.Exchange exchange;
    long sentNs;

    private QueueProgress progress;
    private QueueProgress.Receipt receipt;
    private boolean closed;
    /**
     * A finished exchange whose transport may still read the buffer: until then the buffer is neither filled nor sent.
     */
    private Destination.Exchange finishing;

    void begin(QueueProgress from) {
        progress = from;
        receipt = from.begin();
        closed = false;
        spans = 0;
        tries = 0;
    }

    boolean isFree() {
        return receipt == null && isBufferFree();
    }

    private boolean isBufferFree() {
        if (finishing != null && finishing.isAtRest()) {
            finishing = null;
        }
        return finishing == null;
    }

    /** Ends the filling: the request is complete. */
    void close() {
        closed = true;
    }

    boolean isReady() {
        return closed && spans > 0 && exchange == null && isBufferFree();
    }

    /** Called when the exchange has ended, successfully or not. */
    void returned() {
        finishing = exchange;
        exchange = null;
    }

    /** Called when it has to be sent again. */
    void failed() {
        receipt.failed();
    }

    /** Completes the request. {@code sent} is the number of acknowledged spans. */
    void settle(int sent) {
        progress.settle(receipt, sent);
        progress.save();
        progress = null;
        receipt = null;
        spans = 0;
    }
}
