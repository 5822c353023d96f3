package io.kraken.tracer.bridge;

import java.nio.ByteBuffer;

/** A buffer with a request in it that is filled, then sent until there is an answer. One thread. */
final class Parcel {

    ByteBuffer buffer;
    int spans;
    int tries;
    /** Requests that had been answered when it was sent first. */
    long answersBefore;

    Destination.Exchange exchange;
    long sentNs;

    private Route route;
    private Route.Receipt receipt;
    private boolean closed;
    /** Somebody who was told to stop may still look at the buffer: it gets no other spans. */
    private boolean spoilt;

    void begin(Route from) {
        route = from;
        receipt = from.begin();
        closed = false;
        spans = 0;
        tries = 0;
    }

    boolean isFree() {
        return receipt == null;
    }

    boolean hasBuffer() {
        return buffer != null && !spoilt;
    }

    void buffer(ByteBuffer fresh) {
        buffer = fresh;
        spoilt = false;
    }

    /** What is in it is all that will be. */
    void close() {
        closed = true;
    }

    boolean isReady() {
        return closed && spans > 0 && exchange == null;
    }

    /** The exchange is over, one way or the other. */
    void returned() {
        spoilt |= !exchange.isAtRest();
        exchange = null;
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
