package io.kraken.tracer;

/**
 * One level of a thread's stack of current spans: a span that was started there, or a {@link Scope} that brought
 * one there. The levels name one another by number: storing a reference costs a write barrier, which on G1 has a
 * full fence in it once the objects are old, and pooled objects are.
 */
abstract class Frame extends TraceContext {

    static final int NO_FRAME = 0;

    /** What {@link ThreadState#frame} finds this object by. */
    final int handle;

    int below;

    Frame(int handle) {
        this.handle = handle;
    }

    /** The span that is current while this frame is on top; {@link Span#NOOP} once a scope's span has ended. */
    abstract Span span();

    /** Whether it is still what the thread, which asks, has put on its stack. */
    abstract boolean isOf(ThreadState asking);

    /** Whether it no longer belongs on the stack of the thread, which asks. */
    abstract boolean isLeft();

    /** Ends or closes it, as it is on no stack any more. */
    abstract void settle();
}
