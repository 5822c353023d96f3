package io.kraken.tracer.jmh;

/** An exception with a deep stack trace, created once, since creating one takes longer than any span. */
final class Failure {

    private static final int DEPTH = 30;

    private Failure() {}

    static Throwable make() {
        return make(DEPTH);
    }

    private static Throwable make(int depth) {
        return depth == 0 ? new IllegalStateException("no peer has the blob") : make(depth - 1);
    }
}
