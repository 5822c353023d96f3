package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;

/**
 * The part of a span's life cycle that threads other than its user complete: an end that another thread has left to the
 * owner or that an error interrupted, see {@link Unfinished}, and the abandoning of a span that is never ended.
 */
abstract class UnfinishedSpan extends OpenSpan {

    UnfinishedSpan(Recorder recorder, int record, long home) {
        super(recorder, record, home);
    }

    // --- abandoning, by the exporter

    /**
     * Takes a span that has been open for too long from its user. If it is attached and its thread lives, this takes
     * several calls, one step each: first the state asks the thread; once the thread has been seen outside the tracer
     * after that, the span is taken and the thread's stack is dropped; once it has been seen outside again, it has
     * noticed, or will notice, the new state.
     *
     * @return true if no thread can write into the record any more; false: call again later
     */
    final boolean abandon() {
        final int found = (int) STATE.getAcquire(this);
        final boolean isTaken;
        switch (found) {
            case OPEN:
                isTaken = STATE.compareAndSet(this, OPEN, ABANDONED);
                break;
            case BUSY:
                final ThreadState inside = belongsTo();
                if (inside != null && inside.isDead()) {
                    STATE.compareAndSet(this, BUSY, OPEN);
                }
                return false;
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
                isTaken = recorder.unfinished.isOutsideTracer(belongsTo());
                break;
            case ENDED:
                settleForOwner(belongsTo(), true);
                return false;
            default:
                return false; // CLOSED, ENDING: its thread is about to begin or end the span
        }
        if (isTaken) {
            owner = NO_OWNER;
            thread = null;
            releaseCarried();
        }
        return isTaken;
    }

    private void ask(int found, ThreadState user) {
        final int top = user.top;
        if (found != ASKED) {
            STATE.compareAndSet(this, found, ASKED);
        } else if (recorder.unfinished.isOutsideTracer(user, top) && STATE.compareAndSet(this, ASKED, ABANDONED)) {
            recorder.dropStack(user, top); // which contains the span
        }
    }

    /** Whether it is an open, attached span whose thread has died. */
    final boolean isOfDeadThread() {
        final int found = (int) STATE.getAcquire(this);
        final ThreadState user = found == ATTACHED || found == PASSING || found == ASKED ? belongsTo() : null;
        return user != null && user.isDead();
    }

    /** Whether the span has been taken from its user; {@link #abandon} may have to be called once more. */
    final boolean isAbandoned() {
        return (int) STATE.getAcquire(this) == ABANDONED;
    }

    // --- interrupted ends

    /**
     * Ends a span that belongs to another thread, which may be inside it: claims it from that thread and leaves the
     * writing to that thread, or to the exporter if the thread makes no further call. If the owner ends the span at the
     * same time, it overwrites the state without checking it; then the owner's end counts.
     *
     * @return false if the span has changed meanwhile
     */
    @Override
    final boolean endElsewhere(int found, long ticks) {
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
            recorder.requestCheck(belongsTo);
        }
        return true;
    }

    @Override
    final boolean isOf(ThreadState caller) {
        final int found = (int) STATE.getAcquire(this);
        return (found == ATTACHED || found == PASSING || found == ASKED) && owner == caller.id;
    }

    @Override
    final boolean isUnfinished() {
        return isUnfinished((int) STATE.getAcquire(this));
    }

    private boolean isUnfinished(int found) {
        return found == ENDED || (found == ATTACHED || found == PASSING || found == ASKED) && isEndBroken();
    }

    /**
     * For a thread that may not own a chunk: other threads consider it dead once the span does not refer to it any
     * more. So it first claims the end, unless another thread or the exporter has done so before.
     */
    @Override
    final boolean isEnding(int found) {
        int now = found;
        while (!STATE.compareAndSet(this, now, ENDING)) {
            now = (int) STATE.getAcquire(this);
            if (now != ATTACHED && now != PASSING && now != ASKED) {
                settle();
                return false;
            }
        }
        thread = null;
        return true;
    }

    /** Completes the end of an attached span that is on no stack any more; by its thread, or else by the exporter. */
    @Override
    final void settle() {
        final int found = (int) STATE.getAcquire(this);
        if ((found == BROKEN || isUnfinished(found)) && STATE.compareAndSet(this, found, ENDING)) {
            thread = null;
            try {
                completeEnd(found);
            } catch (Throwable e) { // no method call in this block, see Unfinished
                state = BROKEN;
                recorder.unfinished.any = true;
                throw e;
            }
        }
    }

    /** Completes an end from the step that was done last. */
    private void completeEnd(int found) {
        final Memory memory = recorder.memory;
        final long word = RecordLayout.commitWord(memory, home);
        final int recorded = RecordLayout.state(word);
        if (recorded == RecordLayout.OPEN || recorded == RecordLayout.PASSING) {
            finish(found == ENDED ? RecordLayout.endTicks(memory, home) : now());
        } else {
            STATE.setRelease(this, CLOSED); // everything but the last step was done
            if (recorder.chunks.recycles()) {
                recorder.chunks.free(this);
            }
        }
    }

    /**
     * Finishes an end that another thread has left to the owner, or an error interrupted, if no other thread can be
     * about to do so. Called by the exporter only.
     *
     * @return false if it must be called again later
     */
    final boolean finishForOwner() {
        final int found = (int) STATE.getAcquire(this);
        if (found == BROKEN) {
            settle();
        } else if ((found == OPEN || found == BUSY) && isEndBroken()) {
            endShared();
        } else if (found == ENDING && owner != NO_OWNER) {
            final ThreadState inside = thread; // null while it is not visible yet
            if (inside == null || !recorder.unfinished.isOutsideTracer(inside)) {
                return false;
            }
            owner = NO_OWNER;
            thread = null;
            completeEnd(found);
        } else if (isUnfinished()) {
            return settleForOwner(belongsTo(), false);
        }
        return true;
    }

    /** Settles the span in place of its owner, if {@link Unfinished#dropUnfinished} could drop that thread's stack. */
    private boolean settleForOwner(ThreadState belongsTo, boolean always) {
        if (belongsTo != null && !recorder.unfinished.dropUnfinished(belongsTo, always)) {
            return false;
        }
        settle();
        return true;
    }
}
