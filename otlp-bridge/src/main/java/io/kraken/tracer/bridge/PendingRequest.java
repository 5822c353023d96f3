package io.kraken.tracer.bridge;

import java.nio.ByteBuffer;

/** A buffer with a request in it that is filled, then sent until there is an answer. One thread. */
final class PendingRequest {

    ByteBuffer buffer;
    int spans;
    int tries;
    /** Requests that had been answered when it was sent first. */
    long answersBefore;

    Destination.Exchange exchange;
    long sentNs;

    private QueueProgress route;
    private QueueProgress.Receipt receipt;
    private boolean closed;
    /** One that is over, but may still read the buffer for a moment: it is neither filled nor sent meanwhile. */
    private Destination.Exchange leaving;

    void begin(QueueProgress from) {
        route = from;
        receipt = from.begin();
        closed = false;
        spans = 0;
        tries = 0;
    }

    boolean isFree() {
        return receipt == null && isLeft();
    }

    private boolean isLeft() {
        if (leaving != null && leaving.isAtRest()) {
            leaving = null;
        }
        return leaving == null;
    }

    /** What is in it is all that will be. */
    void close() {
        closed = true;
    }

    boolean isReady() {
        return closed && spans > 0 && exchange == null && isLeft();
    }

    /** The exchange is over, one way or the other. */
    void returned() {
        leaving = exchange;
        exchange = null;
    }

    /** It has to be sent again. */
    void failed() {
        receipt.failed();
    }

    /** @param sent spans that were acknowledged */
    void settle(int sent) {
        route.settle(receipt, sent);
        route.save();
        route = null;
        receipt = null;
        spans = 0;
    }
}
