package io.kraken.tracer.jmh;

/** A peer that the peak-load harness can drive. */
interface LoadPeer extends Peer {

    /** The download trace, for one thread. */
    Load download();

    /** How the threads begin their names that do the exporting. */
    String exporterThreads();

    /** Spans dropped so far. */
    long dropped();
}
