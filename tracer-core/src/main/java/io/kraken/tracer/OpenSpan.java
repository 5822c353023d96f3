package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.text.Utf8Scratch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The life cycle and the fields of a span: which threads may touch it, and until when. Each record has one such object
 * for its whole life, of two cache lines at most.
 *
 * <p>An <i>attached</i> span belongs to one thread and needs no synchronisation. A <i>detached</i> span may be used and
 * ended by any thread: setters and the end exclude each other by a compare-and-set; the end is lock-free and happens
 * exactly once, whichever threads race. Of a <i>passing</i> span nothing is recorded; only its context is propagated.
 * The exporter may abandon a span that has been open for too long; an attached one only once its thread, which may go
 * on using it until then, cannot be inside it. Later calls on it are refused and counted.
 *
 * <p>Short values are appended to the record here; everything else is done by {@link SpanWriter}.
 */
abstract class OpenSpan extends Frame {

    static final int CLOSED = 0;
    /** Open, and owned by one thread. */
    static final int ATTACHED = 1;
    /** Detached, and no thread is inside: setters and the end exclude each other by compare-and-set. */
    static final int OPEN = 2;
    /** Detached, and its {@link #owner} is inside a setter. */
    static final int BUSY = 3;
    /** The end has been claimed; the claimer finishes it, or else the thread that is inside a setter. */
    static final int ENDING = 4;
    /** As ATTACHED, for a span that is not recorded. */
    static final int PASSING = 5;
    /** As ATTACHED or PASSING, but the exporter has asked for the span: it abandons it unless its thread uses it. */
    static final int ASKED = 6;
    /** Abandoned by the exporter: later calls are refused. */
    static final int ABANDONED = 7;
    /** Was attached, and a thread that does not own it has ended it; the time is in the record, the rest is to do. */
    static final int ENDED = 8;
    /** An error interrupted the end, and no thread is about to finish it: {@link Unfinished} does. */
    static final int BROKEN = 9;

    static final long NO_OWNER = 0;
    private static final int MAX_SPINS = 10_000;

    static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(OpenSpan.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Recorder recorder;
    /** The address of the record in the recorder's memory. */
    final long home;

    /** Written with release after {@link #owner}: a reader that finds ATTACHED also finds the owner. */
    int state;
    /**
     * The JDK's number of the thread that owns an attached span or is inside a detached one; else {@link #NO_OWNER}.
     */
    long owner;
    /** The thread inside a detached span, or the owner of an attached one if it may not own a chunk; else null. */
    ThreadState thread;

    /** The generation of the record's use, at its position in the commit word. */
    long lease;
    /** The use whose end was interrupted by an error before it had begun. */
    private short brokenEnd;

    /** Offset of the next entry within the record or part being written. */
    short position;
    /** End of the record; 0 once entries go into parts: from then on only {@link SpanWriter} appends. */
    short limit;
    /** The part being written; undefined while {@link #limit} is not 0. */
    int part;

    short attributes;
    short events;
    short links;
    /** The place of the exceptions that the exporter still needs. */
    short thrown = ThrownPool.NONE;

    OpenSpan(Recorder recorder, int record, long home) {
        super(record + 1);
        this.recorder = recorder;
        this.home = home;
        this.origin = recorder == null ? REMOTE : recorder.number;
    }

    final boolean isNoop() {
        return recorder == null;
    }

    /** The number of the record. */
    final int record() {
        return handle - 1;
    }

    // --- start

    /** Called first: a thread that copies a context and still finds the old lease has not read new ids. */
    final void claimed(long newLease) {
        lease = newLease;
        state = CLOSED; // an interrupted use may have left another state
        brokenEnd = 0;
        VarHandle.storeStoreFence();
    }

    final void context(long high, long low, int newFlags, int newMarks) {
        traceIdHigh = high;
        traceIdLow = low;
        flags = (short) newFlags;
        marks = (byte) newMarks;
    }

    final void time(int newAnchor, long ticks) {
        anchor = newAnchor;
        startTicks = ticks;
    }

    /**
     * Writes the record's header and opens the span; ids, flags, anchor and start must be set.
     *
     * @param at the address of the record
     */
    final void open(Recorder by, long at, int symbol, int kind, TraceContext parent) {
        final Memory memory = by.memory;
        final boolean isRoot = parent == null || !parent.isValid(); // a caller may send baggage without ids
        final int parentFlags = isRoot ? RecordLayout.FLAG_REMOTE_KNOWN : parent.childFlags;
        RecordLayout.ids(memory, at, traceIdHigh, traceIdLow, spanId, isRoot ? 0 : parent.spanId);
        RecordLayout.begin(memory, at, startTicks, symbol, kind, anchor);
        position = RecordLayout.HEADER_LENGTH;
        limit = (short) by.recordLength;
        attributes = 0;
        events = 0;
        links = 0;
        RecordLayout.commitRelease(memory, at, RecordLayout.opened(lease, flags | parentFlags, RecordLayout.OPEN));
    }

    /** Gives the span to the thread and makes it the thread's current one. */
    final void attach(ThreadState opener, int newHandle, boolean recorded) {
        if (!opener.hasSlot()) {
            thread = opener;
        }
        owner = opener.id;
        below = opener.top;
        STATE.setRelease(this, recorded ? ATTACHED : PASSING);
        opener.top = newHandle; // last: if an error interrupts this earlier, the span is not on the stack
    }

    final void detach() {
        owner = NO_OWNER;
        STATE.setRelease(this, OPEN);
    }

    /** Whether only the context is propagated; valid while the span is open. */
    final boolean isUnrecorded() {
        return (marks & UNRECORDED) != 0;
    }

    /**
     * {@inheritDoc} Another thread may be ending the span, and reusing it. A start writes the lease before the ids, and
     * the commit word of the record after them.
     */
    @Override
    final boolean copyTo(TraceContext other) {
        if (isNoop()) {
            return false;
        }
        final long before = RecordLayout.lease(RecordLayout.commitWordAcquire(recorder.memory, home));
        other.copyFrom(this);
        VarHandle.loadLoadFence();
        return lease == before;
    }

    // --- use

    /** Whether this is a recorded, attached span of the calling thread: it may write, without {@link #leave}. */
    final boolean isOwn() {
        return (int) STATE.getAcquire(this) == ATTACHED && owner == ThreadIds.current();
    }

    /** True if the caller may write now; it must call {@link #leave} afterwards. */
    final boolean enter() {
        return isOwn() || enterShared();
    }

    final void leave() {
        final int found = state;
        if (found == BUSY || found == ENDING) {
            leaveShared();
        }
    }

    /** False if nothing is recorded. */
    private boolean enterShared() {
        if (recorder == null || state == PASSING || !enterOpen()) {
            return false;
        }
        if (isUnrecorded()) {
            leave();
            return false;
        }
        return true;
    }

    /** As {@link #enter}, for data that is propagated with the span; also true for a span that is not recorded. */
    final boolean enterToPassOn() {
        final int found = (int) STATE.getAcquire(this);
        return (found == ATTACHED || found == PASSING) && owner == ThreadIds.current()
                || recorder != null && enterOpen();
    }

    private boolean enterOpen() {
        final long caller = ThreadIds.current();
        final ThreadState mine = recorder.thread();
        for (int spins = 0; spins < MAX_SPINS; spins++) {
            final int found = (int) STATE.getAcquire(this);
            if (found == PASSING) {
                return false;
            }
            if (found == OPEN && STATE.compareAndSet(this, OPEN, BUSY)) {
                thread = mine; // no call in between
                owner = caller;
                return true;
            }
            if (found == BUSY && owner == caller || found == ASKED && keepAskedSpan()) {
                return true; // an error interrupted this thread's last call, or the span was about to be abandoned
            }
            if (found != OPEN && found != BUSY && !isAskedOfCaller(found)) {
                misuse(found == ATTACHED || found == ASKED ? Counter.MISUSE_WRONG_THREAD : Counter.MISUSE_AFTER_END);
                return false;
            }
            Thread.onSpinWait();
        }
        misuse(Counter.MISUSE_CONTENDED);
        return false;
    }

    private boolean isAskedOfCaller(int found) {
        return found == ASKED && owner == ThreadIds.current();
    }

    /** Keeps a span that the exporter was about to abandon, as its thread uses it. */
    private boolean keepAskedSpan() {
        return owner == ThreadIds.current() && STATE.compareAndSet(this, ASKED, isUnrecorded() ? PASSING : ATTACHED);
    }

    private void leaveShared() {
        final long mine = owner;
        final ThreadState inside = thread;
        owner = NO_OWNER;
        thread = null;
        try {
            if (!STATE.compareAndSet(this, BUSY, OPEN) && (int) STATE.getAcquire(this) == ENDING) {
                finish(now()); // another thread has ended the span meanwhile and left the finish to this one
            }
        } catch (Throwable e) { // no method call in this block, see Unfinished
            if (state == ENDING) {
                state = BROKEN;
                recorder.unfinished.any = true;
            } else {
                owner = mine;
                thread = inside;
            }
            throw e;
        }
    }

    final void misuse(Counter counter) {
        if (recorder != null) {
            recorder.counters.increment(counter);
        }
    }

    /** The owning thread's scratch; null if the caller does not own the span and must use a shared one. */
    final Utf8Scratch scratch() {
        return isOwn() ? recorder.thread().scratch : null;
    }

    // --- end

    /** Ends the span; the previously current span becomes current again. */
    public final void end() {
        try {
            final int found = (int) STATE.getAcquire(this);
            if ((found == ATTACHED || found == PASSING) && owner == ThreadIds.current()) {
                endAttached(found);
            } else if (recorder != null) {
                endShared();
            }
        } catch (Throwable e) { // no method call in this block, see Unfinished
            if (recorder != null) {
                final int place = (int) owner & Recorder.KNOWN - 1;
                final ThreadState known = recorder.known[place];
                final ThreadState belongsTo = known != null && known.id == owner ? known : thread;
                if (belongsTo != null) {
                    belongsTo.unsettled = true;
                    recorder.known[place] = null;
                }
                brokenEnd = (short) (lease >>> RecordLayout.GENERATION_SHIFT | Short.MIN_VALUE);
                recorder.unfinished.any = true;
            }
            if (e instanceof ThreadDeath) {
                throw e;
            }
        }
    }

    private void endAttached(int found) {
        boolean removed = false;
        try {
            final Recorder owning = recorder;
            final long ticks = found == PASSING ? 0 : owning.ticks();
            final ThreadState ender = owning.thread();
            ender.remove(this, owning);
            removed = true;
            if (!ender.hasSlot() && !isEnding(found)) {
                return;
            }
            final boolean measured = (marks & MEASURED) != 0;
            finish(ticks);
            if (measured) {
                owning.measured(ender, ticks);
            }
        } catch (Throwable e) { // no method call in this block, see Unfinished
            if (removed && state != CLOSED) { // whatever state other threads have set meanwhile
                state = BROKEN;
            }
            throw e;
        }
    }

    /** Claims the end of an attached span; false if another thread has ended it before. */
    abstract boolean isEnding(int found);

    final long now() {
        return isUnrecorded() ? 0 : recorder.ticks();
    }

    final void endShared() {
        boolean taken = false;
        try {
            final long ticks = now();
            while (!taken) {
                final int found = (int) STATE.getAcquire(this);
                if (found == OPEN || found == BUSY) {
                    final boolean isIdle = found == OPEN || owner == ThreadIds.current(); // see enterOpen
                    if (STATE.compareAndSet(this, found, ENDING)) {
                        taken = isIdle;
                        if (!isIdle) { // the thread inside finishes the span when it leaves, or else Unfinished does
                            recorder.unfinished.any = true;
                            return;
                        }
                    }
                } else if (isAskedOfCaller(found)) {
                    if (keepAskedSpan()) {
                        end();
                        return;
                    }
                } else if (found == ATTACHED || found == PASSING || found == ASKED) {
                    if (endElsewhere(found, ticks)) {
                        return;
                    }
                } else {
                    endLate(found);
                    return;
                }
            }
            finish(ticks);
        } catch (Throwable e) { // no method call in this block, see Unfinished
            if (taken && state == ENDING) {
                state = BROKEN;
                recorder.unfinished.any = true;
            }
            throw e;
        }
    }

    private void endLate(int found) {
        misuse(Counter.MISUSE_AFTER_END);
        if (found == ENDED && owner == ThreadIds.current()) {
            recorder.requestCheck(recorder.thread()); // the other thread has left the finish to this one
            recorder.top();
        }
    }

    /** Ends a span of another thread's; false when the span has changed meanwhile. */
    abstract boolean endElsewhere(int found, long ticks);

    /** Called only by the thread that has claimed the end. The store that lets the exporter take the record is last. */
    final void finish(long ticks) {
        try {
            releaseCarried();
            final boolean recorded = !isUnrecorded();
            if (recorded) {
                RecordLayout.endTicks(recorder.memory, home, Math.max(ticks, startTicks));
            }
            STATE.setRelease(this, CLOSED);
            RecordLayout.endRelease(recorder.memory, home);
            if (!recorded && recorder.chunks.recycles()) {
                recorder.chunks.free(this);
            }
        } catch (Throwable e) { // no method call in this block, see Unfinished
            state = BROKEN;
            recorder.unfinished.any = true;
            throw e;
        }
    }

    /** Acquire: pairs with the release of the state in {@link #finish}. */
    final boolean isClosed() {
        final int found = (int) STATE.getAcquire(this);
        return found == CLOSED || found >= ABANDONED;
    }

    /** Whether no thread can be inside a setter any more. */
    final boolean isFinished() {
        return (int) STATE.getAcquire(this) == CLOSED;
    }

    final void releaseCarried() {
        if (carried != TraceBaggagePool.NONE) {
            recorder.releaseCarried(this);
        }
    }

    /** Whether an end of this use was interrupted before it had begun; compares the low bits of the generation. */
    final boolean isEndBroken() {
        return brokenEnd == (short) (lease >>> RecordLayout.GENERATION_SHIFT | Short.MIN_VALUE);
    }

    /** The thread that owns an attached span or is inside a detached one; null if it has died. */
    final ThreadState belongsTo() {
        return thread != null ? thread : owner == NO_OWNER ? null : recorder.chunks.ownerOf(owner);
    }
}
