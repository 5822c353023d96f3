package io.kraken.tracer.file;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * What turns ticks into time: a ring of anchors, each a moment in ticks and in epoch nanoseconds and a rate. One
 * thread adds; any thread and process reads. An anchor never changes once it is there: a span keeps the sequence
 * number of the one its local root began under, and all later spans of that trace in this process share it.
 *
 * <p>A second, smaller ring has the lines: as long as the counter behind the ticks runs on, all anchors are of one
 * line. When it has jumped, or runs at another rate, a new line begins. Its entry says which ticks of the line before
 * are the same moment as which ticks of the new one, so ticks of either convert under any anchor, and a duration from
 * one line into the next one is right.
 *
 * <p>Readers believe nothing: an entry with a rate that no clock has counts as absent, sums that overflow stop at the
 * largest value.
 */
public final class Anchors {

    /** Says that neither the anchor asked for nor a nearby one is left. */
    public static final long NO_TIME = Long.MIN_VALUE;

    private static final double LEAST_RATE = 1e-6;
    private static final double LARGEST_RATE = 1e6;
    /** A thread may be interrupted between its look at the anchor and its look at the clock. */
    private static final double EARLY_NS = 1e9;

    private final ByteBuffer buffer;
    private final int head;
    private volatile int latest = -1;

    private long ticks;
    private long epochNs;
    private double rate;

    /** How many lines after the anchor's own are known, and then for each of them, in their order: */
    private int later;

    private final long[] lastTicks = new long[SpanFileLayout.LINES];
    private final long[] lineTicks = new long[SpanFileLayout.LINES];
    private final long[] lineEpochNs = new long[SpanFileLayout.LINES];
    private final double[] lineRate = new double[SpanFileLayout.LINES];

    /** A view to write through, or to read through: each thread that converts has one of its own. */
    public Anchors(ByteBuffer buffer, int offset) {
        this.buffer = buffer;
        this.head = offset;
    }

    /** The sequence number for a trace that begins now; known to the view that adds. */
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
     * Begins a line. The next anchor is its first; those there are belong to the lines before. Single writer.
     *
     * @param last ticks of the line before: what it would read at the moment at which the new one reads {@code first}
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

    /** Lines begun after the first one: how often the counter has jumped. */
    public int lines() {
        return Mem.getIntAcquire(buffer, head + SpanFileLayout.LINES_OFFSET);
    }

    /**
     * Loads an anchor for {@link #toEpochNs}; false when the ring has moved past it, and then the oldest one left
     * is loaded.
     *
     * @param low the low 16 bits of its sequence number; of several that have these the newest one is meant
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

    /** Those that have begun since the anchor was set, as far as the ring still has them. */
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

    /** Time by the loaded anchor, 0 at the least; never decreases as the ticks of a line grow. */
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
     * Whether ticks are not of this line, 0 being the anchor's own, but of a later one: what it never reached, or, when
     * the counter went back at its end, what it had left behind when it began.
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
