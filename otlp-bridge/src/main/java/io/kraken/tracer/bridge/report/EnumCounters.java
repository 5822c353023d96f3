package io.kraken.tracer.bridge.report;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A counter for each constant of an enum. Exactly one thread adds, so a plain read and a release store lose no update;
 * any thread reads, with acquire order. Both are wait-free.
 */
public final class EnumCounters<E extends Enum<E>> {

    private final AtomicLongArray counts;

    public EnumCounters(Class<E> terms) {
        counts = new AtomicLongArray(terms.getEnumConstants().length);
    }

    public void add(E term, long more) {
        if (more != 0) {
            final int at = term.ordinal();
            counts.setRelease(at, counts.getPlain(at) + more);
        }
    }

    public long get(E term) {
        return counts.getAcquire(term.ordinal());
    }
}
