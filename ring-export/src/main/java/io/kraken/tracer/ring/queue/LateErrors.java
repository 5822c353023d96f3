package io.kraken.tracer.ring.queue;

/**
 * A page of a mapped file that can't be had (a full disk, a file that was cut off) is an {@code InternalError} that JDK
 * 17 throws only when the thread enters the runtime next, which may be far from what caused it.
 */
final class LateErrors {

    // Neither is known to the compiler: arrays of arrays of a length that it does not know are made by the runtime.
    private int one = 1;
    private Object made;

    /** Enters the runtime, so that what is pending is thrown here; makes a few bytes of garbage. */
    void settle() {
        made = new byte[one][0];
    }
}
