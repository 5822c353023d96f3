package io.kraken.tracer;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The pool of trace state and baggage of this process's open spans, as far as they have any. A span refers to a place
 * by a handle, which its children share. A place is filled before its handle is published, and does not change while it
 * has a holder: changed baggage gets a place of its own. One pool for the process, since contexts pass between tracers.
 * Lock-free and thread-safe.
 *
 * <p>Each place has a state word: in the high bits how often it was taken, in the low ones the number of its holders. A
 * handle has the same high bits, so that a stale one is recognised. Its low bits are the index of the place.
 *
 * <p>An error of the JVM, such as a stack overflow, may interrupt any method call here. Each operation takes effect by
 * one store, and no method is called between that store and the store of the handle at its holder. If a holder has to
 * call methods before it can release, and one is interrupted, it records that in the place by a plain store.
 */
final class TraceBaggagePool {

    /** The context carries neither trace state nor baggage. */
    static final long NONE = 0;
    /** The context has trace state or baggage in an object of its own. */
    static final long OWN = -1;

    private static final int SHIFT = 20;
    static final int MASK = (1 << SHIFT) - 1;
    /** The number of holders that marks a place as being filled. */
    private static final int FILLING = MASK;

    static final int DEFAULT_PLACES = 4096;
    private static final int MAX_TRIES = 256;

    private static volatile int placesAsked = DEFAULT_PLACES;

    /** Created with the first context or the first tracer. */
    private static final class Process {
        static final TraceBaggagePool POOL = new TraceBaggagePool(placesAsked);
    }

    private final AtomicLongArray states;
    /** Created when first taken, and published with the state. */
    private final TraceBaggage[] places;
    /** The place found last; racy on purpose. */
    private int hint;

    TraceBaggagePool(int places) {
        this.states = new AtomicLongArray(places);
        this.places = new TraceBaggage[places];
    }

    /**
     * Creates the pool of the process with this many places, if it does not exist yet.
     *
     * @return how many it has: as many as were asked for first
     */
    static int configure(int places) {
        placesAsked = places;
        return process().size();
    }

    static TraceBaggagePool process() {
        return Process.POOL;
    }

    /** Takes a place, which the caller fills and then publishes; {@link #NONE} if none is free. */
    long take() {
        int place = hint;
        for (int i = 0; i < Math.min(MAX_TRIES, states.length()); i++, place++) {
            place = place < states.length() ? place : 0;
            final long state = states.get(place);
            final long filling = (state >>> SHIFT) + 1 << SHIFT | FILLING;
            if (isFree(state, place)) {
                final TraceBaggage there = places[place];
                final TraceBaggage used = there != null ? there : new TraceBaggage();
                if (states.compareAndSet(place, state, filling)) { // no method call from here on
                    hint = place;
                    places[place] = used;
                    used.unreleased = 0;
                    return filling & ~MASK | place;
                }
            }
        }
        hint = place;
        return NONE;
    }

    /** Whether a place has no holder, or errors have interrupted all of its holders. */
    private boolean isFree(long state, int place) {
        final int holders = (int) state & MASK;
        final TraceBaggage there = places[place];
        if (holders == 0 || there == null) {
            return holders == 0;
        }
        return holders == FILLING ? there.broken >>> SHIFT == state >>> SHIFT : there.unreleased == holders;
    }

    /** Publishes a filled place, with the caller as its only holder. */
    void publish(long handle) {
        states.set(place(handle), handle & ~MASK | 1);
    }

    /** Adds a holder; false if the handle is stale, or there are too many holders. */
    boolean hold(long handle) {
        final int place = place(handle);
        long state = states.get(place);
        while (state >>> SHIFT == handle >>> SHIFT && (state & MASK) != 0 && (state & MASK) < FILLING - 1) {
            if (states.compareAndSet(place, state, state + 1)) {
                return true;
            }
            state = states.get(place);
        }
        return false;
    }

    /**
     * The content of a place, with the caller as an additional holder, which has to release it or record that it
     * could not.
     *
     * @return null if the handle is stale, or there are too many holders
     */
    TraceBaggage borrow(long handle) {
        return hold(handle) ? places[(int) handle & MASK] : null;
    }

    /** Removes a holder; the last one frees the place. */
    void release(long handle) {
        states.decrementAndGet(place(handle));
    }

    /** Frees a place that was not published. */
    void giveBack(long handle) {
        states.set(place(handle), handle & ~MASK);
    }

    /** The content of a place, for a holder. */
    TraceBaggage at(long handle) {
        return places[place(handle)];
    }

    private static int place(long handle) {
        return (int) handle & MASK;
    }

    int size() {
        return states.length();
    }

    /** The number of places in use. */
    int inUse() {
        int held = 0;
        for (int i = 0; i < states.length(); i++) {
            held += isFree(states.get(i), i) ? 0 : 1;
        }
        return held;
    }

    /**
     * A handle for a child of this context, with the caller as its holder.
     *
     * @return {@link #NONE} if the context's place is gone, or there is no free place for a copy
     */
    long inherit(TraceContext parent) {
        final long handle = parent.carried;
        if (handle == OWN) {
            return taken(parent.own());
        }
        return handle != NONE && hold(handle) ? handle : NONE;
    }

    private long taken(TraceBaggage from) {
        final long handle = take();
        if (handle == NONE) {
            return NONE;
        }
        try {
            at(handle).copy(from);
            publish(handle);
            return handle;
        } catch (Throwable e) { // no method call in this block
            places[(int) handle & MASK].broken = handle;
            throw e;
        }
    }

    /**
     * A new place with the content of the first handle's and a changed baggage value. The caller holds both.
     *
     * @return {@link #NONE} if there is no room
     */
    long with(long handle, String key, String value) {
        final long fresh = take();
        if (fresh == NONE) {
            return NONE;
        }
        try {
            if (!copied(handle, fresh).baggage.put(key, value)) {
                giveBack(fresh);
                return NONE;
            }
            publish(fresh);
            return fresh;
        } catch (Throwable e) { // no method call in this block
            places[(int) fresh & MASK].broken = fresh;
            throw e;
        }
    }

    /** The same with another sampling threshold, or with none. */
    long with(long handle, long threshold) {
        final long fresh = take();
        if (fresh == NONE) {
            return NONE;
        }
        try {
            copied(handle, fresh).state.threshold(threshold);
            publish(fresh);
            return fresh;
        } catch (Throwable e) { // no method call in this block
            places[(int) fresh & MASK].broken = fresh;
            throw e;
        }
    }

    /** Copies the content of the first handle's place, held by the caller, into the new place. */
    private TraceBaggage copied(long handle, long fresh) {
        final TraceBaggage to = at(fresh);
        to.clear();
        if (handle != NONE) {
            to.copy(at(handle));
        }
        return to;
    }

    /**
     * Replaces the first handle by the second in the context of a span or scope, and releases the first.
     */
    void replace(TraceContext of, long before, long after) {
        try {
            if (before != NONE) {
                release(before);
            }
            of.carried = after;
        } catch (Throwable e) { // no method call in this block
            places[(int) after & MASK].unreleased = 1;
            throw e;
        }
    }
}
