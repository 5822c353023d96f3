package io.kraken.tracer.file;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * The conversion of ticks into time: a ring of anchors, each a moment in ticks and in epoch nanoseconds with a rate.
 * One thread adds; any thread and process reads. An anchor never changes: a span stores the sequence number of the
 * anchor under which its local root began, and all later spans of that trace in this process share it.
 *
 * <p>A second, smaller ring has the lines. All anchors belong to one line until the hardware counter behind the ticks
 * jumps or changes its rate: then a new line begins. Its entry tells which ticks of the previous line are the same
 * moment as which ticks of the new one, so ticks of either convert under any anchor, and a duration from one line into
 * the next is right.
 *
 * <p>Readers trust nothing: an entry with an impossible rate counts as absent, and sums saturate instead of
 * overflowing.
 */
public final class Anchors {

    /** The result if the ring contains no valid anchor. */
    public static final long NO_TIME = Long.MIN_VALUE;

    private static final double LEAST_RATE = 1e-6;
    private static final double LARGEST_RATE = 1e6;
    /** Tolerance: a thread may be interrupted between reading the anchor and reading the clock. */
    private static final double EARLY_NS = 1e9;

    private final ByteBuffer buffer;
    private final int head;
    private volatile int latest = -1;

    private long ticks;
    private long epochNs;
    private double rate;

    /** The number of known lines after the anchor's own; the arrays describe each of them, in order. */
    private int later;

    private final long[] lastTicks = new long[SpanFileLayout.LINES];
    private final long[] lineTicks = new long[SpanFileLayout.LINES];
    private final long[] lineEpochNs = new long[SpanFileLayout.LINES];
    private final double[] lineRate = new double[SpanFileLayout.LINES];

    /** A view for writing or reading: each thread that converts needs one of its own. */
    public Anchors(ByteBuffer buffer, int offset) {
        this.buffer = buffer;
        this.head = offset;
    }

    /** The sequence number of the anchor for a trace that begins now; known only to the view that adds anchors. */
    public int current() {
        return latest;
    }

    /** Adds an anchor and makes it the current one. Single writer. */
    public int add(long ticks, long epochNs, double nanosPerTick) {
        final int sequence = latest + 1;
        final int entry = entry(sequence);
        Mem.putLongRelease(buffer, entry, 0);
        VarHandle.storeStoreFence();
        buffer.putLong(entry + SpanFileLayout.ANCHOR_TICKS_OFFSET, ticks);
        buffer.putLong(entry + SpanFileLayout.ANCHOR_EPOCH_OFFSET, epochNs);
        buffer.putDouble(entry + SpanFileLayout.ANCHOR_RATE_OFFSET, nanosPerTick);
        Mem.putLongRelease(buffer, entry, (sequence & 0xFFFF_FFFFL) + 1);
        Mem.putIntRelease(buffer, head, sequence);
        latest = sequence;
        return sequence;
    }

    /**
     * Begins a line. The next anchor is its first; the existing ones belong to earlier lines. Single writer.
     *
     * @param last ticks of the previous line, extrapolated to the moment at which the new one reads {@code first}
     * @param nanosPerTick of the new line
     */
    public void beginLine(long last, long first, double nanosPerTick) {
        final int number = lines() + 1;
        final int entry = line(number);
        Mem.putLongRelease(buffer, entry, 0);
        VarHandle.storeStoreFence();
        buffer.putInt(entry + SpanFileLayout.LINE_ANCHOR_OFFSET, latest + 1);
        buffer.putLong(entry + SpanFileLayout.LINE_LAST_OFFSET, last);
        buffer.putLong(entry + SpanFileLayout.LINE_FIRST_OFFSET, first);
        buffer.putDouble(entry + SpanFileLayout.LINE_RATE_OFFSET, nanosPerTick);
        Mem.putLongRelease(buffer, entry, number & 0xFFFF_FFFFL);
        Mem.putIntRelease(buffer, head + SpanFileLayout.LINES_OFFSET, number);
    }

    /** The number of lines after the first one, that is, of jumps of the counter. */
    public int lines() {
        return Mem.getIntAcquire(buffer, head + SpanFileLayout.LINES_OFFSET);
    }

    /**
     * Loads an anchor for {@link #toEpochNs}. If the ring has overwritten it, loads the oldest one that it still
     * contains, and returns false.
     *
     * @param low the low 16 bits of its sequence number; if several match, the newest is meant
     */
    public boolean load(int low) {
        final int newest = Mem.getIntAcquire(buffer, head);
        final int asked = newest - (newest - low & 0xFFFF);
        if (read(asked)) {
            readLinesAfter(asked);
            return true;
        }
        int candidate = newest - SpanFileLayout.ANCHORS + 1;
        for (int i = 0; i < SpanFileLayout.ANCHORS; i++, candidate++) {
            if (read(candidate)) {
                readLinesAfter(candidate);
                return false;
            }
        }
        ticks = NO_TIME;
        later = 0;
        return false;
    }

    private boolean read(int sequence) {
        final int entry = entry(sequence);
        final long expected = (sequence & 0xFFFF_FFFFL) + 1;
        if (Mem.getLongAcquire(buffer, entry) != expected) {
            return false;
        }
        ticks = buffer.getLong(entry + SpanFileLayout.ANCHOR_TICKS_OFFSET);
        epochNs = buffer.getLong(entry + SpanFileLayout.ANCHOR_EPOCH_OFFSET);
        rate = buffer.getDouble(entry + SpanFileLayout.ANCHOR_RATE_OFFSET);
        VarHandle.loadLoadFence();
        return buffer.getLong(entry) == expected && isRate(rate);
    }

    /** Reads the lines that began after the anchor was set, as far as the ring still has them. */
    private void readLinesAfter(int sequence) {
        later = 0;
        final int newest = lines();
        if (newest == 0) {
            return;
        }
        int number = newest - SpanFileLayout.LINES;
        for (int i = 0; i < SpanFileLayout.LINES; i++) {
            readLine(++number, sequence);
        }
    }

    private void readLine(int number, int sequence) {
        final int entry = line(number);
        final long expected = number & 0xFFFF_FFFFL;
        if (expected == 0 || Mem.getLongAcquire(buffer, entry) != expected) {
            return;
        }
        final int anchor = buffer.getInt(entry + SpanFileLayout.LINE_ANCHOR_OFFSET);
        final long last = buffer.getLong(entry + SpanFileLayout.LINE_LAST_OFFSET);
        final long first = buffer.getLong(entry + SpanFileLayout.LINE_FIRST_OFFSET);
        final double nanosPerTick = buffer.getDouble(entry + SpanFileLayout.LINE_RATE_OFFSET);
        VarHandle.loadLoadFence();
        if (buffer.getLong(entry) == expected && anchor - sequence > 0 && isRate(nanosPerTick)) {
            lineEpochNs[later] = epochNs(later, last);
            lastTicks[later] = last;
            lineTicks[later] = first;
            lineRate[later] = nanosPerTick;
            later++;
        }
    }

    private static boolean isRate(double nanosPerTick) {
        return nanosPerTick >= LEAST_RATE && nanosPerTick <= LARGEST_RATE;
    }

    /** The time by the loaded anchor, at least 0; never decreases as the ticks of a line grow. */
    public long toEpochNs(long atTicks) {
        if (ticks == NO_TIME) {
            return NO_TIME;
        }
        int line = 0;
        while (line < later && isBeyond(line, atTicks)) {
            line++;
        }
        return Math.max(0, epochNs(line, atTicks));
    }

    /**
     * Whether ticks belong to a later line than this one (0 is the anchor's own): ticks that this line never reached,
     * or, if the counter went back at its end, ticks from before this line began.
     */
    private boolean isBeyond(int line, long atTicks) {
        final long begun = line == 0 ? ticks : lineTicks[line - 1];
        final boolean goesBack = lineTicks[line] < lastTicks[line];
        return atTicks > lastTicks[line] || goesBack && minus(begun, atTicks) * rate(line) > EARLY_NS;
    }

    private double rate(int line) {
        return line == 0 ? rate : lineRate[line - 1];
    }

    private long epochNs(int line, long atTicks) {
        final long from = line == 0 ? ticks : lineTicks[line - 1];
        final long at = line == 0 ? epochNs : lineEpochNs[line - 1];
        return plus(at, (long) (minus(atTicks, from) * rate(line)));
    }

    private static long plus(long a, long b) {
        final long sum = a + b;
        return ((a ^ sum) & (b ^ sum)) < 0 ? a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE : sum;
    }

    private static long minus(long a, long b) {
        final long difference = a - b;
        return ((a ^ b) & (a ^ difference)) < 0 ? a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE : difference;
    }

    private int entry(int sequence) {
        return head
                + SpanFileLayout.ANCHOR_HEAD_LENGTH
                + (sequence & (SpanFileLayout.ANCHORS - 1)) * SpanFileLayout.ANCHOR_LENGTH;
    }

    private int line(int number) {
        return head
                + SpanFileLayout.LINE_RING_OFFSET
                + (number & (SpanFileLayout.LINES - 1)) * SpanFileLayout.LINE_LENGTH;
    }
}
