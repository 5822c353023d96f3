package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.text.Utf8Scratch;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.WeakReference;
import java.util.Arrays;

/**
 * The state of a thread in a tracer: the free records of the thread's own chunk, a random generator, the stack of
 * current spans. Two cache lines, since every span touches it. Confined to its thread, to which it refers weakly:
 * whatever refers to the state must not retain a dead thread. The thread does not refer to its state, see {@link
 * ThreadStates}.
 */
final class ThreadState extends WeakReference<Thread> {

    static final int MAX_SCOPES = 1024;
    private static final int FIRST_SCOPES = 4;
    private static final int ANNOTATIONS = 8;
    /** Bound on walks of the stack: a deeper stack is a misuse, and its thread must not pay for it. */
    private static final int MOST_FRAMES = 1 << 16;
    /** The slot of a thread that may not own a chunk. */
    static final short NO_SLOT = -1;

    /** The cost of one of this many spans is measured. A power of two. */
    static final int MEASURED_EVERY = 1024;

    /** Spans that check whether to be measured, between two measured ones: those in the last record of a chunk. */
    private static final int TURNS = MEASURED_EVERY / 64;

    /** {@code Thread.isVirtual}, null if the JDK has none. */
    private static final MethodHandle IS_VIRTUAL = findIsVirtual();

    // --- fields that every span touches

    /** The bits of the free records of the thread's own chunk. */
    long free;

    private long random0;
    private long random1;
    /** The first record of the thread's own chunk, and the arrays of that chunk. */
    int firstRecord;

    Span[] spans;
    long[] leases;
    /** The handle of the top frame. */
    int top;
    /** The thread's index among those that may own a chunk; {@link #NO_SLOT} if it may not. */
    short slot = NO_SLOT;

    final short stripe;
    /** The JDK's number of the thread. */
    final long id = ThreadIds.current();

    // --- other fields

    /** The bits that were free in the thread's own chunk when it was claimed; 0 if the thread owns no chunk. */
    long claimed;

    /** The first record of the next chunk, which the exporter has claimed for this thread ... */
    private int nextFirst;
    /** ... and the free bits of that chunk; 0 if there is none. */
    volatile long next;

    /** The next state in its list of {@link ThreadStates}. */
    volatile ThreadState following;

    /** The frame on top when the exporter dropped the stack; {@link Frame#NO_FRAME} if it did not. */
    private volatile int droppedFrom;
    /** For a virtual thread: whether it is in a list of {@link Unfinished}. */
    boolean isListed;
    /** Whether work of the thread was interrupted and is to be finished, see {@link Unfinished}. */
    volatile boolean unsettled;
    /**
     * The record that the thread claimed in a call interrupted by an error: its number + 1, negative for one of a
     * shared chunk, 0 if there is none.
     */
    int halted;
    /** The same for a record claimed for a part of a span. */
    int haltedPart;
    /** Number of the thread's starts that are inside a sampler, which may start spans itself. */
    byte deciding;

    private byte untilMeasured;
    /** Null on a virtual thread: there may be a million of these. */
    final Utf8Scratch scratch;

    /** Null until needed: most virtual threads never need it. */
    private Pool pool;

    /** Fields that few spans touch. */
    private static final class Pool {
        private final RemoteContext copy = new RemoteContext();
        private Scope[] scopes = {};
        private int nextScope;
        private SpanAnnotation[] annotations;
        private int nextAnnotation;
        private long startCost;
    }

    /**
     * Creates the state of the calling thread.
     *
     * @param isPlatform whether it is a platform thread, not a virtual one
     */
    ThreadState(Ids ids, boolean isPlatform) {
        super(Thread.currentThread());
        final long serial = ids.nextThread();
        stripe = (short) serial;
        scratch = isPlatform ? new Utf8Scratch() : null;
        untilMeasured = (byte) (Ids.mix(serial) & TURNS - 1);
        // The generator's only invalid state is all zeros; its first outputs are good for any two well-mixed words.
        random0 = Ids.mix(ids.seed0() ^ serial * Ids.GOLDEN_GAMMA);
        random1 = Ids.mix(ids.seed1() + serial) | 1;
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
            return true; // then it uses shared records
        }
    }

    /** Whether the thread has terminated; then all its writes are visible. */
    boolean isDead() {
        final Thread thread = get();
        return thread == null || !thread.isAlive();
    }

    /** Whether this dead thread has left work to be finished. */
    boolean hasUnfinishedWork() {
        boolean has = unsettled;
        for (int i = 0; !has && pool != null && i < pool.scopes.length; i++) {
            has = pool.scopes[i].carried != TraceBaggagePool.NONE;
        }
        return has;
    }

    /** Releases what the scopes of this dead thread hold. */
    void closeScopes() {
        for (int i = 0; pool != null && i < pool.scopes.length; i++) {
            pool.scopes[i].release();
        }
    }

    boolean isCurrentThread() {
        return refersTo(Thread.currentThread());
    }

    boolean isVirtual() {
        return scratch == null;
    }

    /** Whether the thread may own a chunk. */
    boolean hasSlot() {
        return slot >= 0;
    }

    /** Whether the thread has a next chunk. */
    boolean isFed() {
        return next != 0;
    }

    /** Sets the thread's next chunk; it must have none. Called by one thread at a time. */
    void feed(int first, long free) {
        nextFirst = first;
        next = free;
    }

    /** The next chunk; {@link RecordSink#NONE} if there is none. */
    int nextChunk() {
        return next == 0 ? RecordSink.NONE : SpanFileLayout.chunkOf(nextFirst);
    }

    /** Removes the next chunk and returns its free bits. */
    long takeNext() {
        final long fed = next;
        next = 0;
        return fed;
    }

    /** Claims the first free record of the thread's own chunk; one must be free. */
    int claim() {
        final long before = free;
        final int record = firstRecord + Long.numberOfTrailingZeros(before);
        free = before & before - 1; // last: if an error interrupts this earlier, nothing was claimed
        return record;
    }

    /** Whether to measure this span; called for one span of each chunk. */
    boolean measures() {
        if (--untilMeasured >= 0) {
            return false;
        }
        untilMeasured = TURNS - 1;
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

    /** The current frame, null if nothing is current. */
    Frame top(Span[][] spans) {
        final int handle = top;
        return handle > 0 ? span(handle, spans) : handle == Frame.NO_FRAME ? null : pool.scopes[-handle - 1].shown();
    }

    private static Span span(int handle, Span[][] spans) {
        return spans[SpanFileLayout.chunkOf(handle - 1)][SpanFileLayout.numberOf(handle - 1)];
    }

    private Frame frame(int handle, Span[][] spans) {
        return handle > 0 ? span(handle, spans) : handle == Frame.NO_FRAME ? null : pool.scopes[-handle - 1];
    }

    void remove(Frame frame, Recorder owning) {
        if (top == frame.handle) {
            top = frame.below;
        } else {
            removeBelowTop(frame, owning);
        }
    }

    /** Drops the stack from this frame on, which is on top. The thread cuts it off the next time it checks. */
    void dropStack(int from) {
        droppedFrom = from;
    }

    /**
     * Called by the thread itself: cuts off the dropped part of its stack, whose handles may refer to other spans, and
     * keeps the frames that were added since. The frame that was on top is kept if it still belongs to this thread.
     */
    void cutDroppedStack(Span[][] all) {
        final int from = droppedFrom;
        if (from == Frame.NO_FRAME) {
            return;
        }
        droppedFrom = Frame.NO_FRAME;
        Frame above = null;
        Frame frame = frame(top, all);
        for (int depth = 0; frame != null && frame.handle != from; frame = frame(frame.below, all)) {
            if (depth++ == MOST_FRAMES) {
                top = Frame.NO_FRAME;
                return;
            }
            above = frame;
        }
        if (frame == null) {
            return; // it was removed since
        }
        if (frame.isOf(this)) {
            frame.below = Frame.NO_FRAME;
        } else if (above == null) {
            top = Frame.NO_FRAME;
        } else {
            above.below = Frame.NO_FRAME;
        }
    }

    /** Called by the thread itself: removes spans that ended elsewhere, and frames whose end was interrupted. */
    void removeUnfinished(Span[][] all) {
        cutDroppedStack(all);
        Frame above = null;
        int depth = 0;
        for (Frame frame = frame(top, all); frame != null; ) {
            if (depth++ == MOST_FRAMES) {
                top = Frame.NO_FRAME;
                return;
            }
            final Frame next = frame(frame.below, all);
            if (!frame.isUnfinished()) {
                above = frame;
            } else if (above == null) {
                top = frame.below;
                frame.settle();
            } else {
                above.below = frame.below;
                frame.settle();
            }
            frame = next;
        }
        for (int i = 0; pool != null && i < pool.scopes.length; i++) {
            if (pool.scopes[i].isUnfinished()) {
                pool.scopes[i].settle();
            }
        }
    }

    /**
     * Whether the stack contains, from this frame on, only unfinished spans, as far as other threads can tell while
     * this one waits: then it may be dropped.
     */
    boolean hasOnlyUnfinished(int from, Span[][] all) {
        int frames = 0;
        for (int handle = from; handle != Frame.NO_FRAME && handle != droppedFrom; handle = span(handle, all).below) {
            if (handle < 0 || !span(handle, all).isUnfinished() || ++frames > MAX_SCOPES) {
                return false;
            }
        }
        return true;
    }

    /** Makes the frame below this one current again; nothing if the stack was dropped since. */
    void unwind(Frame frame, Span[][] spans) {
        top = isOnStack(frame, spans) ? frame.below : Frame.NO_FRAME;
    }

    private boolean isOnStack(Frame frame, Span[][] spans) {
        Frame above = frame(top, spans);
        for (int depth = 0; above != null && above != frame && depth < MOST_FRAMES; depth++) {
            above = frame(above.below, spans);
        }
        return above == frame;
    }

    private void removeBelowTop(Frame frame, Recorder owning) {
        final Span[][] spans = owning.spans;
        owning.counters.increment(Counter.MISUSE_OUT_OF_ORDER, stripe);
        cutDroppedStack(spans);
        Frame above = frame(top, spans);
        for (int depth = 0; above != null && depth < MOST_FRAMES; depth++) {
            if (above.below == frame.handle) {
                above.below = frame.below;
                return;
            }
            above = frame(above.below, spans);
        }
        if (above != null) {
            top = Frame.NO_FRAME; // the frame may be further down, and be reused for another span soon
        }
    }

    /** A consistent copy of the context of a span that another thread may be ending; null if it changed meanwhile. */
    TraceContext copyOf(Span span) {
        if (span.isNoop()) {
            return span;
        }
        final RemoteContext copy = deciding == 0 ? pool().copy : new RemoteContext(); // that one is in use
        return span.copyTo(copy) ? copy : null;
    }

    private Pool pool() {
        if (pool == null) {
            pool = new Pool();
        }
        return pool;
    }

    /** Keeps the cost of the start of the span being measured. */
    void startCost(long ticks) {
        pool().startCost = ticks;
    }

    long startCost() {
        return pool().startCost;
    }

    /**
     * An unused scope. They are used in turn, so that a closed one is not reused at once. A thread that has more open
     * than any correct program loses the oldest.
     */
    Scope scope(Recorder owning) {
        final Pool own = pool();
        final Scope[] scopes = own.scopes;
        for (int i = 0; i < scopes.length; i++) {
            own.nextScope = (own.nextScope + 1) & (scopes.length - 1);
            if (!scopes[own.nextScope].isOpen()) {
                return scopes[own.nextScope];
            }
        }
        return scopes.length < MAX_SCOPES ? moreScopes(own) : dropOldScopes(own, owning);
    }

    /** Closes the older half of all scopes, which were never closed, at once: so this full walk is rare. */
    private Scope dropOldScopes(Pool own, Recorder owning) {
        final Span[][] spans = owning.spans;
        int kept = 0;
        Frame above = null;
        int depth = 0;
        for (Frame frame = frame(top, spans);
                frame != null && depth++ < MOST_FRAMES;
                frame = frame(frame.below, spans)) {
            if (frame instanceof Scope && kept == MAX_SCOPES / 2) {
                above.below = frame.below;
                continue;
            }
            above = frame;
            if (frame instanceof Scope) {
                ((Scope) frame).kept = true;
                kept++;
            }
        }
        for (int i = 0; i < MAX_SCOPES; i++) {
            if (!own.scopes[i].kept) {
                owning.counters.increment(Counter.MISUSE_OPEN_SCOPES, stripe);
                own.scopes[i].settle();
                own.nextScope = i;
            }
            own.scopes[i].kept = false;
        }
        return own.scopes[own.nextScope];
    }

    private Scope moreScopes(Pool own) {
        final int had = own.scopes.length;
        own.scopes = Arrays.copyOf(own.scopes, Math.max(FIRST_SCOPES, had * 2));
        for (int i = had; i < own.scopes.length; i++) {
            own.scopes[i] = new Scope(this, -i - 1);
        }
        own.nextScope = had;
        return own.scopes[had];
    }

    /** One of a few annotations, used in turn, so that one used too late is rarely the one in use. */
    SpanAnnotation annotation() {
        final Pool own = pool();
        if (own.annotations == null) {
            own.annotations = new SpanAnnotation[ANNOTATIONS];
            Arrays.setAll(own.annotations, i -> new SpanAnnotation());
        }
        own.nextAnnotation = (own.nextAnnotation + 1) & (ANNOTATIONS - 1);
        return own.annotations[own.nextAnnotation];
    }
}
