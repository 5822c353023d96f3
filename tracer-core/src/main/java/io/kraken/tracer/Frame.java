package io.kraken.tracer;

/**
 * One level of a thread's stack of current spans: a span that was started there, or a {@link Scope} that brought
 * one there.
 */
abstract class Frame extends TraceContext {

    Frame below;

    /** The span that is current while this frame is on top; {@link Span#NOOP} once a scope's span has ended. */
    abstract Span span();
}
