package io.kraken.tracer.ring;

import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SingleProducerSequencer;
import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * One ring of record slots in the span file. The Disruptor's single-producer sequencer keeps the order; who is the
 * single producer changes from record to record: a thread holds the lane for the length of one copy, by a
 * compare-and-set that it tries once.
 *
 * <p>Any number of producers, one consumer. Producing never blocks: it ends after a bounded number of steps with the
 * record published or not. The consumer is wait-free. A record is visible to the consumer by the sequencer's cursor,
 * to other processes by the commit word of its first slot, which is written after everything it announces.
 */
final class Lane extends Padding {

    static final int PUBLISHED = 0;

    private static final int FREE = 0;
    private static final int HELD = 1;
    private static final int SHUT = 2;

    private static final VarHandle HOLDER;

    static {
        try {
            HOLDER = MethodHandles.lookup().findVarHandle(Lane.class, "holder", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What the consumer does with a record. */
    interface Handler {
        /** False leaves this record and all after it where they are. */
        boolean onRecord(Lane lane, long sequence, int slots);

        /** So many records were published and could not be found: something has written over their commit words. */
        void onMissing(Lane lane, long records);
    }

    @SuppressWarnings("unused") // through HOLDER
    private int holder;

    private long last = -1;
    private long records;
    private long nudgeAt;

    private final ByteBuffer buffer;
    private final int slots;
    private final int mask;
    private final int slotLength;
    private final int slotShift;
    private final int publishedOffset;
    private final int capacity;
    private final SingleProducerSequencer sequencer;
    private final Sequence consumed = new Sequence();
    private final SpanFile file;
    private final int index;
    private final Nudge nudge;
    /** Exceptions travel beside the records: the first of a record at its first slot, the next at the next. */
    private final Throwable[] thrown;

    private long consumedRecords;

    /** How the lane asks for the consumer's attention. */
    interface Nudge {
        void halfFull();
    }

    Lane(SpanFile file, int index, Nudge nudge) {
        final SpanFileLayout layout = file.layout();
        this.buffer = file.buffer();
        this.slots = layout.laneSlotsOffset(index);
        this.capacity = layout.shape().laneSlots();
        this.mask = capacity - 1;
        this.slotLength = layout.shape().recordLength();
        this.slotShift = Integer.numberOfTrailingZeros(slotLength);
        this.publishedOffset = file.lanePublishedOffset(index);
        this.file = file;
        this.index = index;
        this.nudge = nudge;
        this.nudgeAt = capacity / 2 - 1;
        this.thrown = new Throwable[capacity];
        this.sequencer = new SingleProducerSequencer(capacity, new BusySpinWaitStrategy()); // which signals nobody
        sequencer.addGatingSequences(consumed);
    }

    ByteBuffer buffer() {
        return buffer;
    }

    int slotOffset(long sequence) {
        return slots + (((int) sequence & mask) << slotShift);
    }

    // --- producers

    /** Returns {@link #PUBLISHED}, or why not: FULL, BUSY or CLOSED of {@link RecordSink}. */
    int tryPublish(int source, int length, Throwable[] exceptions) {
        final int state = (int) HOLDER.getOpaque(this);
        if (state != FREE || !HOLDER.compareAndSet(this, FREE, HELD)) {
            return state == SHUT ? RecordSink.CLOSED : RecordSink.BUSY;
        }
        try {
            return length <= slotLength && exceptions == null
                    ? publishOne(source, length)
                    : publishLarge(source, length, exceptions);
        } finally {
            HOLDER.setRelease(this, FREE);
        }
    }

    private int publishOne(int source, int length) {
        final long sequence = claim(1);
        if (sequence < 0) {
            return RecordSink.FULL;
        }
        final ByteBuffer all = buffer;
        final int slot = slotOffset(sequence);
        all.put(slot + Long.BYTES, all, source + Long.BYTES, length - Long.BYTES);
        Mem.putLongRelease(all, slot, RecordLayout.commitWord(sequence, 1));
        publish(all, sequence);
        return PUBLISHED;
    }

    private int publishLarge(int source, int length, Throwable[] thrownBySpan) {
        final int exceptions = thrownBySpan == null ? 0 : RecordLayout.thrown(buffer, source);
        final int needed = Math.max(exceptions, RecordLayout.slots(length, slotLength));
        final long end = needed > RecordLayout.MAX_SLOTS ? -1 : claim(needed);
        if (end < 0) {
            return RecordSink.FULL;
        }
        final long first = end - needed + 1;
        final int payload = slotLength - Long.BYTES;
        int from = source + Long.BYTES;
        int left = length - Long.BYTES;
        for (long sequence = first; sequence <= end; sequence++) {
            final int slot = slotOffset(sequence);
            final int bytes = Math.max(0, Math.min(left, payload));
            buffer.put(slot + Long.BYTES, buffer, from, bytes);
            if (sequence != first) {
                Mem.putLongRelease(buffer, slot, RecordLayout.commitWord(sequence, 0));
            }
            from += bytes;
            left -= bytes;
        }
        for (int i = 0; i < exceptions; i++) {
            thrown[(int) (first + i) & mask] = thrownBySpan[i];
        }
        Mem.putLongRelease(buffer, slotOffset(first), RecordLayout.commitWord(first, needed));
        publish(buffer, end);
        return PUBLISHED;
    }

    /** The last of so many sequences in a row, or -1. */
    private long claim(int needed) {
        if (last + needed > consumed.get() + capacity) {
            return -1; // asked first, since the sequencer says so with an exception
        }
        try {
            last = sequencer.tryNext(needed);
            return last;
        } catch (InsufficientCapacityException e) {
            return -1;
        }
    }

    private void publish(ByteBuffer all, long sequence) {
        sequencer.publish(sequence);
        Mem.putLongRelease(all, publishedOffset, ++records);
        if (sequence >= nudgeAt) {
            halfFull(sequence);
        }
    }

    private void halfFull(long sequence) {
        final long taken = consumed.get();
        final int half = capacity / 2;
        if (sequence - taken >= half) {
            nudgeAt = sequence + capacity / 8;
            nudge.halfFull();
        } else {
            nudgeAt = taken + half;
        }
    }

    /** Lets nobody in any more. True once it is so; false while a producer is still at work. */
    boolean shut() {
        return (int) HOLDER.getAcquire(this) == SHUT || HOLDER.compareAndSet(this, FREE, SHUT);
    }

    // --- the consumer

    /**
     * Hands records to the handler until it declines or there are no more; returns how many it is done with. What the
     * handler throws ends the poll: the record it was thrown for comes again, those before it do not.
     */
    int poll(Handler handler) {
        final long published = file.lanePublished(index); // read first: all of these are behind the cursor
        final long available = sequencer.getCursor();
        final long from = consumed.get() + 1;
        final long recordsBefore = consumedRecords;
        long next = from;
        try {
            while (next <= available) { // which the cursor has made visible, commit words and all
                final int announced = RecordLayout.committedSlots(buffer.getLong(slotOffset(next)), next);
                if (announced == 0 || announced > available - next + 1) {
                    next++; // not the first slot of a record: the count below tells whether it should have been
                    continue;
                }
                if (!handler.onRecord(this, next, announced)) {
                    break;
                }
                forget(next, announced);
                next += announced;
                consumedRecords++;
            }
            if (next > available && consumedRecords < published) {
                handler.onMissing(this, published - consumedRecords);
                consumedRecords = published;
            }
        } finally {
            if (next != from || consumedRecords != recordsBefore) {
                file.laneConsumed(index, next, consumedRecords); // first: it says where others may read
                consumed.set(next - 1);
            }
        }
        return (int) (consumedRecords - recordsBefore);
    }

    /** An exception of the record that begins at this sequence. */
    Throwable thrown(long sequence, int number) {
        return thrown[(int) (sequence + number) & mask];
    }

    private void forget(long sequence, int announced) {
        final int count = Math.min(announced, RecordLayout.thrown(buffer, slotOffset(sequence)));
        for (int i = 0; i < count; i++) {
            thrown[(int) (sequence + i) & mask] = null;
        }
    }
}
