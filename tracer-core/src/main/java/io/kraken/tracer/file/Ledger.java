package io.kraken.tracer.file;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The account of all spans of a tracer. Read from a span file by any thread or process at any time. A span started or
 * ended during the read is either included completely or not at all. A span that the exporter moves from one term to
 * another during the read could count twice or not at all, so the read is repeated, up to a limit; a ledger that was
 * never read while the exporter was idle is marked as not exact, and its differences are {@link #inFlight} and not
 * {@link #lost}.
 *
 * <pre>
 *   started   = ended + open
 *   ended     = unrecorded + published + dropped(reason)
 *   published = shipped + not kept + rejected(reason) + buffered
 * </pre>
 *
 * @param recordedStarts spans that had a record, by the records' generations
 * @param taken recorded spans that the exporter has taken
 * @param inChunks recorded spans that have ended and are not taken yet
 * @param waiting spans held by the exporter: taken, but neither delivered nor rejected yet
 * @param exact whether the exporter was idle during the read
 */
public record Ledger(
        long recordedStarts,
        long open,
        long taken,
        long inChunks,
        long waiting,
        Map<Counter, Long> counts,
        boolean exact) {

    private static final int TRIES = 100;
    private static final long PAUSE_NS = 50_000;

    /** The ledger of a tracer that does nothing. */
    public static final Ledger EMPTY = new Ledger(0, 0, 0, 0, 0, noCounts(), true);

    private static Map<Counter, Long> noCounts() {
        final Map<Counter, Long> counts = new EnumMap<>(Counter.class);
        for (Counter counter : Counter.values()) {
            counts.put(counter, 0L);
        }
        return counts;
    }

    /** Reads the ledger; {@code waiting} returns the number of spans that the sink holds. */
    public static Ledger read(SpanFile file, LongSupplier waiting) {
        return read(file.buffer(), file.layout(), file.counters(), waiting);
    }

    static Ledger read(ByteBuffer buffer, SpanFileLayout layout, Counters counters, LongSupplier waiting) {
        Ledger last = EMPTY;
        for (int i = 0; i < TRIES; i++) {
            final long before = Mem.getLongAcquire(buffer, SpanFileLayout.CYCLES_OFFSET);
            final boolean idle = (before & 1) == 0;
            if (idle || i == TRIES - 1) {
                last = readOnce(buffer, layout, counters, waiting.getAsLong());
                VarHandle.acquireFence();
                if (idle && before == Mem.getLongAcquire(buffer, SpanFileLayout.CYCLES_OFFSET)) {
                    return last;
                }
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
        return new Ledger(last.recordedStarts, last.open, last.taken, last.inChunks, last.waiting, last.counts, false);
    }

    private static Ledger readOnce(ByteBuffer buffer, SpanFileLayout layout, Counters counters, long waiting) {
        final long[] untaken = new long[RecordLayout.PART + 1];
        long uses = 0;
        for (int chunk = 0; chunk < layout.shape().chunks(); chunk++) {
            final long takenWord = Mem.getLongAcquire(buffer, layout.takenOffset(chunk));
            final int first = SpanFileLayout.firstOf(chunk);
            for (int i = 0; i < SpanFileLayout.CHUNK_RECORDS; i++) {
                final long word = RecordLayout.commitWordAcquire(buffer, layout.recordOffset(first + i));
                final int state = RecordLayout.state(word);
                uses += RecordLayout.generation(word);
                if (state < untaken.length && RecordLayout.isUntaken(word, takenWord, i)) {
                    untaken[state]++;
                }
            }
        }
        final Map<Counter, Long> counts = noCounts();
        for (Counter counter : Counter.values()) {
            counts.put(counter, counters.get(counter));
        }
        final long parts = counts.get(Counter.PARTS_TAKEN) + untaken[RecordLayout.PART];
        final long passed = counts.get(Counter.PASSED_TAKEN) + untaken[RecordLayout.PASSED];
        counts.merge(Counter.UNRECORDED, passed, Long::sum);
        long inChunks = untaken[RecordLayout.DONE];
        long taken = counts.get(Counter.TAKEN);
        if (Mem.getIntAcquire(buffer, SpanFileLayout.CLOSED_OFFSET) == SpanFileLayout.CLOSED_EMPTY) {
            counts.merge(Counter.ENDED_CLOSED, inChunks, Long::sum);
            inChunks = 0;
        }
        final long open = untaken[RecordLayout.OPEN] + untaken[RecordLayout.PASSING];
        return new Ledger(uses - parts - passed, open, taken, inChunks, waiting, counts, true);
    }

    /** For a reader that does not know what the exporter holds: the difference of what went in and what came out. */
    Ledger withRestWaiting() {
        final long rest = Math.max(0, taken - shipped() - notKept() - rejected());
        return new Ledger(recordedStarts, open, taken, inChunks, rest, counts, exact);
    }

    public long count(Counter counter) {
        return counts.get(counter);
    }

    private long sum(Counter.Hop hop) {
        long sum = 0;
        for (Map.Entry<Counter, Long> count : counts.entrySet()) {
            sum += count.getKey().hop() == hop ? count.getValue() : 0;
        }
        return sum;
    }

    public long started() {
        return recordedStarts
                + unrecorded()
                + count(Counter.RECORDS_FULL)
                + count(Counter.STARTED_CLOSED)
                + count(Counter.FAILED);
    }

    public long ended() {
        return started() - open;
    }

    public long unrecorded() {
        return count(Counter.UNRECORDED);
    }

    /** Spans dropped before the exporter, for any reason. */
    public long dropped() {
        return sum(Counter.Hop.DROPPED);
    }

    public long shipped() {
        return sum(Counter.Hop.SHIPPED);
    }

    /** Unsampled spans discarded by an exporter that keeps nothing for hindsight. */
    public long notKept() {
        return sum(Counter.Hop.NOT_KEPT);
    }

    /** Spans the exporter gave up on or the backend refused, for any reason. */
    public long rejected() {
        return sum(Counter.Hop.REJECTED);
    }

    public long published() {
        return taken + inChunks;
    }

    public long buffered() {
        return inChunks + waiting;
    }

    /** Spans that no term above accounts for, before the exporter or in it. Any value but 0 is a defect. */
    public long lost() {
        return exact ? differences() : 0;
    }

    /** Spans that a ledger that is not {@link #exact} cannot account for, because the exporter moved them meanwhile. */
    public long inFlight() {
        return exact ? 0 : differences();
    }

    private long differences() {
        return Math.abs(lostBeforeExport()) + Math.abs(lostInExport());
    }

    /** Ended spans that are neither in a record, nor taken, nor dropped; negative if there are too many. */
    public long lostBeforeExport() {
        return ended() - unrecorded() - dropped() - published();
    }

    /** Spans that the exporter has taken and no other term accounts for; negative if there are too many. */
    public long lostInExport() {
        return taken - shipped() - notKept() - rejected() - waiting;
    }

    /** The machine-readable line. */
    @Override
    public String toString() {
        return "ledger started=" + started() + " ended=" + ended() + " unrecorded=" + unrecorded() + " published="
                + published() + " shipped=" + shipped() + " rejected=" + rejected() + " dropped=" + dropped() + " open="
                + open + " lost=" + lost() + " buffered=" + buffered()
                + " not_kept=" + notKept() + (exact ? "" : " in_flight=" + inFlight());
    }

    /** Every counter that is not 0, one a line. */
    public String details() {
        final StringBuilder text = new StringBuilder(256);
        for (Map.Entry<Counter, Long> count : counts.entrySet()) {
            if (count.getValue() != 0) {
                text.append(count.getKey().label())
                        .append(' ')
                        .append(count.getValue())
                        .append('\n');
            }
        }
        return text.toString();
    }
}
