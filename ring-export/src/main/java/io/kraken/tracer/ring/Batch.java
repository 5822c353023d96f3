package io.kraken.tracer.ring;

import io.kraken.tracer.Key;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Records on their way to a sink, gathered whole from the slots of a lane, one behind the other. From here on a
 * record stands alone: the stack traces that the callers left to the exporter are written in. Its first word is still
 * the commit word of its slot, its second one is the number of the lane. One thread.
 */
public final class Batch {

    private static final Key STACK_TRACE = Key.ofString("exception.stacktrace");
    private static final int FIRST_OFFSETS = 256;

    private final ByteBuffer buffer;
    private final int maxRecords;
    private final int slotLength;
    private final StackTraces stackTraces;
    private final EntryCursor entries = new EntryCursor();
    private int[] offsets = new int[FIRST_OFFSETS];
    private int count;
    private int end;

    /** @param capacity bytes; must hold the longest record and its stack traces */
    public Batch(int capacity, int maxRecords, int slotLength, int stackTraceLength) {
        this.buffer = ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN);
        this.maxRecords = maxRecords;
        this.slotLength = slotLength;
        this.stackTraces = new StackTraces(stackTraceLength);
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    public int count() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    public boolean isFull() {
        return count == maxRecords;
    }

    /** Bytes in use. */
    public int length() {
        return end;
    }

    /** Where a record begins in {@link #buffer()}. */
    public int offset(int record) {
        return offsets[record];
    }

    /** First offset behind a record; what its header says of its length is no more than this allows. */
    public int endOffset(int record) {
        return offsets[record] + RecordLayout.length(buffer, offsets[record]);
    }

    /** Keeps the first records only. */
    public void truncate(int records) {
        end = records < count ? offsets[records] : end;
        count = Math.min(count, records);
    }

    public void clear() {
        truncate(0);
    }

    /**
     * Appends a record that begins in a lane's slot and goes on in those after it.
     *
     * @return false when there is no room for it now
     */
    boolean append(Lane lane, long sequence, int slots) {
        final int first = lane.slotOffset(sequence);
        final ByteBuffer file = lane.buffer();
        final int length = RecordLayout.length(file, first);
        final int most = slots * (slotLength - Long.BYTES) + Long.BYTES;
        if (length < RecordLayout.HEADER_LENGTH || length > most) {
            throw new MalformedRecordException("a record of " + slots + " slots says that it has " + length + " bytes");
        }
        final int thrown = Math.min(slots, RecordLayout.thrown(file, first));
        if (isFull() || Mem.align(length, Long.BYTES) > buffer.capacity() - end - stackTraces.room(thrown)) {
            return false;
        }
        final int at = end;
        gather(lane, sequence, at, length);
        RecordLayout.lane(buffer, at, lane.index());
        int finish = at + length;
        if (thrown > 0) {
            finish = writeStackTraces(at, finish, lane, sequence, thrown);
        }
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
        }
        offsets[count++] = at;
        end = Mem.align(finish, Long.BYTES);
        return true;
    }

    private void gather(Lane lane, long sequence, int at, int length) {
        final ByteBuffer file = lane.buffer();
        final int inFirst = Math.min(length, slotLength);
        buffer.put(at, file, lane.slotOffset(sequence), inFirst);
        final int payload = slotLength - Long.BYTES;
        long next = sequence + 1;
        for (int done = inFirst; done < length; done += payload, next++) {
            buffer.put(at + done, file, lane.slotOffset(next) + Long.BYTES, Math.min(payload, length - done));
        }
    }

    /**
     * Makes room at the head of each event that waits for a stack trace, and writes it there as its first attribute:
     * one that the program has set itself comes later and counts.
     */
    private int writeStackTraces(int at, int finish, Lane lane, long sequence, int thrown) {
        int end = finish;
        int used = 0;
        entries.wrap(buffer, at + RecordLayout.HEADER_LENGTH, end);
        while (entries.next()) {
            if (entries.type() != RecordLayout.THROWN || used == thrown) {
                continue;
            }
            final int eventEnd = entries.endOffset();
            final int grown =
                    stackTraces.write(buffer, entries.nestedOffset(), end, STACK_TRACE, lane.thrown(sequence, used++));
            buffer.put(entries.offset(), (byte) RecordLayout.EVENT);
            buffer.putInt(entries.valueOffset() - Integer.BYTES, entries.valueLength() + grown);
            end += grown;
            entries.wrap(buffer, eventEnd + grown, end);
        }
        RecordLayout.thrown(buffer, at, 0);
        RecordLayout.lengthRelease(buffer, at, end - at);
        return end;
    }
}
