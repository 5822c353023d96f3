package io.kraken.tracer;

/**
 * A span as the current one of a thread that did not start it. Closed by the same thread; pooled, so a scope that was
 * closed is not to be used again. The ids are copied, so children get the right parent even when the span ends
 * meanwhile.
 */
public final class Scope extends Frame implements AutoCloseable {

    static final Scope NOOP = new Scope(null);

    private final ThreadState thread;
    private Span target = Span.NOOP;
    private long lease;

    Scope(ThreadState thread) {
        this.thread = thread;
    }

    boolean isOpen() {
        return below != this;
    }

    Scope open(Span span) {
        lease = span.lease;
        final TraceContext whole = thread.copyOf(span);
        if (whole == null) {
            return NOOP;
        }
        target = span;
        copyFrom(whole);
        thread.push(this);
        return this;
    }

    @Override
    Span span() {
        return target.lease == lease && target.isRecording() ? target : Span.NOOP;
    }

    /** Restores what was current before. From another thread, or a second time: nothing happens. */
    @Override
    public void close() {
        if (thread != null && thread.isCurrentThread() && isOpen()) {
            thread.remove(this);
            below = this;
            target = Span.NOOP;
        }
    }
}
