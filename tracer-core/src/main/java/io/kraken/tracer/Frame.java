package io.kraken.tracer;

/**
 * One level of a thread's stack of current spans: a span that was started there, or a {@link Scope} that made a span
 * current. Levels refer to one another by number: storing a reference costs a write barrier, which on G1 contains a
 * full fence once the objects are old, and pooled objects are.
 */
abstract class Frame extends TraceContext {

    static final int NO_FRAME = 0;

    /** The number by which {@link ThreadState#frame} finds this object. */
    final int handle;

    int below;

    Frame(int handle) {
        this.handle = handle;
    }

    /** The span that is current while this frame is on top; {@link Span#NOOP} once a scope's span has ended. */
    abstract Span span();

    /** Whether it is still the frame that the calling thread has put on its stack. */
    abstract boolean isOf(ThreadState caller);

    /** Whether it no longer belongs on the stack of the calling thread. */
    abstract boolean isLeft();

    /** Ends or closes it, once it is removed from the stack. */
    abstract void settle();
}
