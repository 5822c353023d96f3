package io.kraken.tracer.ring.queue;

/**
 * A check for pending errors of mapped files. When a page of a mapped file is not available (a full disk, a truncated
 * file), JDK 17 throws an {@code InternalError} only when the thread next enters the runtime, which may be far from the
 * access that caused it.
 */
final class LateErrors {

    // The compiler knows neither value, so the runtime must allocate the array of arrays.
    private int unknownLength = 1;
    private Object garbage;

    /** Enters the runtime, so that a pending error is thrown here; allocates a few bytes. */
    void settle() {
        garbage = new byte[unknownLength][0];
    }
}
