package io.kraken.tracer.file;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;

/**
 * Where every span went. Read from a span file at any moment by anyone; exact when no span starts or ends meanwhile.
 *
 * <pre>
 *   started   = ended + open
 *   ended     = unrecorded + published + dropped(reason)
 *   published = shipped + not kept + rejected(reason) + buffered
 * </pre>
 *
 * @param waiting what the exporter says it holds: taken from the lanes, not yet settled
 */
public record Ledger(
        long recordedStarts, long open, long published, long inLanes, long waiting, Map<Counter, Long> counts) {

    /** Of a tracer that does nothing. */
    public static final Ledger EMPTY = new Ledger(0, 0, 0, 0, 0, noCounts());

    private static Map<Counter, Long> noCounts() {
        final Map<Counter, Long> counts = new EnumMap<>(Counter.class);
        for (Counter counter : Counter.values()) {
            counts.put(counter, 0L);
        }
        return counts;
    }

    /** Reads all of it; {@code waiting} is what the sink holds at this moment. */
    public static Ledger read(SpanFile file, long waiting) {
        return read(file.buffer(), file.layout(), file.counters(), waiting);
    }

    static Ledger read(ByteBuffer buffer, SpanFileLayout layout, Counters counters, long waiting) {
        final SpanFileLayout.Shape shape = layout.shape();
        long starts = 0;
        long open = 0;
        long unrecorded = 0;
        for (int i = 0; i < shape.stagingRecords(); i++) {
            final long state = Mem.getLongAcquire(buffer, layout.stagingOffset() + i * shape.recordLength());
            starts += RecordLayout.leases(state);
            open += RecordLayout.isOpen(state) ? 1 : 0;
            unrecorded += buffer.getLong(layout.unrecordedOffset(i));
        }
        long published = 0;
        long consumed = 0;
        for (int lane = 0; lane < shape.lanes(); lane++) {
            final int header = layout.laneHeaderOffset(lane);
            consumed += Mem.getLongAcquire(buffer, header + SpanFileLayout.LANE_CONSUMED_RECORDS_OFFSET);
            published += Mem.getLongAcquire(buffer, header + SpanFileLayout.LANE_PUBLISHED_OFFSET);
        }
        final Map<Counter, Long> counts = noCounts();
        for (Counter counter : Counter.values()) {
            counts.put(counter, counters.get(counter));
        }
        counts.merge(Counter.UNRECORDED, unrecorded, Long::sum);
        return new Ledger(starts - unrecorded, open, published, published - consumed, waiting, counts);
    }

    /** The same, where only what went in and what came out is known: what is between is held by the exporter. */
    Ledger withRestWaiting() {
        final long rest = Math.max(0, published - shipped() - notKept() - rejected() - inLanes);
        return new Ledger(recordedStarts, open, published, inLanes, rest, counts);
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
        return recordedStarts + unrecorded() + sum(Counter.Hop.SETTLED_AT_START);
    }

    public long ended() {
        return started() - open;
    }

    public long unrecorded() {
        return count(Counter.UNRECORDED);
    }

    /** Dropped on the caller's side, by any reason. */
    public long dropped() {
        return sum(Counter.Hop.SETTLED_AT_START) + sum(Counter.Hop.DROPPED_AT_END);
    }

    public long shipped() {
        return sum(Counter.Hop.SHIPPED);
    }

    /** Not sampled, and let go by an exporter that has nowhere to keep it. */
    public long notKept() {
        return sum(Counter.Hop.NOT_KEPT);
    }

    /** Given up by the exporter or refused by the backend, by any reason. */
    public long rejected() {
        return sum(Counter.Hop.REJECTED);
    }

    public long buffered() {
        return inLanes + waiting;
    }

    /** Spans that no term above accounts for, on either side of the lanes. 0, or there is a defect. */
    public long lost() {
        return Math.abs(lostBeforeLanes()) + Math.abs(lostBehindLanes());
    }

    /** Ended spans that neither are in a lane nor have been dropped; negative when there are too many. */
    public long lostBeforeLanes() {
        return ended() - unrecorded() - dropped() - published;
    }

    /** Spans that a lane had and that are accounted for nowhere; negative when there are too many. */
    public long lostBehindLanes() {
        return published - shipped() - notKept() - rejected() - buffered();
    }

    /** The line for machines. */
    @Override
    public String toString() {
        return "ledger started=" + started() + " ended=" + ended() + " unrecorded=" + unrecorded() + " published="
                + published + " shipped=" + shipped() + " rejected=" + rejected() + " dropped=" + dropped() + " open="
                + open + " lost=" + lost() + " buffered=" + buffered()
                + " not_kept=" + notKept();
    }

    /** Every counter that is not 0, a line each. */
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
