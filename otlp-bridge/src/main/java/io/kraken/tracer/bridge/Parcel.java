package io.kraken.tracer.bridge;

import java.nio.ByteBuffer;

/** A buffer of a shipper, the request in it, and how far that has got. One thread. */
final class Parcel {
    ByteBuffer buffer;
    Route route;
    Route.Receipt receipt;
    int spans;
    int tries;
    /** Requests that had been answered when it was sent first. */
    long answersBefore;

    Destination.Exchange exchange;
    long sentNs;
    /** Somebody who was told to stop may still look at the buffer: it gets no other spans. */
    boolean spoilt;

    boolean isFree() {
        return receipt == null;
    }

    boolean isReady() {
        return spans > 0 && exchange == null;
    }
}
