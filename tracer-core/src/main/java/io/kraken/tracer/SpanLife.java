package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Who may touch a span, and until when. Attached, it is the business of one thread, without synchronisation; detached,
 * of whoever gets in, one at a time, and its end is lock-free and happens exactly once, whoever races. The same for a
 * span of which nothing is recorded, only that nobody gets in but to change what is passed on.
 */
abstract class SpanLife extends SpanRecord {

    private static final int CLOSED = 0;
    /** Open, and the business of one thread only. */
    private static final int ATTACHED = 1;
    /** Detached: setters and the end exclude each other by compare-and-set. */
    private static final int OPEN = 2;

    private static final int BUSY = 3;
    private static final int ENDING = 4;
    /** As ATTACHED, of a span that is not recorded. */
    private static final int PASSING = 5;

    private static final int MAX_SPINS = 10_000;

    private static final VarHandle STATE;
    private static final VarHandle PASSING_LEASE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(SpanLife.class, "state", int.class);
            PASSING_LEASE = MethodHandles.lookup().findVarHandle(SpanLife.class, "passingLease", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Written with release after {@link #thread}, so that who finds it attached finds the thread it belongs to. */
    private int state;

    /**
     * The thread of an attached span. Only a thread itself ever writes its own state here, so it can't find itself
     * where it does not belong. Stays when a span of a thread's own window ends, for the next one.
     */
    private ThreadState thread;

    /** The lease under which this span was not recorded last; written behind the ids. */
    @SuppressWarnings("unused") // through PASSING_LEASE
    private long passingLease;

    SpanLife(Recorder recorder, int index, int home, boolean own) {
        super(recorder, index, home, own);
    }

    // --- the beginning

    final void openAttached(ThreadState thread) {
        open();
        belongTo(thread);
        thread.push(this);
        STATE.setRelease(this, ATTACHED);
    }

    private void belongTo(ThreadState to) {
        if (thread != to) {
            thread = to;
            scratch = to.scratch;
        }
    }

    final void openDetached() {
        open();
        thread = null;
        scratch = null;
        STATE.setRelease(this, OPEN);
    }

    /** As {@link #openAttached}, of a span that is not recorded. */
    final void passAttached(ThreadState to) {
        PASSING_LEASE.setRelease(this, lease);
        belongTo(to);
        to.push(this);
        STATE.setRelease(this, PASSING);
    }

    /** As {@link #openDetached}, of a span that is not recorded. */
    final void passDetached() {
        PASSING_LEASE.setRelease(this, lease);
        thread = null;
        scratch = null;
        STATE.setRelease(this, OPEN);
    }

    /** Whether only the context is passed on; while the span is open. */
    final boolean isUnrecorded() {
        return (marks & UNRECORDED) != 0;
    }

    /** The newest lease whose ids are there. */
    final long begunLease() {
        return Math.max((long) PASSING_LEASE.getAcquire(this), RecordLayout.leaseAcquire(buffer, home));
    }

    private void open() {
        openRecord();
        if (detail != null) {
            detail = null;
        }
    }

    // --- in between

    /** True when the caller may write now; it must {@link #leave} then. */
    final boolean enter() {
        final int found = (int) STATE.getAcquire(this);
        return found == ATTACHED && belongsToCaller() || found != PASSING && recorder != null && enterShared();
    }

    private boolean isOwn() {
        return (int) STATE.getAcquire(this) == ATTACHED && belongsToCaller();
    }

    private boolean belongsToCaller() {
        final ThreadState belongsTo = thread; // read once: another thread may find it gone (StaleSpan)
        return belongsTo != null && belongsTo.isCurrentThread();
    }

    final void leave() {
        if (state != ATTACHED && state != PASSING) {
            leaveShared();
        }
    }

    /** Not where nothing is recorded. */
    private boolean enterShared() {
        if (!enterOpen()) {
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
        return isOwn() || isPassing() || recorder != null && enterOpen();
    }

    private boolean enterOpen() {
        for (int spins = 0; spins < MAX_SPINS; spins++) {
            final int found = (int) STATE.getAcquire(this);
            if (found == PASSING) {
                return false;
            }
            if (found == OPEN && STATE.compareAndSet(this, OPEN, BUSY)) {
                return true;
            }
            if (found != OPEN && found != BUSY) {
                misuse(found == ATTACHED ? Counter.MISUSE_WRONG_THREAD : Counter.MISUSE_AFTER_END);
                return false;
            }
            Thread.onSpinWait();
        }
        misuse(Counter.MISUSE_CONTENDED);
        return false;
    }

    private void leaveShared() {
        if (!STATE.compareAndSet(this, BUSY, OPEN)) {
            finishDetached(now()); // somebody ended the span meanwhile and left the rest to us
        }
    }

    final void misuse(Counter counter) {
        if (recorder != null) {
            recorder.counters.increment(counter);
        }
    }

    /** Unrecorded, and the business of the calling thread. */
    private boolean isPassing() {
        return (int) STATE.getAcquire(this) == PASSING && belongsToCaller();
    }

    // --- the end

    /** Ends the span; what was current before is current again. */
    public final void end() {
        final int found = (int) STATE.getAcquire(this);
        if (found == ATTACHED && belongsToCaller()) {
            final Recorder behind = recorder;
            final long ticks = behind.clock.ticks();
            final ThreadState ender = thread;
            if (!own) {
                thread = null; // what a thread leaves behind when it dies is not to be kept by all it ever started
                scratch = null;
            }
            final boolean measured = (marks & MEASURED) != 0;
            ender.remove(this, behind.pool.spans);
            behind.finish(this, ender, ticks);
            if (measured) {
                behind.measured(ender, ticks);
            }
        } else if (found == PASSING && belongsToCaller()) {
            endPassing();
        } else if (recorder != null) {
            endShared();
        }
    }

    private void endPassing() {
        final ThreadState ender = thread;
        if (!own) {
            thread = null;
            scratch = null;
        }
        ender.remove(this, recorder.pool.spans);
        recorder.finishUnrecorded(this);
    }

    private long now() {
        return isUnrecorded() ? 0 : recorder.clock.ticks();
    }

    private void endShared() {
        final long ticks = now();
        while (true) {
            final int found = (int) STATE.getAcquire(this);
            if (found == OPEN && STATE.compareAndSet(this, OPEN, ENDING)) {
                finishDetached(ticks);
                return;
            }
            if (found == BUSY && STATE.compareAndSet(this, BUSY, ENDING)) {
                return; // the setter that is at work finishes the span when it leaves
            }
            if (found != OPEN && found != BUSY) {
                final boolean elsewhere = found == ATTACHED || found == PASSING;
                misuse(elsewhere ? Counter.MISUSE_WRONG_THREAD : Counter.MISUSE_AFTER_END);
                return;
            }
        }
    }

    private void finishDetached(long ticks) {
        if (isUnrecorded()) {
            recorder.finishUnrecorded(this);
        } else {
            recorder.finish(this, recorder.thread(), ticks);
        }
    }

    /** Pairs with {@link #closed}. */
    final boolean isClosed() {
        return (int) STATE.getAcquire(this) == CLOSED;
    }

    /** Says so when everything else is done. */
    final void closed() {
        STATE.setRelease(this, CLOSED);
    }
}
