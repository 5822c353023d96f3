package io.kraken.tracer.ring.queue;

import java.nio.ByteBuffer;

/** The sequences of each lane that one document accounts for, as its writer gathers them. One thread. */
final class BatchRanges {

    private static final int NONE = -1;

    private final int[] lanes = new int[BatchLayout.MAX_RECORDS];
    private final int[] records = new int[BatchLayout.MAX_RECORDS];
    private final long[] firsts = new long[BatchLayout.MAX_RECORDS];
    private final long[] ends = new long[BatchLayout.MAX_RECORDS];
    private int count;
    /** Where the last record was: the next one is most often of the same lane. */
    private int last;

    void clear() {
        count = 0;
        last = 0;
    }

    int count() {
        return count;
    }

    /** Whether these sequences can come next: a lane's only ever grow. */
    boolean accepts(long lane, long first, int slots) {
        if (lane < 0 || lane > Integer.MAX_VALUE || first < 0 || slots == 0) {
            return false;
        }
        final int range = find((int) lane);
        return range == NONE || first >= ends[range];
    }

    /** Takes in what is accepted. */
    void cover(int lane, long first, int slots, boolean left) {
        int range = find(lane);
        if (range == NONE) {
            range = count++;
            lanes[range] = lane;
            records[range] = 0;
            firsts[range] = first;
        }
        ends[range] = first + slots;
        records[range] += left ? 0 : 1;
        last = range;
    }

    private int find(int lane) {
        if (count > 0 && lanes[last] == lane) {
            return last;
        }
        for (int i = 0; i < count; i++) {
            if (lanes[i] == lane) {
                return i;
            }
        }
        return NONE;
    }

    /** Writes all of them; returns the first offset behind them. */
    int write(ByteBuffer out, int offset) {
        int at = offset;
        for (int i = 0; i < count; i++) {
            BatchLayout.range(out, at, lanes[i], records[i]);
            BatchLayout.rangeSequences(out, at, firsts[i], ends[i]);
            at += BatchLayout.RANGE_LENGTH;
        }
        return at;
    }
}
