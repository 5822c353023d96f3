package io.kraken.tracer;

/**
 * What is current on a thread at one moment, to be current on whatever thread goes on with the work, once, often or
 * never. The ids are copied, and so is what the trace carries, which costs memory only where there is anything: a span
 * that has ended meanwhile does no harm. That nothing is current is handed over as well. Immutable: any thread, at the
 * same time as any other.
 */
public class Handover extends TraceContext {

    static final Handover NOTHING = new Handover(null);

    private final Recorder recorder;
    private final Span target;
    private final long lease;
    private final Carried own;

    /** Of the calling thread. */
    Handover(Recorder recorder) {
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
        own = carried == CarriedPool.NONE ? null : new Carried();
        if (own != null) {
            own.copy(CarriedPool.process().at(carried)); // held by what is current, which only this thread changes
            carried = CarriedPool.OWN;
        }
    }

    @Override
    final Carried own() {
        return own;
    }

    final Span target() {
        return target;
    }

    final long lease() {
        return lease;
    }

    /**
     * Makes the calling thread go on where the other one was: the same span is current, or at least its ids are those
     * of a child's parent, until the scope is closed.
     */
    public final Scope makeCurrent() {
        if (recorder == null) {
            return Scope.NOOP;
        }
        return recorder.settledThread().scope(recorder).open(this, recorder);
    }
}
