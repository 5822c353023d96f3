package io.kraken.tracer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A context while it is written into headers, with the memory that takes: a whole copy of the ids, a hold on what is
 * carried. Threads share a few of them, so that there need not be one for each of a million.
 */
final class Outgoing extends TraceContext {

    private static final int COUNT = 64;
    private static final int TRIES = 8;
    private static final int LONGEST = 80;
    private static final Outgoing[] ALL = new Outgoing[COUNT];
    private static final VarHandle HELD;
    private static final VarHandle LEFT;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            HELD = lookup.findVarHandle(Outgoing.class, "held", boolean.class);
            LEFT = lookup.findVarHandle(Outgoing.class, "left", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
        Arrays.setAll(ALL, i -> new Outgoing());
    }

    @SuppressWarnings("unused") // through HELD
    private boolean held;

    /** Whether it was left as it was by a user that an error broke off; nobody has it. */
    volatile boolean left;

    /** For what is written here; the longest are those of B3 and Jaeger. */
    final byte[] bytes = new byte[LONGEST];

    final HeaderText text = new HeaderText();
    final HeaderText name = new HeaderText();

    private Sampling sampling;
    Carried what;

    /** Whether others use it later. */
    boolean isPooled = true;

    private Outgoing() {}

    /** The context, to be {@link #letGo}. When all that are tried are in use, by setters that wait, a new one. */
    static Outgoing of(TraceContext context) {
        Outgoing taken = null;
        int next = (int) ThreadIds.current();
        for (int i = 0; i < TRIES && taken == null; i++, next++) {
            final Outgoing one = ALL[next & COUNT - 1];
            if (HELD.compareAndSet(one, false, true) || one.left && LEFT.compareAndSet(one, true, false)) {
                taken = one;
            }
        }
        if (taken == null) {
            taken = new Outgoing();
            taken.isPooled = false;
        }
        try {
            taken.fill(context);
            return taken;
        } catch (Throwable e) { // no call in here, see CarriedPool
            if (!taken.isPooled && taken.what != null && taken.carried != CarriedPool.OWN) {
                taken.what.owed++;
            }
            taken.left = true;
            throw e;
        }
    }

    private void fill(TraceContext context) {
        letGoCarried(); // what an error has left
        if (!(context instanceof Span)) {
            copyFrom(context);
        } else if (!copyWhole((Span) context)) {
            copyFrom(Span.NOOP);
        }
        sampling = (marks & UNDECIDED) != 0 ? Sampling.DEFERRED : Sampling.DENIED;
        if (carried == CarriedPool.OWN) {
            what = context.own();
        } else if (carried != CarriedPool.NONE) {
            what = CarriedPool.process().borrow(carried);
        }
        if (context instanceof RemoteContext) {
            sampling = context.sampling();
        } else if (isSampled()) {
            sampling = (letters() & TraceState.DEBUG) != 0 ? Sampling.DEBUG : Sampling.SAMPLED;
        }
    }

    /** By its user, who sets {@link #left} instead where an error keeps him from coming here. */
    void letGo() {
        letGoCarried();
        HELD.setRelease(this, false);
    }

    private void letGoCarried() {
        if (what != null && carried != CarriedPool.OWN) {
            CarriedPool.process().letGo(carried);
        }
        what = null;
    }

    @Override
    public Sampling sampling() {
        return sampling;
    }

    /** What our member of the trace state says. */
    int letters() {
        return what == null ? 0 : what.state.letters();
    }

    /** Null when nothing is carried. */
    Carried what() {
        return what;
    }

    /** The bytes written so far. */
    HeaderText text(int length) {
        return text.of(bytes, 0, length);
    }

    int put(int at, char c) {
        bytes[at] = (byte) c;
        return at + 1;
    }

    int putTraceId(int at) {
        return Hex.putId(bytes, Hex.putId(bytes, at, traceIdHigh), traceIdLow);
    }

    int putSpanId(int at) {
        return Hex.putId(bytes, at, spanId);
    }
}
