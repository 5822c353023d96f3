package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What starts and ends of a tracer have left unfinished: because an error of the JVM broke them off (the stack is used
 * up, a class can't be loaded, the thread is stopped), or because a span was ended by another thread than its own. It
 * is finished later: by the thread itself at its next look at what is current, or by the exporter.
 *
 * <p>What handles such an error has, in general, no room on the stack for a call. So it writes fields and nothing else:
 * which record the thread has claimed, that an end was broken off, and that the thread is to look here. All steps in
 * between are ordered so that a claim is one store, done last, and can be repeated where it was not. To look costs
 * a thread nothing as long as there is nothing: what is written takes the thread's state out of the table where it is
 * found first, so the thread comes by here because it does not find it.
 */
final class Unfinished {

    static final int THREADS = 64;
    private static final VarHandle BURYING = findBurying();
    private static final VarHandle FIRST = MethodHandles.arrayElementVarHandle(ThreadState[].class);
    private static final int MOST_LOOKS = 512;

    /** The classes through which a thread comes to write into the record of a span that is open. */
    private static final Set<String> WRITERS =
            Set.of(OpenSpan.class.getName(), Span.class.getName(), Detail.class.getName(), Recorder.class.getName());

    /** Whether there may be anything for the exporter to finish. */
    volatile boolean any;
    /**
     * Threads in whose starts an error happened: they may be dead before they look again. By their numbers; of virtual
     * ones, which are found nowhere else, each leads to the one before it. Two at the same moment may be taken for one.
     */
    final ThreadState[] threads = new ThreadState[THREADS];
    /** Starts that an error broke off, by the numbers of threads; two at the same moment may be taken for one. */
    final int[] failedStarts = new int[THREADS];
    /** How many of them are counted. */
    private final AtomicIntegerArray failedCounted = new AtomicIntegerArray(THREADS);

    /** 1 while somebody finishes what a dead thread has left. */
    private volatile int burying;

    private final Recorder recorder;
    /** Threads that were found to need their stacks since the exporter began, by their numbers. */
    private final ThreadState[] inUse = new ThreadState[THREADS];
    /** Stacks of threads that may be looked at until it begins again: each takes the longer the deeper it is. */
    private int looks = MOST_LOOKS;

    private static VarHandle findBurying() {
        try {
            return MethodHandles.lookup().findVarHandle(Unfinished.class, "burying", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    Unfinished(Recorder recorder) {
        this.recorder = recorder;
    }

    // --- a thread

    /** Finishes what there is of the calling thread, or a dead one. Can be broken off at any point. */
    void finish(ThreadState thread) {
        if (!thread.unsettled) {
            thread.cutDroppedStack(recorder.spans);
            return;
        }
        thread.unsettled = false;
        try {
            countFailed();
            if (thread.halted != 0) {
                giveBack(thread, thread.halted);
                thread.halted = 0;
            }
            if (thread.haltedPart != 0) {
                giveBack(thread, thread.haltedPart);
                thread.haltedPart = 0;
            }
            thread.removeLeft(recorder.spans);
        } catch (Throwable e) { // no call in here
            thread.unsettled = true;
            recorder.known[(int) thread.id & Recorder.KNOWN - 1] = null;
            throw e;
        }
    }

    /** What a dead thread has left; any thread, but nothing while another one does that. */
    void finishDead(ThreadState thread) {
        if (BURYING.compareAndSet(this, 0, 1)) {
            try {
                finish(thread);
                thread.closeScopes();
                burying = 0;
            } catch (Throwable e) { // no call in here
                burying = 0;
                throw e;
            }
        }
    }

    private void countFailed() {
        for (int i = 0; i < THREADS; i++) {
            final int failed = failedStarts[i];
            final int counted = failedCounted.get(i);
            if (failed != counted && failedCounted.compareAndSet(i, counted, failed)) {
                recorder.counters.add(Counter.FAILED, failed - counted);
            }
        }
    }

    /** A record that was claimed in a call which did not return. Its last step is one store. */
    private void giveBack(ThreadState thread, int halted) {
        final int record = Math.abs(halted) - 1;
        final Span span = recorder.spans[SpanFileLayout.chunkOf(record)][SpanFileLayout.numberOf(record)];
        final int chunk = SpanFileLayout.chunkOf(record);
        final int number = SpanFileLayout.numberOf(record);
        final long word = RecordLayout.commitWord(recorder.memory, span.home);
        if (recorder.chunks.recycles()) { // there nobody takes it, whether or not it has been begun
            recorder.chunks.leases[chunk][number] = RecordLayout.lease(word);
            letGoCarried(span);
            recorder.chunks.free(span);
        } else if (RecordLayout.isUntaken(word, recorder.chunks.taken(chunk), number)) {
            recorder.chunks.leases[chunk][number] = RecordLayout.lease(word);
            if (RecordLayout.state(word) != RecordLayout.PART) {
                letGoCarried(span);
                recorder.counters.add(Counter.UNRECORDED, -1); // as what it is withdrawn to; it counts as failed
                RecordLayout.withdraw(recorder.memory, span.home);
            }
        } else {
            letGoCarried(span);
            recorder.chunks.giveBack(thread, record, halted > 0);
        }
    }

    private void letGoCarried(Span span) {
        if (span.carried != CarriedPool.NONE) {
            recorder.letGoCarried(span);
        }
    }

    // --- the exporter

    /**
     * Looks after threads that have died. Returns whether the exporter has to ask {@link OpenSpan#finishForOwner} of
     * each span that is open.
     */
    boolean begin() {
        countFailed();
        looks = MOST_LOOKS;
        if (!any) {
            return false;
        }
        any = false;
        Arrays.fill(inUse, null);
        for (int i = 0; i < THREADS; i++) {
            ThreadState before = null;
            for (ThreadState thread = threads[i]; thread != null; thread = next(thread)) {
                if (thread.isDead()) {
                    finishDead(thread);
                }
                if (thread.unsettled) {
                    any = true; // never taken back here: others set it meanwhile
                    before = thread;
                } else if (before != null) {
                    before.following = next(thread);
                    thread.isListed = false;
                } else if (FIRST.compareAndSet(threads, i, thread, next(thread))) {
                    thread.isListed = false;
                }
            }
        }
        return true;
    }

    private static ThreadState next(ThreadState thread) {
        return thread.isVirtual() ? thread.following : null;
    }

    /**
     * Drops the stack of a thread that is out of reach, where nothing is on it but what is left. There may be thousands
     * of spans that wait for it, so a no is not looked for again in this pass.
     *
     * @param always whatever is on the stack
     */
    boolean dropLeft(ThreadState thread, boolean always) {
        final int place = (int) thread.id & THREADS - 1;
        if (!always && inUse[place] == thread) {
            return false;
        }
        final int top = thread.top;
        if ((always || thread.hasOnlyLeft(top, recorder.spans)) && isOutOfReach(thread, top)) {
            recorder.dropStack(thread, top);
            return true;
        }
        if (!always) {
            inUse[place] = thread;
        }
        return false;
    }

    /** Whether the thread is out of reach, and has come no further than to this frame, which was on top before. */
    boolean isOutOfReach(ThreadState thread, int top) {
        return isOutOfReach(thread) && (thread == null || thread.top == top);
    }

    /**
     * Whether a thread is inside none of the methods that write into a record, each of which looks at the state first.
     * The methods themselves never wait, but the JVM makes a thread wait inside one when it links or initialises a
     * class there. No, too, where enough stacks have been looked at in this pass.
     */
    boolean isOutOfReach(ThreadState thread) {
        return thread == null || thread.isDead() || ThreadStacks.isWaiting(thread) && looks-- > 0 && !isInside(thread);
    }

    private static boolean isInside(ThreadState thread) {
        final StackTraceElement[] stack = ThreadStacks.whileWaiting(thread);
        if (stack == null) {
            return true;
        }
        for (StackTraceElement frame : stack) {
            if (WRITERS.contains(frame.getClassName())) {
                return true;
            }
        }
        return false;
    }
}
