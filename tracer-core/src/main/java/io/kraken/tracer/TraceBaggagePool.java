package io.kraken.tracer;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What travels with the open spans of this process, where there is anything. A span names its place by a handle; its
 * children share it. What is in a place is written before anybody has the handle, and never changes as long as anyone
 * holds it: new baggage takes a place of its own. One for the process, since contexts go from one tracer to another.
 * Lock-free; any thread.
 *
 * <p>Each place has a state word: how often it was taken in the high bits, how many hold it in the low ones. A handle
 * has the same high bits, so that one that is out of date is recognised. Its low bits are the place.
 *
 * <p>An error of the JVM, such as a stack that is used up, may break off any call here. Each operation has one store
 * that does it, after which there is no call any more before the handle is where its holder keeps it. Where a holder
 * has calls to make before it can let go, and one is broken off, it notes that in what is there, by a store.
 */
final class TraceBaggagePool {

    /** Nothing is carried. */
    static final long NONE = 0;
    /** The context carries something itself. */
    static final long OWN = -1;

    private static final int SHIFT = 20;
    static final int MASK = (1 << SHIFT) - 1;
    /** So many hold a place while it is being filled. */
    private static final int FILLING = MASK;

    private static final int MAX_TRIES = 256;

    private static volatile int placesAsked = TracerConfig.CONTEXT_PLACES.byDefault();

    /** Made when the first context is, or the first tracer. */
    private static final class Process {
        static final TraceBaggagePool POOL = new TraceBaggagePool(placesAsked);
    }

    private final AtomicLongArray states;
    /** Made when first taken, and published with the state. */
    private final TraceBaggage[] places;
    /** Where somebody found room last: racy on purpose. */
    private int hint;

    TraceBaggagePool(int places) {
        this.states = new AtomicLongArray(places);
        this.places = new TraceBaggage[places];
    }

    /** Makes the pool of the process as these settings say, where there is none yet. */
    static void configure(TracerConfig config) {
        placesAsked = config.get(TracerConfig.CONTEXT_PLACES);
        final int places = process().size();
        if (places != config.get(TracerConfig.CONTEXT_PLACES)) {
            config.warn(TracerConfig.CONTEXT_PLACES + " is " + config.get(TracerConfig.CONTEXT_PLACES)
                    + ", but contexts are there already and share " + places + " places; those stay");
        }
    }

    static TraceBaggagePool process() {
        return Process.POOL;
    }

    /** A place that the caller fills and then publishes; {@link #NONE} when there is none to be had. */
    long take() {
        int place = hint;
        for (int i = 0; i < Math.min(MAX_TRIES, states.length()); i++, place++) {
            place = place < states.length() ? place : 0;
            final long state = states.get(place);
            final long filling = (state >>> SHIFT) + 1 << SHIFT | FILLING;
            if (isFree(state, place)) {
                final TraceBaggage there = places[place];
                final TraceBaggage used = there != null ? there : new TraceBaggage();
                if (states.compareAndSet(place, state, filling)) { // no call from here on
                    hint = place;
                    places[place] = used;
                    used.owed = 0;
                    return filling & ~MASK | place;
                }
            }
        }
        hint = place;
        return NONE;
    }

    /** Nobody holds it, or errors have broken off all who did. */
    private boolean isFree(long state, int place) {
        final int holders = (int) state & MASK;
        final TraceBaggage there = places[place];
        if (holders == 0 || there == null) {
            return holders == 0;
        }
        return holders == FILLING ? there.broken >>> SHIFT == state >>> SHIFT : there.owed == holders;
    }

    /** From now on there is one holder, the caller. */
    void publish(long handle) {
        states.set(place(handle), handle & ~MASK | 1);
    }

    /** One more holder; false when nobody holds it any more, or too many do. */
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
     * What is there, with one more holder: the caller, who reads it, and lets go or takes note that it could not.
     *
     * @return null when nobody holds it any more, or too many do
     */
    TraceBaggage borrow(long handle) {
        return hold(handle) ? places[(int) handle & MASK] : null;
    }

    /** One holder less; what is left by the last one is free. */
    void letGo(long handle) {
        states.decrementAndGet(place(handle));
    }

    /** Gives back a place that was not published. */
    void giveBack(long handle) {
        states.set(place(handle), handle & ~MASK);
    }

    /** For whoever holds it. */
    TraceBaggage at(long handle) {
        return places[place(handle)];
    }

    private static int place(long handle) {
        return (int) handle & MASK;
    }

    int size() {
        return states.length();
    }

    /** Places that are held. */
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
     * @return {@link #NONE} when what the context carries is gone, or there is no place for it
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
     * What a holder of the first handle has instead once a baggage key has another value: a new place, of which the
     * caller is the holder.
     *
     * @return {@link #NONE} when there is no room
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

    /** The same with another threshold of sampling, or with none. */
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

    /** What is in the new place, after the holder of the first handle has put there what it has. */
    private TraceBaggage copied(long handle, long fresh) {
        final TraceBaggage to = at(fresh);
        to.clear();
        if (handle != NONE) {
            to.copy(at(handle));
        }
        return to;
    }

    /**
     * Has the context of a span, or of another of its holder's, carry the second instead of the first.
     */
    void replace(TraceContext of, long before, long after) {
        try {
            if (before != NONE) {
                letGo(before);
            }
            of.carried = after;
        } catch (Throwable e) { // no method call in this block
            places[(int) after & MASK].owed = 1;
            throw e;
        }
    }
}
