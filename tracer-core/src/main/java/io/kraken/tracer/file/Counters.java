package io.kraken.tracer.file;

import java.nio.ByteBuffer;

/**
 * The counters of a span file. Any thread may add, wait-free; sums are exact once no thread is adding. A counter has
 * several stripes on separate cache lines, so that threads that increment it at the same time rarely contend.
 */
public final class Counters {

    public static final int STRIPES = 8;

    static final int COUNT = 64;
    static final int LENGTH = COUNT * STRIPES * Mem.CACHE_LINE;

    private final ByteBuffer buffer;
    private final int offset;

    Counters(ByteBuffer buffer, int offset) {
        assert Counter.values().length <= COUNT;
        this.buffer = buffer;
        this.offset = offset;
    }

    public void increment(Counter counter, int stripe) {
        add(counter, stripe, 1);
    }

    /** For rare paths, where the thread has no stripe. */
    public void increment(Counter counter) {
        add(counter, 0, 1);
    }

    public void add(Counter counter, long delta) {
        add(counter, 0, delta);
    }

    void add(Counter counter, int stripe, long delta) {
        Mem.getAndAddLong(buffer, at(counter, stripe & (STRIPES - 1)), delta);
    }

    public long get(Counter counter) {
        long sum = 0;
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            sum += Mem.getLongAcquire(buffer, at(counter, stripe));
        }
        return sum;
    }

    private int at(Counter counter, int stripe) {
        return offset + (counter.ordinal() * STRIPES + stripe) * Mem.CACHE_LINE;
    }
}
