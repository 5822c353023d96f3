package io.kraken.tracer.bridge;

import java.util.Arrays;

/**
 * Ids of traces worth keeping, remembered for a while in bounded memory. Two generations: ids go into the young one;
 * when it is full, or old enough, it becomes the old one, and the old one is forgotten. So an id stays for at least the
 * time asked for, unless so many come that the young one is full before: then the oldest half goes early, counted. An
 * id that is asked for while it is in the old generation is young again, so a trace that goes on is not forgotten.
 *
 * <p>What is remembered of an id are 64 bits that depend on all of it and on a seed: among a million, one in some ten
 * million millions that were never added is taken for one that was, and its trace is kept for nothing. The tables grow
 * with what is in them, up to 16 bytes for each id there may be, and stay as large as they are. One thread.
 */
final class TraceSet {

    private static final int SMALLEST = 64;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private final int capacity;
    private final long seed;
    private final long generationNs;

    /** One word an id, 0 where there is none; at most half of them are taken. */
    private long[] young = new long[2 * SMALLEST];

    private long[] old = new long[2 * SMALLEST];
    private int youngCount;
    private int oldCount;
    private long turnedNs;
    private long forgottenEarly;

    /**
     * @param ids how many are remembered at the most
     * @param keepNs how long each is remembered at the least, as long as there are no more
     * @param seed makes it hard to choose ids that collide
     */
    TraceSet(int ids, long keepNs, long seed, long nowNs) {
        this.capacity = Math.max(ids, SMALLEST) / 2;
        this.seed = seed;
        this.generationNs = keepNs;
        this.turnedNs = nowNs;
    }

    /** Remembers an id; ids of zeros are not remembered. */
    void add(long high, long low, long nowNs) {
        turnWhenDue(nowNs);
        if ((high | low) != 0) {
            put(mark(high, low), nowNs);
        }
    }

    private void put(long mark, long nowNs) {
        int at = find(young, mark);
        if (at >= 0) {
            return;
        }
        if (youngCount == capacity) {
            forgottenEarly += oldCount;
            turn(nowNs);
            at = find(young, mark);
        } else if (2 * youngCount == young.length) {
            grow();
            at = find(young, mark);
        }
        young[~at] = mark;
        youngCount++;
    }

    private void grow() {
        final long[] larger = new long[2 * young.length];
        for (long mark : young) {
            if (mark != 0) {
                larger[~find(larger, mark)] = mark;
            }
        }
        young = larger;
    }

    boolean contains(long high, long low, long nowNs) {
        turnWhenDue(nowNs);
        if ((high | low) == 0) {
            return false;
        }
        final long mark = mark(high, low);
        if (find(young, mark) >= 0) {
            return true;
        }
        if (find(old, mark) < 0) {
            return false;
        }
        if (youngCount < capacity) {
            put(mark, nowNs); // but nothing is forgotten for it
        }
        return true;
    }

    /** Never 0. */
    private long mark(long high, long low) {
        final long mark = mixed(mixed(low ^ seed) ^ high);
        return mark != 0 ? mark : MIX;
    }

    private static long mixed(long value) {
        final long half = (value ^ value >>> 32) * MIX;
        return (half ^ half >>> 29) * MIX;
    }

    /** Where the mark stands, or the complement of where it would. There is always a free place: half of them are. */
    private static int find(long[] table, long mark) {
        final int mask = table.length - 1;
        int at = (int) (mark >>> 32) & mask;
        while (true) {
            final long found = table[at];
            if (found == mark) {
                return at;
            }
            if (found == 0) {
                return ~at;
            }
            at = at + 1 & mask;
        }
    }

    private void turnWhenDue(long nowNs) {
        if (nowNs - turnedNs < generationNs) {
            return;
        }
        final boolean both = nowNs - turnedNs >= 2 * generationNs;
        turn(nowNs);
        if (both) {
            turn(nowNs); // nobody has come for so long that the young ones are over age too
        }
    }

    private void turn(long nowNs) {
        final long[] forgotten = old;
        old = young;
        oldCount = youngCount;
        Arrays.fill(forgotten, 0);
        young = forgotten;
        youngCount = 0;
        turnedNs = nowNs;
    }

    /** Ids in memory; one that is in both generations counts twice. */
    int size() {
        return youngCount + oldCount;
    }

    /** Ids that had to go before their time. */
    long forgottenEarly() {
        return forgottenEarly;
    }
}
