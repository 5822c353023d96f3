package io.kraken.tracer;

import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The registry of the {@link ThreadState}s of all threads that use a recorder. No platform thread refers to its state,
 * so a closed tracer and its class loader can be collected while its threads live on, and a thread whose thread-locals
 * are erased keeps its state.
 *
 * <p>States of platform threads are in lists by the low bits of the threads' numbers. Adding a state removes the dead
 * ones from its list, and the exporter prunes the lists in turn: so there are never many more states than live threads.
 * A virtual thread, of which there may be a million, has a weak reference to its state in a thread-local. The state is
 * retained by what is open: by a span itself, or for the outermost scope by {@link #hold}. Without either it may be
 * collected, and is replaced by a new one.
 *
 * <p>Lock-free and thread-safe. A new state is added at the head of its list. All states between one and its {@code
 * following} were dead when that was written, and dead states stay dead, so several threads may prune at once: at worst
 * a dead state reappears and is removed next time.
 */
final class ThreadStates {

    private static final int LISTS = 256;
    private static final int LISTS_A_CYCLE = 16;
    private static final int STATE = 0;
    private static final int HELD = 1;

    private final AtomicReferenceArray<ThreadState> first = new AtomicReferenceArray<>(LISTS);
    /** A weak reference to the state, and the state itself while a scope is open. */
    private final ThreadLocal<Object[]> ofVirtual = new ThreadLocal<>();

    private int pruned;

    /** The state of the calling thread; null if it has none. */
    ThreadState find() {
        if (ThreadState.isVirtual(Thread.currentThread())) {
            final Object[] found = ofVirtual.get();
            return found == null ? null : (ThreadState) ((WeakReference<?>) found[STATE]).get();
        }
        final long id = ThreadIds.current();
        ThreadState state = first.get(list(id));
        while (state != null && state.id != id) {
            state = state.following;
        }
        return state;
    }

    /**
     * Adds the state of the calling thread, which has none yet.
     *
     * @param unfinished finishes the interrupted work of dead threads; null if the exporter does that
     */
    void add(ThreadState state, Unfinished unfinished) {
        if (state.isVirtual()) {
            ofVirtual.set(new Object[] {new WeakReference<>(state), null});
            return;
        }
        final int list = list(state.id);
        prune(list, unfinished);
        do {
            state.following = first.get(list);
        } while (!first.compareAndSet(list, state.following, state));
    }

    /**
     * Retains the calling thread's state from now on.
     *
     * @return whether the caller has to call {@link #release}; false if an outer scope already holds it
     */
    boolean hold(ThreadState state) {
        final Object[] found = state.isVirtual() ? ofVirtual.get() : null;
        if (found == null || found[HELD] != null) {
            return false;
        }
        found[HELD] = state;
        return true;
    }

    void release() {
        final Object[] found = ofVirtual.get();
        if (found != null) {
            found[HELD] = null;
        }
    }

    /** Removes dead threads from the next lists; called by the exporter in each duty cycle. */
    void pruneNext(Unfinished unfinished) {
        for (int i = 0; i < LISTS_A_CYCLE; i++) {
            prune(pruned++ & LISTS - 1, unfinished);
        }
    }

    /** The number of states of platform threads. */
    int size() {
        int size = 0;
        for (int list = 0; list < LISTS; list++) {
            for (ThreadState state = first.get(list); state != null; state = state.following) {
                size++;
            }
        }
        return size;
    }

    /** @param unfinished finishes the interrupted work of a dead thread; if null, such a thread stays in its list */
    private void prune(int list, Unfinished unfinished) {
        ThreadState before = null;
        for (ThreadState state = first.get(list); state != null; state = state.following) {
            final boolean dead = state.isDead();
            if (dead && state.hasUnfinishedWork() && unfinished != null) {
                unfinished.finishDead(state);
            }
            if (!dead || state.hasUnfinishedWork()) {
                before = state;
            } else if (before != null) {
                before.following = state.following;
            } else if (!first.compareAndSet(list, state, state.following)) {
                return; // a new state was added in front of it
            }
        }
    }

    private static int list(long id) {
        return (int) id & LISTS - 1;
    }
}
