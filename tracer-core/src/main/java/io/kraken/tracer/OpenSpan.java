package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Set;

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

    private static final int CLOSED = 0;
    /** Open, and the business of one thread only. */
    private static final int ATTACHED = 1;
    /** Detached: setters and the end exclude each other by compare-and-set. */
    private static final int OPEN = 2;

    private static final int BUSY = 3;
    private static final int ENDING = 4;
    /** As ATTACHED, of a span that is not recorded. */
    private static final int PASSING = 5;
    /** As ATTACHED or PASSING, but the exporter takes it back unless its thread goes on with it. */
    private static final int ASKED = 6;
    /** Taken back by the exporter. */
    private static final int ABANDONED = 7;

    private static final long NOBODY = 0;
    private static final int MAX_SPINS = 10_000;
    private static final int LONG_LENGTH = EntryLayout.TAG_LENGTH + Long.BYTES;

    /** The classes through which a thread comes to write into the record of a span that is open. */
    private static final Set<String> WRITERS =
            Set.of(OpenSpan.class.getName(), Span.class.getName(), Detail.class.getName(), Recorder.class.getName());

    private static final VarHandle STATE;

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
    private int state;
    /** The JDK's number of the thread of an attached span, {@link #NOBODY} for a detached one. */
    private long owner;
    /** The thread of an attached span, if it may not own a chunk. Cleared at the end: a record must not keep it. */
    private ThreadState thread;

    /** The generation of the record's use, in its place in the commit word. */
    long lease;

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
        opener.push(this, newHandle);
        STATE.setRelease(this, recorded ? ATTACHED : PASSING);
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
        if (state != ATTACHED && state != PASSING) {
            leaveShared();
        }
    }

    /** Not where nothing is recorded. */
    private boolean enterShared() {
        if (recorder == null || state == PASSING || !enterOpen()) {
            return false;
        }
        if (isUnrecorded()) {
            leaveShared();
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
        for (int spins = 0; spins < MAX_SPINS; spins++) {
            final int found = (int) STATE.getAcquire(this);
            if (found == PASSING) {
                return false;
            }
            if (found == OPEN && STATE.compareAndSet(this, OPEN, BUSY) || found == ASKED && goesOn()) {
                return true;
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
        if (!STATE.compareAndSet(this, BUSY, OPEN) && (int) STATE.getAcquire(this) == ENDING) {
            finish(now()); // another thread has ended the span meanwhile and left the rest to this one
        }
    }

    final void misuse(Counter counter) {
        if (recorder != null) {
            recorder.counters.increment(counter);
        }
    }

    // --- short values

    final void putLong(int symbol, String key, int type, long bits) {
        final int at = position;
        if (at + LONG_LENGTH > limit || attributes >= recorder.fastAttributes || symbol == EntryLayout.INLINE_SYMBOL) {
            SpanWriter.putLong(this, symbol, key, type, bits);
            return;
        }
        final Memory memory = recorder.memory;
        memory.putInt(home + at, EntryLayout.tag(type, symbol));
        memory.putLong(home + at + EntryLayout.TAG_LENGTH, bits);
        appended(memory, at + LONG_LENGTH);
    }

    final void putString(int symbol, String key, String value) {
        final int from = position + EntryLayout.PREFIX_LENGTH;
        final int length = value.length();
        if (length > limit - from
                || attributes >= recorder.fastAttributes
                || symbol == EntryLayout.INLINE_SYMBOL
                || !StringBytes.putAscii(recorder.memory, home + from, value)) {
            SpanWriter.putString(this, symbol, key, value);
            return;
        }
        final Memory memory = recorder.memory;
        memory.putLong(
                home + from - EntryLayout.PREFIX_LENGTH,
                (long) length << 32 | EntryLayout.tag(EntryLayout.STRING, symbol) & 0xFFFF_FFFFL);
        appended(memory, from + length);
    }

    /** Takes note of an attribute in the record itself; others may read it from now on. */
    private void appended(Memory memory, int end) {
        attributes++;
        position = (short) end;
        RecordLayout.lengthRelease(memory, home, end);
    }

    /** The owning thread's scratch; null where there is none, and a common one has to do. */
    final Utf8Scratch scratch() {
        return isOwn() ? recorder.thread().scratch : null;
    }

    // --- the end

    /** Ends the span; what was current before is current again. */
    public final void end() {
        final int found = (int) STATE.getAcquire(this);
        if ((found == ATTACHED || found == PASSING) && owner == ThreadIds.current()) {
            try {
                endAttached(found);
            } catch (StackOverflowError e) {
                // The program's own; the span is taken back when it has been open for too long.
            }
        } else if (recorder != null) {
            endShared();
        }
    }

    private void endAttached(int found) {
        final Recorder behind = recorder;
        final long ticks = found == PASSING ? 0 : behind.ticks();
        final ThreadState ender = behind.thread();
        ender.remove(this, behind.spans);
        if (!ender.hasSlot()) {
            thread = null;
        }
        final boolean measured = (marks & MEASURED) != 0;
        finish(ticks);
        if (measured) {
            behind.measured(ender, ticks);
        }
    }

    private long now() {
        return isUnrecorded() ? 0 : recorder.ticks();
    }

    private void endShared() {
        final long ticks = now();
        while (true) {
            final int found = (int) STATE.getAcquire(this);
            if (found == OPEN && STATE.compareAndSet(this, OPEN, ENDING)) {
                finish(ticks);
                return;
            }
            if (found == BUSY && STATE.compareAndSet(this, BUSY, ENDING)) {
                return; // the setter that is at work finishes the span when it leaves
            }
            if (found == ASKED && goesOn()) {
                end();
                return;
            }
            if (found != OPEN && found != BUSY && !isAskedOfCaller(found)) {
                final boolean elsewhere = found == ATTACHED || found == PASSING || found == ASKED;
                misuse(elsewhere ? Counter.MISUSE_WRONG_THREAD : Counter.MISUSE_AFTER_END);
                return;
            }
        }
    }

    /** By the one caller whose business the end is. What lets the exporter take the record comes last. */
    private void finish(long ticks) {
        if (carried != CarriedPool.NONE) {
            recorder.letGoCarried(this);
        }
        final boolean recorded = !isUnrecorded();
        if (recorded) {
            RecordLayout.endTicks(recorder.memory, home, Math.max(ticks, startTicks));
        }
        STATE.setRelease(this, CLOSED);
        RecordLayout.endRelease(recorder.memory, home);
        if (!recorded && recorder.chunks.recycles()) {
            recorder.chunks.free(this);
        }
    }

    /** Pairs with what {@link #finish} says last but one. */
    final boolean isClosed() {
        final int found = (int) STATE.getAcquire(this);
        return found == CLOSED || found == ABANDONED;
    }

    // --- the exporter takes it back

    /**
     * Takes a span that has been open for too long from its user. Of an attached one whose thread lives, this is done
     * in steps, one at a call: its thread is asked, by the state; once it has been out of reach since, the span is its
     * no more, and its stack is dropped; once it has been out of reach again, it has seen that, or will.
     *
     * @return whether nobody can write into the record any more; false: ask again
     */
    final boolean abandon() {
        final int found = (int) STATE.getAcquire(this);
        final boolean isTaken;
        switch (found) {
            case OPEN:
                isTaken = STATE.compareAndSet(this, OPEN, ABANDONED);
                break;
            case ATTACHED:
            case PASSING:
            case ASKED:
                final ThreadState user = belongsTo();
                if (user != null && !user.isDead()) {
                    ask(found, user);
                    return false;
                }
                isTaken = STATE.compareAndSet(this, found, ABANDONED);
                break;
            case ABANDONED:
                isTaken = isOutOfReach(belongsTo());
                break;
            default:
                return false; // CLOSED, ENDING, BUSY: its thread is about to begin or end it
        }
        if (isTaken) {
            owner = NOBODY;
            thread = null;
            if (carried != CarriedPool.NONE) {
                recorder.letGoCarried(this);
            }
        }
        return isTaken;
    }

    private void ask(int found, ThreadState user) {
        if (found != ASKED) {
            STATE.compareAndSet(this, found, ASKED);
        } else if (isOutOfReach(user) && STATE.compareAndSet(this, ASKED, ABANDONED)) {
            recorder.dropStack(user); // the span is on it
        }
    }

    /** Whether the span has been taken from its user, and may have to be {@link #abandon asked} for once more. */
    final boolean isAbandoned() {
        return (int) STATE.getAcquire(this) == ABANDONED;
    }

    /** The thread of an attached span; null when it has died. */
    private ThreadState belongsTo() {
        return thread != null ? thread : owner == NOBODY ? null : recorder.chunks.ownerOf(owner);
    }

    /**
     * Whether the thread of an attached span that was taken back is inside none of its methods, each of which looks
     * at the state first. The methods themselves never wait, but the JVM makes a thread wait inside one when it links
     * or initialises a class there.
     */
    private static boolean isOutOfReach(ThreadState belongsTo) {
        final Thread running = belongsTo == null ? null : belongsTo.get();
        return running == null || running.getState() != Thread.State.RUNNABLE && !isInsideSpan(running);
    }

    private static boolean isInsideSpan(Thread thread) {
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (WRITERS.contains(frame.getClassName())) {
                return true;
            }
        }
        return false;
    }
}
