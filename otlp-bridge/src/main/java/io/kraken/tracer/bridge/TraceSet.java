package io.kraken.tracer.bridge;

import java.util.Arrays;

/**
 * Ids of traces worth keeping, remembered for a while in bounded memory. Two generations: ids go into the young one;
 * when it is full, or old enough, it becomes the old one, and the old one is forgotten. So an id stays for at least the
 * time asked for, unless so many come that the young one is full before: then the oldest half goes early, counted. An
 * id that is asked for while it is in the old generation is young again, so a trace that goes on is not forgotten.
 * Allocates nothing. One thread.
 */
final class TraceSet {

    private static final int SMALLEST = 64;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private final int capacity;
    private final int mask;
    private final long seed;
    private final long generationNs;

    /** Two words an id; an id of zeros is none, so zeros are free. */
    private long[] young;

    private long[] old;
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
        this.mask = Integer.highestOneBit(Math.min(capacity, 1 << 28) * 2 - 1) * 2 - 1;
        this.seed = seed;
        this.generationNs = keepNs;
        this.young = new long[(mask + 1) * 2];
        this.old = new long[(mask + 1) * 2];
        this.turnedNs = nowNs;
    }

    /** Remembers an id; ids of zeros are not remembered. */
    void add(long high, long low, long nowNs) {
        turnWhenDue(nowNs);
        if ((high | low) != 0) {
            put(high, low, nowNs);
        }
    }

    private void put(long high, long low, long nowNs) {
        int at = find(young, high, low);
        if (at >= 0) {
            return;
        }
        if (youngCount == capacity) {
            forgottenEarly += oldCount;
            turn(nowNs);
            at = find(young, high, low);
        }
        young[~at] = high;
        young[~at + 1] = low;
        youngCount++;
    }

    boolean contains(long high, long low, long nowNs) {
        turnWhenDue(nowNs);
        if ((high | low) == 0) {
            return false;
        }
        if (find(young, high, low) >= 0) {
            return true;
        }
        if (find(old, high, low) < 0) {
            return false;
        }
        if (youngCount < capacity) {
            put(high, low, nowNs); // but nothing is forgotten for it
        }
        return true;
    }

    /** Where the id stands, or the complement of where it would. There is always a free place: half of them are. */
    private int find(long[] table, long high, long low) {
        long hash = (high ^ seed) * MIX ^ low;
        hash = (hash ^ hash >>> 32) * MIX;
        int slot = (int) (hash >>> 32) & mask;
        while (true) {
            final int at = slot * 2;
            final long foundHigh = table[at];
            final long foundLow = table[at + 1];
            if (foundHigh == high && foundLow == low) {
                return at;
            }
            if ((foundHigh | foundLow) == 0) {
                return ~at;
            }
            slot = slot + 1 & mask;
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
