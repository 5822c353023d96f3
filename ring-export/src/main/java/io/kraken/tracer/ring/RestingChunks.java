package io.kraken.tracer.ring;

import java.util.function.IntConsumer;

/** Queue of free chunks that are not given out yet, in the order in which they became free. */
final class RestingChunks {

    private final long[] resting;
    private final int most;
    private final IntConsumer give;
    private final int[] chunks;
    private int first;
    private int count;
    private int records;

    /**
     * @param resting by chunk: the bits of its free records
     * @param most maximum number of resting records
     * @param give gives a chunk out
     */
    RestingChunks(long[] resting, int most, IntConsumer give) {
        this.resting = resting;
        this.most = most;
        this.give = give;
        this.chunks = new int[resting.length];
    }

    void add(int chunk) {
        chunks[(first + count++) % chunks.length] = chunk;
        records += Long.bitCount(resting[chunk]);
        while (records > most && records - Long.bitCount(resting[chunks[first]]) >= most) {
            giveFirst();
        }
    }

    /** Gives out the chunk that has rested longest; false without one. */
    boolean giveFirst() {
        if (count == 0) {
            return false;
        }
        final int rested = chunks[first];
        first = (first + 1) % chunks.length;
        count--;
        records -= Long.bitCount(resting[rested]);
        give.accept(rested);
        return true;
    }
}
