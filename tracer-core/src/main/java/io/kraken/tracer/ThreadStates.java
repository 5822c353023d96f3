package io.kraken.tracer;

import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The {@link ThreadState} of each thread that uses a recorder, found by the thread. No platform thread refers to its
 * state, so a tracer that was closed and forgotten can go, and its class loader with it, while its threads live on; and
 * a thread whose thread-locals are erased keeps its state.
 *
 * <p>Those of platform threads are in lists by the low bits of the threads' numbers. Each newcomer takes the dead ones
 * out of its list, the exporter does so in turn: so there are never more than there were threads at the same time. A
 * virtual thread, of which there may be a million, has a weak reference to its state in a thread-local. What holds the
 * state is what is open: a span by itself, the outermost scope by {@link #hold}. Without either the state may go, and a
 * new one is as good.
 *
 * <p>Lock-free; any thread. A new state is added in front of its list. All states between one and its {@code
 * following} were dead when that was written, and the dead stay dead, so several threads may take states out at once:
 * the worst is a dead one that comes back and is taken out next time.
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

    /** The calling thread's; null when it has none. */
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
     * Of the calling thread, which has none.
     *
     * @param unfinished finishes what dead threads have left; null where the exporter does
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
     * Keeps the calling thread's state from now on.
     *
     * @return whether the caller has to {@link #letGo} of it; not when another one has
     */
    boolean hold(ThreadState state) {
        final Object[] found = state.isVirtual() ? ofVirtual.get() : null;
        if (found == null || found[HELD] != null) {
            return false;
        }
        found[HELD] = state;
        return true;
    }

    void letGo() {
        final Object[] found = ofVirtual.get();
        if (found != null) {
            found[HELD] = null;
        }
    }

    /** Takes dead threads out of the next lists; the exporter, in each duty cycle. */
    void pruneNext(Unfinished unfinished) {
        for (int i = 0; i < LISTS_A_CYCLE; i++) {
            prune(pruned++ & LISTS - 1, unfinished);
        }
    }

    /** Platform threads whose states there are. */
    int size() {
        int size = 0;
        for (int list = 0; list < LISTS; list++) {
            for (ThreadState state = first.get(list); state != null; state = state.following) {
                size++;
            }
        }
        return size;
    }

    /** @param unfinished finishes what a dead thread has left; without it, such a thread stays */
    private void prune(int list, Unfinished unfinished) {
        ThreadState before = null;
        for (ThreadState state = first.get(list); state != null; state = state.following) {
            final boolean dead = state.isDead();
            if (dead && state.hasLeft() && unfinished != null) {
                unfinished.finishDead(state);
            }
            if (!dead || state.hasLeft()) {
                before = state;
            } else if (before != null) {
                before.following = state.following;
            } else if (!first.compareAndSet(list, state, state.following)) {
                return; // a newcomer stands in front of it
            }
        }
    }

    private static int list(long id) {
        return (int) id & LISTS - 1;
    }
}
