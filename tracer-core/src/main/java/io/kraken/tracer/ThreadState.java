package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.EntryCursor;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Arrays;

/**
 * What a tracer keeps for a thread: its stack of current spans, a random generator, and hints where to look first for
 * a staging record and a lane. Small, because a million virtual threads may each have one. Confined to its thread,
 * which it refers to weakly: spans keep their thread's state, and must not keep a thread that has died. Nor does it
 * lead to the tracer: a thread would keep that for good.
 */
final class ThreadState extends WeakReference<Thread> {

    static final int MAX_SCOPES = 1024;

    /** It is measured what one span of so many costs. A power of two. */
    static final int MEASURED_EVERY = 1024;

    private static final int FIRST_SCOPES = 4;

    /** {@code Thread.isVirtual}, where there is one. */
    private static final MethodHandle IS_VIRTUAL = findIsVirtual();

    final int stripe;
    /** Null on a virtual thread: there may be a million of them. */
    final Utf8Scratch scratch;

    /** The handle of the frame on top. */
    private int top;
    /** The window that is this thread's own, -1 when it has none. */
    int window = -1;
    /** The next record of the window that is this thread's own, -1 when it has none. */
    int ownNext;
    /** Where to look first among the records that are common. */
    int commonHint;

    int laneHint;
    /** What the start of the span that is being measured has cost. */
    long startCost;

    private int untilMeasured;

    private final Counters counters;
    private long random0;
    private long random1;
    private final RemoteContext copy = new RemoteContext();
    private Scope[] scopes = {};
    private int nextScope;
    private EntryCursor outer;
    private EntryCursor inner;

    /**
     * For the calling thread.
     *
     * @param dead where to find this when the thread is no more; null when nobody needs to know
     */
    ThreadState(Counters counters, Ids ids, ReferenceQueue<Thread> dead) {
        super(Thread.currentThread(), dead);
        final long number = ids.nextThread();
        this.counters = counters;
        stripe = (int) number;
        scratch = dead == null ? null : new Utf8Scratch();
        untilMeasured = (int) (Ids.mix(number) & MEASURED_EVERY - 1);
        // The generator's one bad state is all zeros; its first outputs are good whatever two well-mixed words it
        // starts from.
        random0 = Ids.mix(ids.seed0() ^ number * Ids.GOLDEN_GAMMA);
        random1 = Ids.mix(ids.seed1() + number) | 1;
    }

    private static MethodHandle findIsVirtual() {
        try {
            return MethodHandles.publicLookup()
                    .findVirtual(Thread.class, "isVirtual", MethodType.methodType(boolean.class));
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    static boolean isVirtual(Thread thread) {
        try {
            return IS_VIRTUAL != null && (boolean) IS_VIRTUAL.invokeExact(thread);
        } catch (Throwable e) {
            return true; // then it shares what others share
        }
    }

    boolean isCurrentThread() {
        return refersTo(Thread.currentThread());
    }

    /** Whether it is this span's turn to be measured. */
    boolean measures() {
        if (--untilMeasured >= 0) {
            return false;
        }
        untilMeasured = MEASURED_EVERY - 1;
        return true;
    }

    /** The next 64 random bits, by xoroshiro128++ (Blackman and Vigna). Not for secrets. */
    long nextRandom() {
        final long s0 = random0;
        long s1 = random1;
        final long result = Long.rotateLeft(s0 + s1, 17) + s0;
        s1 ^= s0;
        random0 = Long.rotateLeft(s0, 49) ^ s1 ^ s1 << 21;
        random1 = Long.rotateLeft(s1, 28);
        return result;
    }

    long nextId() {
        final long id = nextRandom();
        return id != 0 ? id : nextId();
    }

    /** What is current, null when nothing is. */
    Frame top(Span[] spans) {
        return top >= 0 ? frame(top, spans) : scopes[-top - 1].shown();
    }

    private Frame frame(int handle, Span[] spans) {
        return handle > 0 ? spans[handle - 1] : handle == Frame.NO_FRAME ? null : scopes[-handle - 1];
    }

    void push(Frame frame) {
        frame.below = top;
        top = frame.handle;
    }

    void remove(Frame frame, Span[] spans) {
        if (top == frame.handle) {
            top = frame.below;
        } else {
            removeBelowTop(frame, spans);
        }
    }

    void unwind(Frame frame) {
        top = frame.below;
    }

    private void removeBelowTop(Frame frame, Span[] spans) {
        counters.increment(Counter.MISUSE_OUT_OF_ORDER, stripe);
        for (Frame above = frame(top, spans); above != null; above = frame(above.below, spans)) {
            if (above.below == frame.handle) {
                above.below = frame.below;
                return;
            }
        }
    }

    /** The context of a span that another thread may be ending: whole, or null when it changed meanwhile. */
    TraceContext copyOf(Span span) {
        return span.buffer == null ? span : copy.copyWhole(span) ? copy : null;
    }

    /**
     * A scope that is not in use, in turn, so that a closed one rests a while before it is used again. Null when a
     * thread has more of them open than any program closes again.
     */
    Scope scope() {
        for (int i = 0; i < scopes.length; i++) {
            nextScope = (nextScope + 1) & (scopes.length - 1);
            if (!scopes[nextScope].isOpen()) {
                return scopes[nextScope];
            }
        }
        return scopes.length < MAX_SCOPES ? moreScopes() : null;
    }

    private Scope moreScopes() {
        final int had = scopes.length;
        scopes = Arrays.copyOf(scopes, Math.max(FIRST_SCOPES, had * 2));
        for (int i = had; i < scopes.length; i++) {
            scopes[i] = new Scope(this, -i - 1);
        }
        nextScope = had;
        return scopes[had];
    }

    /** Two cursors for rewriting a record that is full: rare, so made when first needed. */
    EntryCursor outerCursor() {
        return outer != null ? outer : (outer = new EntryCursor());
    }

    EntryCursor innerCursor() {
        return inner != null ? inner : (inner = new EntryCursor());
    }
}
