package io.kraken.tracer.jmh;

/** A peer that the peak-load benchmark can drive. */
interface LoadPeer extends Peer {

    /** The download trace, for one thread. */
    Load download();

    /** Prefix of the names of the exporter threads. */
    String exporterThreads();

    /** Spans dropped so far. */
    long dropped();
}
