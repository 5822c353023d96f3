package io.kraken.tracer;

import io.kraken.tracer.propagation.Baggage;
import io.kraken.tracer.propagation.HeaderWriter;
import io.kraken.tracer.propagation.InjectedContext;
import io.kraken.tracer.propagation.TraceState;
import io.kraken.tracer.sampling.Sampling;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A context being written into headers, with the buffers that this needs: a consistent copy of the ids, and a reference
 * to trace state and baggage that keeps them from reuse. Threads share a pool of these, so that a million threads do
 * not need one each.
 */
final class InjectionBuffer extends TraceContext implements InjectedContext {

    private static final int COUNT = 64;
    private static final int TRIES = 8;
    private static final TraceContext NOTHING = new RemoteContext();
    private static final InjectionBuffer[] ALL = new InjectionBuffer[COUNT];
    private static final VarHandle HELD;
    private static final VarHandle LEFT;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            HELD = lookup.findVarHandle(InjectionBuffer.class, "held", boolean.class);
            LEFT = lookup.findVarHandle(InjectionBuffer.class, "left", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
        Arrays.setAll(ALL, i -> new InjectionBuffer());
    }

    @SuppressWarnings("unused") // through HELD
    private boolean held;

    /** Whether an error interrupted its last user before it was released; then any thread may claim it. */
    volatile boolean left;

    private final HeaderWriter out = new HeaderWriter();

    private Sampling sampling;
    TraceBaggage traceBaggage;

    /** Whether it belongs to the pool, and is used again. */
    boolean isPooled = true;

    private InjectionBuffer() {}

    /** A buffer for the context, to be released by {@link #release}; a new one if all that were tried are in use. */
    static InjectionBuffer of(TraceContext context) {
        InjectionBuffer taken = null;
        int next = (int) ThreadIds.current();
        for (int i = 0; i < TRIES && taken == null; i++, next++) {
            final InjectionBuffer one = ALL[next & COUNT - 1];
            if (HELD.compareAndSet(one, false, true) || one.left && LEFT.compareAndSet(one, true, false)) {
                taken = one;
            }
        }
        if (taken == null) {
            taken = new InjectionBuffer();
            taken.isPooled = false;
        }
        try {
            taken.fill(context);
            return taken;
        } catch (Throwable e) { // no method call in this block, see TraceBaggagePool
            if (!taken.isPooled && taken.traceBaggage != null && taken.carried != TraceBaggagePool.OWN) {
                taken.traceBaggage.unreleased++;
            }
            taken.left = true;
            throw e;
        }
    }

    private void fill(TraceContext context) {
        releaseCarried(); // left by an interrupted use
        if (!context.copyTo(this)) {
            copyFrom(NOTHING);
        }
        sampling = (marks & UNDECIDED) != 0 ? Sampling.DEFERRED : Sampling.DENIED;
        if (carried == TraceBaggagePool.OWN) {
            traceBaggage = context.own();
        } else if (carried != TraceBaggagePool.NONE) {
            traceBaggage = TraceBaggagePool.process().borrow(carried);
        }
        if (context instanceof RemoteContext) {
            sampling = context.sampling();
        } else if (isSampled()) {
            sampling = (letters() & TraceState.DEBUG) != 0 ? Sampling.DEBUG : Sampling.SAMPLED;
        }
    }

    /** Releases the buffer. A user that an error keeps from calling this sets {@link #left} instead. */
    void release() {
        releaseCarried();
        HELD.setRelease(this, false);
    }

    private void releaseCarried() {
        if (traceBaggage != null && carried != TraceBaggagePool.OWN) {
            TraceBaggagePool.process().release(carried);
        }
        traceBaggage = null;
    }

    @Override
    public Sampling sampling() {
        return sampling;
    }

    /** The letters of this tracer's member of the trace state. */
    private int letters() {
        return traceBaggage == null ? 0 : traceBaggage.state.letters();
    }

    @Override
    public TraceState state() {
        return traceBaggage == null ? null : traceBaggage.state;
    }

    @Override
    public Baggage baggage() {
        return traceBaggage == null ? null : traceBaggage.baggage;
    }

    @Override
    public HeaderWriter out() {
        return out;
    }
}
