package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Set;

/**
 * The repair of starts and ends of spans that did not complete: because an error of the JVM interrupted them (the stack
 * is exhausted, a class can't be loaded, the thread is stopped), or because a span was ended by a thread other than its
 * owner. They are finished later, by the thread itself when it next accesses its current span, or by the exporter.
 *
 * <p>A handler of such an error has, in general, no stack left for a method call. So it only stores fields: the record
 * that the thread has claimed, the fact that an end was interrupted, and that the thread must come here. All steps are
 * ordered so that a claim is one store, done last, and can be repeated if it did not happen. Without an error this
 * costs a thread nothing: the handler removes the thread's state from the cache in {@link Recorder#known}, and the
 * slower look-up that follows leads here.
 */
final class Unfinished {

    static final int THREADS = 64;
    private static final VarHandle FINISHING_DEAD = finishingDeadHandle();
    private static final VarHandle FIRST = MethodHandles.arrayElementVarHandle(ThreadState[].class);
    private static final int MAX_STACK_TRACES = 512;

    /** The classes through which a thread writes into the record of an open span. */
    private static final Set<String> WRITERS = Set.of(
            OpenSpan.class.getName(), Span.class.getName(), SpanAnnotation.class.getName(), Recorder.class.getName());

    /** Whether there may be work for the exporter. */
    volatile boolean any;
    /**
     * Threads whose start of a span failed: they may die before they return here. By their numbers. Virtual threads,
     * which are in no other list, are linked from one to the next. Two failures at the same moment may count as one.
     */
    final ThreadState[] threads = new ThreadState[THREADS];
    /** Interrupted starts by the numbers of threads. Two at the same moment may count as one. */
    final int[] failedStarts = new int[THREADS];
    /** How many of them have been added to the counter. */
    private final int[] failedCounted = new int[THREADS];

    /** 1 while a thread finishes the work of a dead one. */
    private volatile int finishingDead;

    private final Recorder recorder;
    /** Threads found to be using their stacks during this pass of the exporter, by their numbers. */
    private final ThreadState[] inUse = new ThreadState[THREADS];
    /** Stack traces that may still be taken in this pass; the deeper the stack, the longer one takes. */
    private int stackTracesLeft = MAX_STACK_TRACES;

    private static VarHandle finishingDeadHandle() {
        try {
            return MethodHandles.lookup().findVarHandle(Unfinished.class, "finishingDead", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    Unfinished(Recorder recorder) {
        this.recorder = recorder;
    }

    // --- called by threads

    /** Finishes the work of the calling thread, or of a dead one. May itself be interrupted at any point. */
    void finish(ThreadState thread) {
        if (!thread.unsettled) {
            thread.cutDroppedStack(recorder.spans);
            return;
        }
        thread.unsettled = false;
        try {
            if (thread.halted != 0) {
                giveBack(thread, thread.halted);
                thread.halted = 0;
            }
            if (thread.haltedPart != 0) {
                giveBack(thread, thread.haltedPart);
                thread.haltedPart = 0;
            }
            thread.removeUnfinished(recorder.spans);
        } catch (Throwable e) { // no method call in this block
            thread.unsettled = true;
            recorder.known[(int) thread.id & Recorder.KNOWN - 1] = null;
            throw e;
        }
    }

    /** Finishes the work of a dead thread; any thread may call it, and it does nothing while another one does that. */
    void finishDead(ThreadState thread) {
        if (FINISHING_DEAD.compareAndSet(this, 0, 1)) {
            try {
                finish(thread);
                thread.closeScopes();
                finishingDead = 0;
            } catch (Throwable e) { // no method call in this block
                finishingDead = 0;
                throw e;
            }
        }
    }

    /** Adds failed starts to the counter. Only by the exporter: an error could interrupt another thread in between. */
    private void countFailed() {
        for (int i = 0; i < THREADS; i++) {
            final int failed = failedStarts[i];
            if (failed != failedCounted[i]) {
                recorder.counters.add(Counter.FAILED, failed - failedCounted[i]);
                failedCounted[i] = failed;
            }
        }
    }

    /** Releases a record that was claimed in an interrupted call. The last step is one store. */
    private void giveBack(ThreadState thread, int halted) {
        final int record = Math.abs(halted) - 1;
        final Span span = recorder.spans[SpanFileLayout.chunkOf(record)][SpanFileLayout.numberOf(record)];
        final int chunk = SpanFileLayout.chunkOf(record);
        final int number = SpanFileLayout.numberOf(record);
        final long word = RecordLayout.commitWord(recorder.memory, span.home);
        if (recorder.chunks.recycles()) { // without an exporter nothing takes it, whether or not it has been begun
            recorder.chunks.leases[chunk][number] = RecordLayout.lease(word);
            releaseCarried(span);
            recorder.chunks.free(span);
        } else if (RecordLayout.isUntaken(word, recorder.chunks.taken(chunk), number)) {
            recorder.chunks.leases[chunk][number] = RecordLayout.lease(word);
            if (RecordLayout.state(word) != RecordLayout.PART) {
                releaseCarried(span);
                RecordLayout.withdraw(recorder.memory, span.home); // no method call after it: an error could repeat it
                failedStarts[(int) thread.id & THREADS - 1]--; // the exporter counts the record as an unrecorded span
            }
        } else {
            releaseCarried(span);
            recorder.chunks.giveBack(thread, record, halted > 0);
        }
    }

    private void releaseCarried(Span span) {
        if (span.carried != TraceBaggagePool.NONE) {
            recorder.releaseCarried(span);
        }
    }

    // --- called by the exporter

    /**
     * Begins a pass: finishes the work of dead threads. Returns whether the exporter has to call {@link
     * UnfinishedSpan#finishForOwner} for each open span.
     */
    boolean begin() {
        countFailed();
        stackTracesLeft = MAX_STACK_TRACES;
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
                    any = true; // never reset here: other threads set it meanwhile
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
     * Drops the stack of a thread that is outside the tracer, if it contains only unfinished frames. Many spans may
     * depend on one thread, so a negative answer is kept for the rest of this pass.
     *
     * @param always whether to drop it whatever it contains
     */
    boolean dropUnfinished(ThreadState thread, boolean always) {
        final int place = (int) thread.id & THREADS - 1;
        if (!always && inUse[place] == thread) {
            return false;
        }
        final int top = thread.top;
        if ((always || thread.hasOnlyUnfinished(top, recorder.spans)) && isOutsideTracer(thread, top)) {
            recorder.dropStack(thread, top);
            return true;
        }
        if (!always) {
            inUse[place] = thread;
        }
        return false;
    }

    /** As {@link #isOutsideTracer(ThreadState)}; in addition, this frame must still be the top of its stack. */
    boolean isOutsideTracer(ThreadState thread, int top) {
        return isOutsideTracer(thread) && (thread == null || thread.top == top);
    }

    /**
     * Whether a thread is inside none of the methods that write into a record; each of those checks the state first.
     * The methods never wait themselves, but the JVM blocks a thread inside one while it links or initialises a class.
     * Also false if enough stack traces have been taken in this pass.
     */
    boolean isOutsideTracer(ThreadState thread) {
        return thread == null
                || thread.isDead()
                || ThreadStacks.isWaiting(thread.id, thread.isVirtual(), thread.get())
                        && stackTracesLeft-- > 0
                        && !isInside(thread);
    }

    private static boolean isInside(ThreadState thread) {
        final StackTraceElement[] stack = ThreadStacks.whileWaiting(thread.id, thread.isVirtual(), thread.get());
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
