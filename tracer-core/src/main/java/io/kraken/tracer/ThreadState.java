package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFileLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.WeakReference;
import java.util.Arrays;

/**
 * What a tracer keeps for a thread: the free records of the thread's own chunk, a random generator, the stack of
 * current spans. Two cache lines, since every span touches it. Confined to its thread, which it refers to weakly: what
 * refers to it must not keep a thread that has died. The thread does not refer to it, see {@link ThreadStates}.
 */
final class ThreadState extends WeakReference<Thread> {

    static final int MAX_SCOPES = 1024;
    /** More are not looked through: then something is wrong, and the thread must not pay for it. */
    private static final int MOST_FRAMES = 1 << 16;
    /** Of a thread that has no chunk of its own. */
    static final short NO_SLOT = -1;

    /** It is measured what one span of so many costs. A power of two. */
    static final int MEASURED_EVERY = 1024;

    /** Spans that are asked whether it is their turn to be measured: those in the last record of a chunk. */
    private static final int TURNS = MEASURED_EVERY / 64;

    private static final int FIRST_SCOPES = 4;
    private static final int DETAILS = 8;

    /** {@code Thread.isVirtual}, where there is one. */
    private static final MethodHandle IS_VIRTUAL = findIsVirtual();

    // --- what every span touches

    /** Records of the thread's own chunk that are free, by their bits. */
    long free;

    private long random0;
    private long random1;
    /** The first record of the thread's own chunk, and what belongs to the chunk. */
    int firstRecord;

    Span[] spans;
    long[] leases;
    /** The handle of the frame on top. */
    int top;
    /** Which of the threads that may own a chunk this is; {@link #NO_SLOT} when it is none of them. */
    short slot = NO_SLOT;

    final short stripe;
    /** The JDK's number of the thread. */
    final long id = ThreadIds.current();

    // --- and the rest

    /** What was free in the thread's own chunk when it was claimed; 0 when there is no such chunk. */
    long claimed;

    /** A chunk that the exporter has claimed for this thread, to go on to: its first record ... */
    private int nextFirst;
    /** ... and what is free of it; 0 when there is none. */
    volatile long next;

    /** The next one in its list, of {@link ThreadStates}. */
    volatile ThreadState following;

    /** What was on top when the exporter dropped the stack; {@link Frame#NO_FRAME} when it did not. */
    private volatile int droppedFrom;
    /** Of a virtual thread: whether it is among those of {@link Unfinished}. */
    boolean isListed;
    /** Whether something of the thread's is unfinished, see {@link Unfinished}. */
    volatile boolean unsettled;
    /**
     * The record that the thread has claimed in a call which an error broke off: its number + 1, negative when it is
     * of a shared chunk, 0 when there is none.
     */
    int halted;
    /** The same of a record for a part of a span. */
    int haltedPart;
    /** How many starts of the thread are at a sampler, which may start spans itself. */
    byte deciding;

    private byte untilMeasured;
    /** Null on a virtual thread: there may be a million of them. */
    final Utf8Scratch scratch;

    /** Null until something of it is needed: most virtual threads need nothing. */
    private Pool pool;

    /** What few spans touch. */
    private static final class Pool {
        private final RemoteContext copy = new RemoteContext();
        private Scope[] scopes = {};
        private int nextScope;
        private Detail[] details;
        private int nextDetail;
        private long startCost;
    }

    /**
     * For the calling thread.
     *
     * @param stays whether it is a platform thread
     */
    ThreadState(Ids ids, boolean stays) {
        super(Thread.currentThread());
        final long serial = ids.nextThread();
        stripe = (short) serial;
        scratch = stays ? new Utf8Scratch() : null;
        untilMeasured = (byte) (Ids.mix(serial) & TURNS - 1);
        // The generator's one bad state is all zeros; its first outputs are good whatever two well-mixed words it
        // starts from.
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
            return true; // then it shares what others share
        }
    }

    /** Whether the thread will never do anything any more; then all that it did can be seen. */
    boolean isDead() {
        final Thread thread = get();
        return thread == null || !thread.isAlive();
    }

    /** Whether the thread, which is dead, has left something to be finished. */
    boolean hasLeft() {
        boolean has = unsettled;
        for (int i = 0; !has && pool != null && i < pool.scopes.length; i++) {
            has = pool.scopes[i].carried != CarriedPool.NONE;
        }
        return has;
    }

    /** Of a thread that is dead: what its scopes hold is let go. */
    void closeScopes() {
        for (int i = 0; pool != null && i < pool.scopes.length; i++) {
            pool.scopes[i].letGo();
        }
    }

    boolean isCurrentThread() {
        return refersTo(Thread.currentThread());
    }

    boolean isVirtual() {
        return scratch == null;
    }

    /** Whether the thread may have a chunk of its own. */
    boolean hasSlot() {
        return slot >= 0;
    }

    /** Whether the thread has a chunk to go on to. */
    boolean isFed() {
        return next != 0;
    }

    /** Gives the thread a chunk to go on to, as it has none; one thread at a time. */
    void feed(int first, long free) {
        nextFirst = first;
        next = free;
    }

    /** The chunk that was claimed for the thread; {@link RecordSink#NONE} when there is none. */
    int nextChunk() {
        return next == 0 ? RecordSink.NONE : SpanFileLayout.chunkOf(nextFirst);
    }

    /** What is free of it; there is none any more. */
    long takeNext() {
        final long fed = next;
        next = 0;
        return fed;
    }

    /** The first free record of the thread's own chunk, of which there is one, taken. */
    int take() {
        final long before = free;
        final int record = firstRecord + Long.numberOfTrailingZeros(before);
        free = before & before - 1; // last: what an error breaks off before has taken nothing
        return record;
    }

    /** Whether it is the turn of one of those spans that are asked. */
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

    /** What is current, null when nothing is. */
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

    void remove(Frame frame, Recorder behind) {
        if (top == frame.handle) {
            top = frame.below;
        } else {
            removeBelowTop(frame, behind);
        }
    }

    /** Drops what is on the stack from this frame on, which is on top; the thread cuts it off once it looks. */
    void dropStack(int from) {
        droppedFrom = from;
    }

    /**
     * By the thread itself: cuts off what the exporter has dropped, which may stand for other spans now, and keeps what
     * has been put on top since. The frame that was on top stays while it is this thread's.
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
            return; // it has been taken off since
        }
        if (frame.isOf(this)) {
            frame.below = Frame.NO_FRAME;
        } else if (above == null) {
            top = Frame.NO_FRAME;
        } else {
            above.below = Frame.NO_FRAME;
        }
    }

    /** By the thread itself: takes from the stack what has ended elsewhere or whose end an error broke off. */
    void removeLeft(Span[][] all) {
        cutDroppedStack(all);
        Frame above = null;
        int depth = 0;
        for (Frame frame = frame(top, all); frame != null; ) {
            if (depth++ == MOST_FRAMES) {
                top = Frame.NO_FRAME;
                return;
            }
            final Frame next = frame(frame.below, all);
            if (!frame.isLeft()) {
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
            if (pool.scopes[i].isLeft()) {
                pool.scopes[i].settle();
            }
        }
    }

    /**
     * Whether nothing is on the stack from this frame on but what is left, as far as another thread can tell while this
     * one waits: then it may be dropped.
     */
    boolean hasOnlyLeft(int from, Span[][] all) {
        int left = 0;
        for (int handle = from; handle != Frame.NO_FRAME && handle != droppedFrom; handle = span(handle, all).below) {
            if (handle < 0 || !span(handle, all).isLeft() || ++left > MAX_SCOPES) {
                return false;
            }
        }
        return true;
    }

    /** What was current below the frame is so again. Where the stack was dropped since, nothing is. */
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

    private void removeBelowTop(Frame frame, Recorder behind) {
        final Span[][] spans = behind.spans;
        behind.counters.increment(Counter.MISUSE_OUT_OF_ORDER, stripe);
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
            top = Frame.NO_FRAME; // the frame may be further down, and stand for another span soon
        }
    }

    /** The context of a span that another thread may be ending: whole, or null when it changed meanwhile. */
    TraceContext copyOf(Span span) {
        if (span.isNoop()) {
            return span;
        }
        final RemoteContext copy = deciding == 0 ? pool().copy : new RemoteContext(); // that one is in use
        return copy.copyWhole(span) ? copy : null;
    }

    private Pool pool() {
        if (pool == null) {
            pool = new Pool();
        }
        return pool;
    }

    /** Takes note of what the start of the span that is being measured has cost. */
    void startCost(long ticks) {
        pool().startCost = ticks;
    }

    long startCost() {
        return pool().startCost;
    }

    /**
     * A scope that is not in use, in turn, so that a closed one rests a while before it is used again. A thread that
     * has more of them open than any program closes again loses the oldest.
     */
    Scope scope(Recorder behind) {
        final Pool own = pool();
        final Scope[] scopes = own.scopes;
        for (int i = 0; i < scopes.length; i++) {
            own.nextScope = (own.nextScope + 1) & (scopes.length - 1);
            if (!scopes[own.nextScope].isOpen()) {
                return scopes[own.nextScope];
            }
        }
        return scopes.length < MAX_SCOPES ? moreScopes(own) : dropOldScopes(own, behind);
    }

    /** Closes the older half of all scopes, which nobody will, at once: so the look at all of them is seldom. */
    private Scope dropOldScopes(Pool own, Recorder behind) {
        final Span[][] spans = behind.spans;
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
                behind.counters.increment(Counter.MISUSE_OPEN_SCOPES, stripe);
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

    /** The next of a few, in turn, so that one used too late is seldom the one in use. */
    Detail detail() {
        final Pool own = pool();
        if (own.details == null) {
            own.details = new Detail[DETAILS];
            Arrays.setAll(own.details, i -> new Detail());
        }
        own.nextDetail = (own.nextDetail + 1) & (DETAILS - 1);
        return own.details[own.nextDetail];
    }
}
