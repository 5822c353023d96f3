package io.kraken.tracer;

/**
 * A snapshot of what is current on a thread, to be made current on any thread that continues the work, once, often or
 * never. The ids are copied, and so are trace state and baggage if there are any; so the snapshot stays valid after the
 * span has ended. A snapshot of a thread without a current span makes nothing current. Immutable and thread-safe.
 */
public class ContextSnapshot extends TraceContext {

    static final ContextSnapshot NOTHING = new ContextSnapshot(null);

    private final Recorder recorder;
    private final Span target;
    private final long lease;
    private final TraceBaggage own;

    /** A snapshot of the calling thread. */
    ContextSnapshot(Recorder recorder) {
        this.recorder = recorder;
        final Frame top = recorder == null ? null : recorder.top();
        if (top == null) {
            target = Span.NOOP;
            lease = 0;
            own = null;
            return;
        }
        target = top instanceof Scope ? ((Scope) top).target() : (Span) top;
        lease = top instanceof Scope ? ((Scope) top).lease() : target.lease;
        copyFrom(top);
        own = carried == TraceBaggagePool.NONE ? null : new TraceBaggage();
        if (own != null) {
            own.copy(TraceBaggagePool.process()
                    .at(carried)); // kept by the current frame, which only this thread changes
            carried = TraceBaggagePool.OWN;
        }
    }

    @Override
    final TraceBaggage own() {
        return own;
    }

    final Span target() {
        return target;
    }

    final long lease() {
        return lease;
    }

    /**
     * Makes this context current on the calling thread until the scope is closed: the same span, or, if it has ended,
     * its ids as the parent of new spans.
     */
    public final Scope makeCurrent() {
        if (recorder == null) {
            return Scope.NOOP;
        }
        return recorder.settledThread().scope(recorder).open(this, recorder);
    }
}
