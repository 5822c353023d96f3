package io.kraken.tracer;

import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;

/**
 * How the life of a span is finished by others than its user: an end that another thread has left to the span's own, or
 * that an error broke off, see {@link Unfinished}, and the taking back of a span that nobody ends.
 */
abstract class UnfinishedSpan extends OpenSpan {

    UnfinishedSpan(Recorder recorder, int record, long home) {
        super(recorder, record, home);
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
                isTaken = recorder.unfinished.isOutOfReach(belongsTo());
                break;
            case ENDED:
                settleWithout(belongsTo(), true);
                return false;
            default:
                return false; // CLOSED, ENDING: its thread is about to begin or end it
        }
        if (isTaken) {
            owner = NOBODY;
            thread = null;
            letGoCarried();
        }
        return isTaken;
    }

    private void ask(int found, ThreadState user) {
        final int top = user.top;
        if (found != ASKED) {
            STATE.compareAndSet(this, found, ASKED);
        } else if (recorder.unfinished.isOutOfReach(user, top) && STATE.compareAndSet(this, ASKED, ABANDONED)) {
            recorder.dropStack(user, top); // the span is on it
        }
    }

    /** Whether it is an attached span that is open, and whose thread has died. */
    final boolean isOfDeadThread() {
        final int found = (int) STATE.getAcquire(this);
        final ThreadState user = found == ATTACHED || found == PASSING || found == ASKED ? belongsTo() : null;
        return user != null && user.isDead();
    }

    /** Whether the span has been taken from its user, and may have to be {@link #abandon asked} for once more. */
    final boolean isAbandoned() {
        return (int) STATE.getAcquire(this) == ABANDONED;
    }

    // --- an end that is not finished

    @Override
    final boolean isOf(ThreadState asking) {
        final int found = (int) STATE.getAcquire(this);
        return (found == ATTACHED || found == PASSING || found == ASKED) && owner == asking.id;
    }

    @Override
    final boolean isLeft() {
        return isLeft((int) STATE.getAcquire(this));
    }

    private boolean isLeft(int found) {
        return found == ENDED || (found == ATTACHED || found == PASSING || found == ASKED) && isEndBroken();
    }

    /**
     * Of a thread that may not own a chunk, which others take for dead once the span does not refer to it any more. So
     * it first takes the span for its end, unless another thread's end or the exporter was earlier.
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

    /** Finishes the end of an attached span that is on no stack any more: its thread, or nobody else can. */
    @Override
    final void settle() {
        final int found = (int) STATE.getAcquire(this);
        if ((found == BROKEN || isLeft(found)) && STATE.compareAndSet(this, found, ENDING)) {
            thread = null;
            try {
                finishLeft(found);
            } catch (Throwable e) { // no call in here, see Unfinished
                state = BROKEN;
                recorder.unfinished.any = true;
                throw e;
            }
        }
    }

    private void finishLeft(int found) {
        final Memory memory = recorder.memory;
        final long word = RecordLayout.commitWord(memory, home);
        final int recorded = RecordLayout.state(word);
        if (recorded == RecordLayout.OPEN || recorded == RecordLayout.PASSING) {
            finish(found == ENDED ? RecordLayout.endTicks(memory, home) : now());
        } else {
            STATE.setRelease(this, CLOSED); // all but the last step was done
            if (recorder.chunks.recycles()) {
                recorder.chunks.free(this);
            }
        }
    }

    /**
     * Finishes an end that another thread has left to its owner, or an error broke off, as far as nobody else can be
     * about to. The exporter only.
     *
     * @return whether there is nothing left to do, or at least nothing that could be done later
     */
    final boolean finishForOwner() {
        final int found = (int) STATE.getAcquire(this);
        if (found == BROKEN) {
            settle();
        } else if ((found == OPEN || found == BUSY) && isEndBroken()) {
            endShared();
        } else if (found == ENDING && owner != NOBODY) {
            final ThreadState inside = thread; // null where it is not seen yet
            if (inside == null || !recorder.unfinished.isOutOfReach(inside)) {
                return false;
            }
            owner = NOBODY;
            thread = null;
            finishLeft(found);
        } else if (isLeft()) {
            return settleWithout(belongsTo(), false);
        }
        return true;
    }

    /** Where the thread is out of reach, and has nothing else on its stack, which has to be dropped, or always. */
    private boolean settleWithout(ThreadState belongsTo, boolean always) {
        if (belongsTo != null && !recorder.unfinished.dropLeft(belongsTo, always)) {
            return false;
        }
        settle();
        return true;
    }
}
