package io.kraken.tracer.bridge.keep;

import java.util.Arrays;

/**
 * A set of trace ids with a time to live and bounded memory. It has two generations: ids are added to the young one;
 * when that is full or old enough, it becomes the old one, and the previous old one is evicted. So an id stays for at
 * least the time to live, unless the young generation fills up earlier: then the oldest half is evicted early, and
 * counted. A look-up that finds an id in the old generation moves it to the young one, so that the id of an active
 * trace is not evicted.
 *
 * <p>The set stores a 64-bit hash of each id, which depends on the whole id and on a seed. With a million ids in the
 * set, about one in ten million million other ids is a false positive, whose trace is kept needlessly. The tables grow
 * with their content, up to 16 bytes for each possible id, and do not shrink. Single-threaded.
 */
final class TraceSet {

    private static final int SMALLEST = 64;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private final int capacity;
    private final long seed;
    private long generationNs;

    /** Both generations are open-addressing tables of hashes, 0: empty; at most half full. */
    private long[] young = new long[2 * SMALLEST];

    private long[] old = new long[2 * SMALLEST];
    private int youngCount;
    private int oldCount;
    private long rotatedNs;
    private long forgottenEarly;

    /**
     * @param ids maximum number of ids
     * @param keepNs time to live of an id, while there are no more ids than the maximum
     * @param seed makes it hard to construct ids that collide
     */
    TraceSet(int ids, long keepNs, long seed, long nowNs) {
        this.capacity = Math.max(ids, SMALLEST) / 2;
        this.seed = seed;
        this.generationNs = keepNs;
        this.rotatedNs = nowNs;
    }

    /** Changes the time to live. */
    void keepFor(long keepNs) {
        generationNs = keepNs;
    }

    /** Adds an id; an all-zero id is ignored. Returns whether it is new. */
    boolean add(long high, long low, long nowNs) {
        rotateWhenDue(nowNs);
        if ((high | low) == 0) {
            return false;
        }
        final long hash = hash(high, low);
        final boolean isNew = find(young, hash) < 0 && find(old, hash) < 0;
        put(hash, nowNs);
        return isNew;
    }

    private void put(long hash, long nowNs) {
        int at = find(young, hash);
        if (at >= 0) {
            return;
        }
        if (youngCount == capacity) {
            forgottenEarly += oldCount;
            rotate(nowNs);
            at = find(young, hash);
        } else if (2 * youngCount == young.length) {
            grow();
            at = find(young, hash);
        }
        young[~at] = hash;
        youngCount++;
    }

    private void grow() {
        final long[] larger = new long[2 * young.length];
        for (long hash : young) {
            if (hash != 0) {
                larger[~find(larger, hash)] = hash;
            }
        }
        young = larger;
    }

    boolean contains(long high, long low, long nowNs) {
        rotateWhenDue(nowNs);
        if ((high | low) == 0) {
            return false;
        }
        final long hash = hash(high, low);
        if (find(young, hash) >= 0) {
            return true;
        }
        if (find(old, hash) < 0) {
            return false;
        }
        if (youngCount < capacity) {
            put(hash, nowNs); // only if that evicts no other id
        }
        return true;
    }

    /** Never 0. */
    private long hash(long high, long low) {
        final long hash = mixed(mixed(low ^ seed) ^ high);
        return hash != 0 ? hash : MIX;
    }

    private static long mixed(long value) {
        final long half = (value ^ value >>> 32) * MIX;
        return (half ^ half >>> 29) * MIX;
    }

    /** The index of the hash, or the complement of the index to insert it. Ends always: half of the table is empty. */
    private static int find(long[] table, long hash) {
        final int mask = table.length - 1;
        int at = (int) (hash >>> 32) & mask;
        while (true) {
            final long found = table[at];
            if (found == hash) {
                return at;
            }
            if (found == 0) {
                return ~at;
            }
            at = at + 1 & mask;
        }
    }

    private void rotateWhenDue(long nowNs) {
        if (nowNs - rotatedNs < generationNs) {
            return;
        }
        final boolean both = nowNs - rotatedNs >= 2 * generationNs;
        rotate(nowNs);
        if (both) {
            rotate(nowNs); // no call for two generations: the young ids have expired too
        }
    }

    private void rotate(long nowNs) {
        final long[] forgotten = old;
        old = young;
        oldCount = youngCount;
        Arrays.fill(forgotten, 0);
        young = forgotten;
        youngCount = 0;
        rotatedNs = nowNs;
    }

    /** The number of ids; an id in both generations counts twice. */
    int size() {
        return youngCount + oldCount;
    }

    /** The number of ids evicted before their time to live. */
    long forgottenEarly() {
        return forgottenEarly;
    }
}
