package io.kraken.tracer;

/**
 * A span as the current one of a thread that did not start it. Closed by the same thread; pooled, so a scope that was
 * closed is not to be used again. The ids are copied, so children get the right parent even when the span ends
 * meanwhile.
 */
public final class Scope extends Frame implements AutoCloseable {

    static final Scope NOOP = new Scope(null, NO_FRAME);

    private static final int CLOSED = Integer.MIN_VALUE;

    private final ThreadState thread;
    private Span target = Span.NOOP;
    private long lease;

    Scope(ThreadState thread, int handle) {
        super(handle);
        this.thread = thread;
        below = CLOSED;
    }

    boolean isOpen() {
        return below != CLOSED;
    }

    Scope open(Span span) {
        lease = span.lease;
        final TraceContext whole = thread.copyOf(span);
        if (whole == null) {
            return NOOP;
        }
        target = span;
        copyFrom(whole);
        carried = CarriedPool.process().inherit(whole);
        thread.push(this);
        return this;
    }

    /** From now on children inherit what the span carries, if this is a scope of it. */
    void follow(Span span) {
        if (target == span && isOpen()) {
            letGo();
            carried = CarriedPool.process().inherit(span);
        }
    }

    private void letGo() {
        if (carried != CarriedPool.NONE) {
            CarriedPool.process().letGo(carried);
            carried = CarriedPool.NONE;
        }
    }

    @Override
    Span span() {
        return target.lease == lease && target.isRecording() ? target : Span.NOOP;
    }

    /** Restores what was current before. From another thread, or a second time: nothing happens. */
    @Override
    public void close() {
        if (thread != null && thread.isCurrentThread() && isOpen()) {
            thread.remove(this, target.recorder.pool.spans);
            below = CLOSED;
            target = Span.NOOP;
            letGo();
        }
    }
}
