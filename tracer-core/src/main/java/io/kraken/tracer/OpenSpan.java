package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The life of a span and its fields: who may touch it, and until when. One object for each record, for good; two cache
 * lines at the most.
 *
 * <p><i>Attached</i>, a span is the business of one thread, without synchronisation. <i>Detached</i>, any thread may
 * use and end it: setters and the end exclude each other by a compare-and-set, and the end is lock-free and happens
 * exactly once, whichever threads race. <i>Passing</i>, nothing of it is recorded, only its context is handed on. The
 * exporter may take back a span that has been open for too long: one that is attached once its thread, which may go on
 * with it until then, is out of reach. What is done with it later is refused and counted.
 *
 * <p>Short values are appended to the record right here; everything else is done by {@link SpanWriter}.
 */
abstract class OpenSpan extends Frame {

    static final int CLOSED = 0;
    /** Open, and the business of one thread only. */
    static final int ATTACHED = 1;
    /** Detached: setters and the end exclude each other by compare-and-set. */
    static final int OPEN = 2;

    static final int BUSY = 3;
    static final int ENDING = 4;
    /** As ATTACHED, of a span that is not recorded. */
    static final int PASSING = 5;
    /** As ATTACHED or PASSING, but the exporter takes it back unless its thread goes on with it. */
    static final int ASKED = 6;
    /** Taken back by the exporter. */
    static final int ABANDONED = 7;
    /** Was attached, and another thread has ended it; when, is in the record. To be finished. */
    static final int ENDED = 8;
    /** An error broke off the end, which nobody else is about to finish. */
    static final int BROKEN = 9;

    static final long NOBODY = 0;
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

    /** Written with release after {@link #owner}, so that who finds it attached finds the thread it belongs to. */
    int state;
    /**
     * The JDK's number of the thread of an attached span, or of the one that is at work in a detached one; {@link
     * #NOBODY}.
     */
    long owner;
    /** The thread in a detached span, or of an attached one if it may not own a chunk. Cleared, so as not to keep it. */
    ThreadState thread;

    /** The generation of the record's use, in its place in the commit word. */
    long lease;
    /** Which use it was whose end an error broke off before it had begun. */
    private short brokenEnd;

    /** Where the next entry goes, from the beginning of the record or part that it goes into. */
    short position;
    /** Where the record ends; 0 once entries go into parts: then all of them are {@link SpanWriter}'s business. */
    short limit;
    /** The part that is being written; means nothing while {@link #limit} is not 0. */
    int part;

    short attributes;
    short events;
    short links;
    /** Where the exceptions are that the exporter has to see. */
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

    // --- the beginning

    /** Before anything else: who copies a context and still finds the old lease has not met the new ids. */
    final void claimed(long newLease) {
        lease = newLease;
        state = CLOSED; // an error may have left another one
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
     * Writes the record's header and opens the span, whose ids, flags, anchor and start are there.
     *
     * @param at the address of the record
     */
    final void open(Recorder by, long at, int symbol, int kind, TraceContext parent) {
        final Memory memory = by.memory;
        final boolean isRoot = parent == null || !parent.isValid(); // a caller may say something and have no ids
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

    /** Makes the span its thread's current one, and gives it to the thread. */
    final void attach(ThreadState opener, int newHandle, boolean recorded) {
        if (!opener.hasSlot()) {
            thread = opener;
        }
        owner = opener.id;
        below = opener.top;
        STATE.setRelease(this, recorded ? ATTACHED : PASSING);
        opener.top = newHandle; // last: what an error breaks off before is not on the stack
    }

    final void detach() {
        owner = NOBODY;
        STATE.setRelease(this, OPEN);
    }

    /** Whether only the context is passed on; while the span is open. */
    final boolean isUnrecorded() {
        return (marks & UNRECORDED) != 0;
    }

    // --- in between

    /** Whether this is an attached span of the calling thread, and recorded: then it may write, and needs not leave. */
    final boolean isOwn() {
        return (int) STATE.getAcquire(this) == ATTACHED && owner == ThreadIds.current();
    }

    /** True when the caller may write now; it must {@link #leave} then. */
    final boolean enter() {
        return isOwn() || enterShared();
    }

    final void leave() {
        final int found = state;
        if (found == BUSY || found == ENDING) {
            leaveShared();
        }
    }

    /** Not where nothing is recorded. */
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

    /** As {@link #enter}, for what only travels with the span, which also goes where nothing is recorded. */
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
            if (found == BUSY && owner == caller || found == ASKED && goesOn()) {
                return true; // an error broke off what this thread did last; the exporter was about to take it back
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

    /** Its thread uses a span that the exporter was about to take back. */
    private boolean goesOn() {
        return owner == ThreadIds.current() && STATE.compareAndSet(this, ASKED, isUnrecorded() ? PASSING : ATTACHED);
    }

    private void leaveShared() {
        final long mine = owner;
        final ThreadState inside = thread;
        owner = NOBODY;
        thread = null;
        try {
            if (!STATE.compareAndSet(this, BUSY, OPEN) && (int) STATE.getAcquire(this) == ENDING) {
                finish(now()); // another thread has ended the span meanwhile and left the rest to this one
            }
        } catch (Throwable e) { // no call in here, see Unfinished
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

    /** The owning thread's scratch; null where there is none, and a common one has to do. */
    final Utf8Scratch scratch() {
        return isOwn() ? recorder.thread().scratch : null;
    }

    // --- the end

    /** Ends the span; what was current before is current again. */
    public final void end() {
        try {
            final int found = (int) STATE.getAcquire(this);
            if ((found == ATTACHED || found == PASSING) && owner == ThreadIds.current()) {
                endAttached(found);
            } else if (recorder != null) {
                endShared();
            }
        } catch (Throwable e) { // no call in here, see Unfinished
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
            final Recorder behind = recorder;
            final long ticks = found == PASSING ? 0 : behind.ticks();
            final ThreadState ender = behind.thread();
            ender.remove(this, behind);
            removed = true;
            if (!ender.hasSlot() && !isEnding(found)) {
                return;
            }
            final boolean measured = (marks & MEASURED) != 0;
            finish(ticks);
            if (measured) {
                behind.measured(ender, ticks);
            }
        } catch (Throwable e) { // no call in here, see Unfinished
            if (removed && state != CLOSED) { // whatever others have made of it meanwhile
                state = BROKEN;
            }
            throw e;
        }
    }

    /** Takes an attached span for its end; false when others have ended it before. */
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
                        if (!isIdle) { // the setter that is at work finishes the span when it leaves, if it comes to
                            recorder.unfinished.any = true;
                            return;
                        }
                    }
                } else if (isAskedOfCaller(found)) {
                    if (goesOn()) {
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
        } catch (Throwable e) { // no call in here, see Unfinished
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
            recorder.lookAgain(recorder.thread()); // the other thread has left the rest to this one
            recorder.top();
        }
    }

    /**
     * Ends a span of another thread's, which may be at work in it: takes it from that thread, and leaves what has to
     * be written to the thread itself, or to the exporter while the thread is out of reach. The thread's own end writes
     * over the state without looking; then that end counts.
     *
     * @return false when the span has changed meanwhile
     */
    private boolean endElsewhere(int found, long ticks) {
        if (!isUnrecorded()) {
            final long older = RecordLayout.endTicks(recorder.memory, home);
            if ((int) STATE.getAcquire(this) != found || !RecordLayout.endTicks(recorder.memory, home, older, ticks)) {
                return false;
            }
        }
        final ThreadState belongsTo = belongsTo();
        if (!STATE.compareAndSet(this, found, ENDED)) {
            return false;
        }
        misuse(Counter.MISUSE_WRONG_THREAD);
        recorder.unfinished.any = true;
        if (belongsTo != null) {
            recorder.lookAgain(belongsTo);
        }
        return true;
    }

    /** By the one caller whose business the end is. What lets the exporter take the record comes last. */
    final void finish(long ticks) {
        try {
            letGoCarried();
            final boolean recorded = !isUnrecorded();
            if (recorded) {
                RecordLayout.endTicks(recorder.memory, home, Math.max(ticks, startTicks));
            }
            STATE.setRelease(this, CLOSED);
            RecordLayout.endRelease(recorder.memory, home);
            if (!recorded && recorder.chunks.recycles()) {
                recorder.chunks.free(this);
            }
        } catch (Throwable e) { // no call in here, see Unfinished
            state = BROKEN;
            recorder.unfinished.any = true;
            throw e;
        }
    }

    /** Pairs with what {@link #finish} says last but one. */
    final boolean isClosed() {
        final int found = (int) STATE.getAcquire(this);
        return found == CLOSED || found >= ABANDONED;
    }

    /** Whether nobody can be inside a setter any more. */
    final boolean isFinished() {
        return (int) STATE.getAcquire(this) == CLOSED;
    }

    final void letGoCarried() {
        if (carried != CarriedPool.NONE) {
            recorder.letGoCarried(this);
        }
    }

    /** Whether an end of this use was broken off before it had begun; told by the low bits of the generation. */
    final boolean isEndBroken() {
        return brokenEnd == (short) (lease >>> RecordLayout.GENERATION_SHIFT | Short.MIN_VALUE);
    }

    /** The thread of an attached span, or at work in a detached one; null when it has died. */
    final ThreadState belongsTo() {
        return thread != null ? thread : owner == NOBODY ? null : recorder.chunks.ownerOf(owner);
    }
}
