package io.kraken.tracer;

/**
 * One level of a thread's stack of current spans: a span that was started there, or a {@link Scope} that made a span
 * current. Frames refer to one another by number: storing a reference costs a write barrier, which on G1 contains a
 * full fence once the objects are old, and pooled objects are.
 */
abstract class Frame extends TraceContext {

    static final int NO_FRAME = 0;

    /** The number by which {@link ThreadState#frame} finds this object. */
    final int handle;

    /** The handle of the frame below. */
    int below;

    Frame(int handle) {
        this.handle = handle;
    }

    /** The span that is current while this frame is on top; {@link Span#NOOP} once a scope's span has ended. */
    abstract Span span();

    /** Whether it still belongs to this thread, on whose stack it was put. */
    abstract boolean isOf(ThreadState caller);

    /** Whether another thread has ended it, or an error interrupted its end: it is to be removed from the stack. */
    abstract boolean isUnfinished();

    /** Completes its end or its closing, once it is removed from the stack. */
    abstract void settle();
}
