package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.RecordParts;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A test sink, and an exporter without a thread: it takes ended spans whenever one of its methods is called, or no
 * chunk is free any more. Chunks are reused first in, first out. It counts like the real exporter, so that the ledger
 * balances. Allocates nothing while it keeps nothing.
 */
public final class CapturingSink implements RecordSink, RecordSinkProvider {

    /** A taken span, with its exceptions. */
    public record Published(ByteBuffer bytes, List<Throwable> thrown) {}

    /** In the order of their ends. */
    private static final Comparator<Published> BY_END =
            Comparator.comparingLong(span -> RecordLayout.endTicks(span.bytes(), 0));

    private final List<Published> published = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private SpanFile file;
    private Memory memory;
    private SpanFileLayout layout;
    private RecordParts parts;
    private Housekeeping housekeeping;
    private ByteBuffer copy;

    /** By chunk, a bit for each record: free or claimed and not begun; begun and not taken; part of a span. */
    private long[] given;

    private long[] open;
    private long[] partOf;
    private long[] taken;
    private boolean[] isFree;
    /** The free chunks, in order. */
    private int[] queue;

    private int first;
    private int free;

    private long accepted;
    private boolean keeping = true;
    private boolean refusing;
    private Throwable failure;
    private boolean taking = true;
    private boolean closed;
    private double occupancy = Double.NaN;

    /** Whether to behave as if no chunk were free. */
    public synchronized CapturingSink refusing(boolean refuses) {
        refusing = refuses;
        return this;
    }

    /** Thrown when a thread claims a chunk; null: nothing. */
    public synchronized CapturingSink failing(Throwable thrown) {
        failure = thrown;
        return this;
    }

    /** Whether ended spans are taken from their records. */
    public synchronized CapturingSink taking(boolean takes) {
        taking = takes;
        return this;
    }

    /** Whether spans are copied or only counted. */
    public synchronized CapturingSink keeping(boolean copies) {
        keeping = copies;
        return this;
    }

    /** Sets the reported occupancy; NaN: the real one. */
    synchronized CapturingSink occupancy(double pretended) {
        occupancy = pretended;
        return this;
    }

    @Override
    public synchronized RecordSink open(SpanFile tracerFile, TracerConfig config, Housekeeping tracersHousekeeping) {
        file = tracerFile;
        memory = file.memory();
        layout = file.layout();
        parts = new RecordParts(file.buffer(), layout);
        housekeeping = tracersHousekeeping;
        copy = ByteBuffer.allocate(RecordLayout.maxLength(layout.shape().recordLength()))
                .order(ByteOrder.LITTLE_ENDIAN);
        final int chunks = layout.shape().chunks();
        given = new long[chunks];
        open = new long[chunks];
        partOf = new long[chunks];
        taken = new long[chunks];
        isFree = new boolean[chunks];
        queue = new int[chunks];
        first = 0;
        free = 0;
        for (int chunk = 0; chunk < chunks; chunk++) {
            give(chunk);
        }
        accepted = 0;
        closed = false;
        return this;
    }

    // --- called by recording threads

    @Override
    public synchronized int claim() {
        return hasFree() ? removeFirst() : NONE;
    }

    @Override
    public synchronized int share(int number) {
        return hasFree() ? queue[first] : NONE;
    }

    @Override
    public synchronized void pass(int chunk) {
        if (free > 0 && queue[first] == chunk) {
            removeFirst();
            takeBack(chunk);
        }
    }

    /** The free records of a chunk that no thread finds any more. */
    private void takeBack(int chunk) {
        final long at = memory.address(layout.freeOffset(chunk));
        long left = memory.getLongAcquire(at);
        while (left != 0 && !memory.compareAndSetLong(at, left, 0)) {
            left = memory.getLongAcquire(at);
        }
        given[chunk] &= ~left;
    }

    @Override
    public void usedUp(int chunk) {}

    @Override
    public void nudge() {
        sweep();
    }

    private boolean hasFree() {
        if (failure != null) {
            CapturingSink.<RuntimeException>sneak(failure);
        }
        if (free == 0) {
            sweep();
        }
        return free > 0 && !refusing;
    }

    @SuppressWarnings("unchecked") // so that checked exceptions can be thrown too
    private static <E extends Throwable> void sneak(Throwable thrown) throws E {
        throw (E) thrown;
    }

    private int removeFirst() {
        final int chunk = queue[first];
        first = (first + 1) % queue.length;
        free--;
        isFree[chunk] = false;
        return chunk;
    }

    private void give(int chunk) {
        given[chunk] = ~(open[chunk] | partOf[chunk]);
        isFree[chunk] = true;
        memory.putLong(memory.address(layout.ownedOffset(chunk)), 0);
        memory.putLong(memory.address(layout.leftOffset(chunk)), 0);
        memory.putLongRelease(memory.address(layout.freeOffset(chunk)), given[chunk]);
        queue[(first + free++) % queue.length] = chunk;
    }

    // --- exporter

    /** Takes all spans that have ended. */
    synchronized void sweep() {
        if (closed || !taking || layout == null) {
            return;
        }
        final int before = published.size();
        housekeeping.beginFinishing();
        for (int chunk = 0; chunk < given.length; chunk++) {
            lookAtGiven(chunk);
            lookAtOpen(chunk);
        }
        if (published.size() > before + 1) {
            published.subList(before, published.size()).sort(BY_END);
        }
        for (int chunk = 0; chunk < given.length; chunk++) {
            final boolean isOwned = memory.getLongAcquire(memory.address(layout.ownedOffset(chunk))) != 0
                    && memory.getLongAcquire(memory.address(layout.leftOffset(chunk))) == 0;
            if (!isFree[chunk] && given[chunk] == 0 && !isOwned && ~(open[chunk] | partOf[chunk]) != 0) {
                give(chunk);
            }
        }
    }

    private void lookAtGiven(int chunk) {
        final long left = memory.getLongAcquire(memory.address(layout.leftOffset(chunk))); // read first: see ChunkSweep
        if (!isFree[chunk]) {
            takeBack(chunk);
        }
        final long unclaimed = memory.getLongAcquire(memory.address(layout.freeOffset(chunk)));
        for (long claimed = given[chunk] & ~unclaimed; claimed != 0; claimed &= claimed - 1) {
            final int number = Long.numberOfTrailingZeros(claimed);
            final long bit = 1L << number;
            if (RecordLayout.isUntaken(commitWord(chunk, number), taken[chunk], number)) {
                given[chunk] &= ~bit;
                open[chunk] |= bit;
            } else if ((left & bit) != 0) {
                given[chunk] &= ~bit;
            }
        }
    }

    private void lookAtOpen(int chunk) {
        for (long left = open[chunk]; left != 0; left &= left - 1) {
            final int number = Long.numberOfTrailingZeros(left);
            if ((open[chunk] & 1L << number) == 0) {
                continue; // a part that was taken with its span
            }
            if (RecordLayout.state(commitWord(chunk, number)) == RecordLayout.OPEN
                    || RecordLayout.state(commitWord(chunk, number)) == RecordLayout.PASSING) {
                housekeeping.finish(SpanFileLayout.firstOf(chunk) + number);
            }
            switch (RecordLayout.state(commitWord(chunk, number))) {
                case RecordLayout.DONE -> take(SpanFileLayout.firstOf(chunk) + number);
                case RecordLayout.PASSED -> {
                    file.counters().increment(Counter.PASSED_TAKEN);
                    taken(chunk, number);
                    takeParts(SpanFileLayout.firstOf(chunk) + number);
                }
                case RecordLayout.PART -> {
                    open[chunk] &= ~(1L << number);
                    partOf[chunk] |= 1L << number;
                }
                default -> {}
            }
        }
    }

    private long commitWord(int chunk, int number) {
        return RecordLayout.commitWordAcquire(
                file.buffer(), layout.recordOffset(SpanFileLayout.firstOf(chunk) + number));
    }

    private void take(int record) {
        if (keeping) {
            keep(record);
        }
        accepted++;
        file.counters().increment(Counter.TAKEN);
        file.counters().increment(Counter.SHIPPED);
        final int base = layout.recordOffset(record);
        if (RecordLayout.status(file.buffer(), base) == StatusCode.ERROR.ordinal()) {
            file.counters().increment(Counter.ERRORS);
        }
        housekeeping.taken(record);
        taken(SpanFileLayout.chunkOf(record), SpanFileLayout.numberOf(record));
        takeParts(record);
    }

    private void takeParts(int record) {
        int part = record;
        for (int number = 1; (part = parts.next(record, part, number)) >= 0; number++) {
            file.counters().increment(Counter.PARTS_TAKEN);
            taken(SpanFileLayout.chunkOf(part), SpanFileLayout.numberOf(part));
        }
    }

    /** Abandons an open span, as the exporter does; false if it has to be called again. */
    synchronized boolean abandon(int record) {
        sweep();
        final int chunk = SpanFileLayout.chunkOf(record);
        final int number = SpanFileLayout.numberOf(record);
        if ((open[chunk] & 1L << number) == 0) {
            return true; // it has ended
        }
        if (!housekeeping.abandon(record)) {
            return false;
        }
        switch (RecordLayout.state(commitWord(chunk, number))) {
            case RecordLayout.OPEN -> {
                take(record);
                file.counters().increment(Counter.ABANDONED);
            }
            case RecordLayout.PASSING -> {
                file.counters().increment(Counter.PASSED_TAKEN);
                file.counters().increment(Counter.ABANDONED);
                taken(chunk, number);
            }
            default -> sweep();
        }
        return true;
    }

    private void keep(int record) {
        final int length = parts.copy(record, copy, 0);
        if (length < 0) {
            throw new AssertionError("the span in record " + record + " does not hold together");
        }
        final byte[] bytes = new byte[length];
        copy.get(0, bytes);
        final List<Throwable> thrown = new ArrayList<>();
        for (int i = 0; i < RecordLayout.thrown(copy, 0); i++) {
            thrown.add(housekeeping.thrown(record, i));
        }
        published.add(new Published(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), thrown));
    }

    private void taken(int chunk, int number) {
        final long bit = 1L << number;
        given[chunk] &= ~bit;
        open[chunk] &= ~bit;
        partOf[chunk] &= ~bit;
        taken[chunk] ^= RecordLayout.takenBit(number);
        memory.putLongRelease(memory.address(layout.takenOffset(chunk)), taken[chunk]);
    }

    // --- other methods of a sink

    @Override
    public synchronized double occupancy() {
        return Double.isNaN(occupancy) ? 1 - (double) free / queue.length : occupancy;
    }

    /** Nothing waits here: ended spans are settled at once. */
    @Override
    public long waiting() {
        sweep();
        return 0;
    }

    @Override
    public synchronized void close(long timeoutNs) {
        calls.add("close " + timeoutNs);
        sweep();
        closed = true;
    }

    @Override
    public String describe() {
        return "a probe";
    }

    // --- for tests

    public synchronized List<Published> published() {
        sweep();
        return List.copyOf(published);
    }

    synchronized Published last() {
        sweep();
        return published.get(published.size() - 1);
    }

    /** The spans published since the last call. */
    synchronized List<Published> drain() {
        sweep();
        final List<Published> all = List.copyOf(published);
        published.clear();
        return all;
    }

    public synchronized void forget() {
        sweep();
        published.clear();
    }

    public synchronized long accepted() {
        sweep();
        return accepted;
    }

    synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    Housekeeping housekeeping() {
        return housekeeping;
    }
}
