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
    private Recorder recorder;
    private Span target = Span.NOOP;
    private long lease;
    /** Whether this is what keeps the state of its thread. */
    private boolean holds;

    /** Whether its closing was broken off by an error. */
    private boolean left;
    /** Means something only while old scopes are dropped. */
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
        final TraceContext whole = thread.copyOf(span);
        if (whole == null) {
            return NOOP;
        }
        return push(span.recorder, span, whole);
    }

    /** With a handover of nothing, nothing is current. */
    Scope open(Handover from, Recorder behind) {
        lease = from.lease();
        return push(behind, from.target(), from);
    }

    private Scope push(Recorder behind, Span span, TraceContext context) {
        letGo(); // what an opening or closing that an error broke off has left
        recorder = behind;
        target = span;
        carried = CarriedPool.process().inherit(context);
        copyFrom(context, carried);
        holds |= behind.threads.hold(thread);
        below = thread.top;
        thread.top = handle; // last: what an error breaks off before was not opened
        return this;
    }

    /** What is seen of this scope when it is on top. */
    Frame shown() {
        return spanId == 0 ? null : this;
    }

    /** The span, even one that has ended, which then has another lease. */
    Span target() {
        return target;
    }

    long lease() {
        return lease;
    }

    /** From now on children inherit what the span carries, if this is a scope of it. */
    void follow(Span span) {
        if (target == span && isOpen()) {
            letGo();
            carried = CarriedPool.process().inherit(span);
        }
    }

    void letGo() {
        if (carried != CarriedPool.NONE) {
            CarriedPool.process().letGo(carried);
            carried = CarriedPool.NONE;
        }
    }

    @Override
    boolean isOf(ThreadState asking) {
        return isOpen(); // others have none of its scopes
    }

    @Override
    boolean isLeft() {
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

    /** Restores what was current before. From another thread, or a second time: nothing happens. */
    @Override
    public void close() {
        try {
            if (thread != null && thread.isCurrentThread() && isOpen()) {
                thread.cutDroppedStack(recorder.spans);
                thread.remove(this, recorder);
                closed();
            }
        } catch (Throwable e) { // no call in here, see Unfinished
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

    /** Restores what was current before, whatever was made current since and has been left so. By the same thread. */
    void unwind() {
        try {
            if (isOpen()) {
                thread.cutDroppedStack(recorder.spans);
                thread.unwind(this, recorder.spans);
                closed();
            }
        } catch (Throwable e) { // no call in here, see Unfinished
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
            recorder.threads.letGo();
            holds = false;
        }
        recorder = null;
        target = Span.NOOP;
        letGo();
    }
}
