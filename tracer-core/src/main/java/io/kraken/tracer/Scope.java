package io.kraken.tracer;

/**
 * The scope in which a span is current on a thread that did not start it. Must be closed by the same thread. Pooled: a
 * closed scope must not be used again. The ids are copied, so children get the right parent even if the span ends
 * meanwhile.
 */
public final class Scope extends Frame implements AutoCloseable {

    static final Scope NOOP = new Scope(null, NO_FRAME);

    private static final int CLOSED = Integer.MIN_VALUE;

    private final ThreadState thread;
    private Recorder recorder;
    private Span target = Span.NOOP;
    private long lease;
    /** Whether this scope keeps the state of its thread from being pruned. */
    private boolean holds;

    /** Whether an error interrupted its closing. */
    private boolean left;
    /** Valid only while old scopes are dropped. */
    boolean kept;

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
        final TraceContext context = thread.copyOf(span);
        if (context == null) {
            return NOOP;
        }
        return push(span.recorder, span, context);
    }

    /** A snapshot of nothing makes nothing current. */
    Scope open(ContextSnapshot from, Recorder activeRecorder) {
        lease = from.lease();
        return push(activeRecorder, from.target(), from);
    }

    private Scope push(Recorder activeRecorder, Span span, TraceContext context) {
        release(); // what an interrupted opening or closing has left
        recorder = activeRecorder;
        target = span;
        carried = TraceBaggagePool.process().inherit(context);
        copyFrom(context, carried);
        holds |= activeRecorder.threads.hold(thread);
        below = thread.top;
        thread.top = handle; // last: if an error interrupts this earlier, the scope was not opened
        return this;
    }

    /** The frame that is current while this scope is on top. */
    Frame shown() {
        return spanId == 0 ? null : this;
    }

    /** The span, even if it has ended; then its lease differs from {@link #lease}. */
    Span target() {
        return target;
    }

    long lease() {
        return lease;
    }

    /** Makes children inherit the changed baggage of the span from now on, if this is a scope of it. */
    void follow(Span span) {
        if (target == span && isOpen()) {
            release();
            carried = TraceBaggagePool.process().inherit(span);
        }
    }

    void release() {
        if (carried != TraceBaggagePool.NONE) {
            TraceBaggagePool.process().release(carried);
            carried = TraceBaggagePool.NONE;
        }
    }

    @Override
    boolean isOf(ThreadState caller) {
        return isOpen(); // only its own thread has it on its stack
    }

    @Override
    boolean isUnfinished() {
        return left;
    }

    @Override
    void settle() {
        closed();
    }

    @Override
    Span span() {
        return target.lease == lease && !target.isClosed() ? target : Span.NOOP;
    }

    /** Restores what was current before. A call from another thread, or a second call, does nothing. */
    @Override
    public void close() {
        try {
            if (thread != null && thread.isCurrentThread() && isOpen()) {
                thread.cutDroppedStack(recorder.spans);
                thread.remove(this, recorder);
                closed();
            }
        } catch (Throwable e) { // no method call in this block, see Unfinished
            if (thread != null && below != CLOSED) {
                left = true;
                thread.unsettled = true;
                recorder.known[(int) thread.id & Recorder.KNOWN - 1] = null;
            }
            if (e instanceof ThreadDeath) {
                throw e;
            }
        }
    }

    /** As {@link #close}, and also removes whatever was made current since and not closed. By the same thread. */
    void unwind() {
        try {
            if (isOpen()) {
                thread.cutDroppedStack(recorder.spans);
                thread.unwind(this, recorder.spans);
                closed();
            }
        } catch (Throwable e) { // no method call in this block, see Unfinished
            if (below != CLOSED) {
                left = true;
                thread.unsettled = true;
                recorder.known[(int) thread.id & Recorder.KNOWN - 1] = null;
            }
            if (e instanceof ThreadDeath) {
                throw e;
            }
        }
    }

    private void closed() {
        below = CLOSED;
        left = false;
        if (holds) {
            recorder.threads.release();
            holds = false;
        }
        recorder = null;
        target = Span.NOOP;
        release();
    }
}
