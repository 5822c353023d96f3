package io.kraken.tracer.ring;

import io.kraken.tracer.Key;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.RecordParts;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.ring.queue.SpanSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A list of ended spans for a sink. Most spans are not copied: the batch refers to their records in the span file. A
 * span is copied only when it has to be changed first: parts of a span that outgrew its record are joined, stack traces
 * that callers left to the exporter are inserted, and an abandoned span gets an end time. Used by one thread.
 */
public final class Batch implements SpanSource {

    private static final Key ABANDONED = Key.ofBoolean("kraken.abandoned");
    private static final int ABANDONED_LENGTH = EntryLayout.TAG_LENGTH + 256;

    private final ByteBuffer file;
    private final SpanFileLayout layout;
    private final RecordParts parts;
    private final ByteBuffer copies;
    private final StackTraces stackTraces;
    private final EntryCursor entries = new EntryCursor();
    private final int[] records;
    /** Offset of a span in the span file; or, for a copy, {@code -1 - offset} in {@code copies}. */
    private final int[] offsets;

    private int count;
    private int copied;

    /** @param copyLength bytes for copied spans; must hold the longest span and its stack traces */
    Batch(SpanFile file, StackTraces stackTraces, int maxRecords, int copyLength) {
        this.file = file.buffer();
        this.layout = file.layout();
        this.parts = new RecordParts(this.file, layout);
        this.copies = ByteBuffer.allocateDirect(copyLength).order(ByteOrder.LITTLE_ENDIAN);
        this.stackTraces = stackTraces;
        this.records = new int[maxRecords];
        this.offsets = new int[maxRecords];
    }

    StackTraces stackTraces() {
        return stackTraces;
    }

    @Override
    public int count() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    public boolean isFull() {
        return count == records.length;
    }

    @Override
    public int record(int span) {
        return records[span];
    }

    @Override
    public ByteBuffer buffer(int span) {
        return offsets[span] < 0 ? copies : file;
    }

    @Override
    public int offset(int span) {
        return offsets[span] < 0 ? -1 - offsets[span] : offsets[span];
    }

    @Override
    public int endOffset(int span) {
        return offset(span) + RecordLayout.length(buffer(span), offset(span));
    }

    @Override
    public void truncate(int spans) {
        while (count > spans) {
            count--;
            copied = offsets[count] < 0 ? -1 - offsets[count] : copied;
        }
    }

    public void clear() {
        truncate(0);
    }

    /**
     * Appends the ended span of this record. The outcome is {@code HELD}, {@code NO_ROOM} when the batch has no space
     * for it now, or {@code LATER} when its exceptions have not been read yet.
     */
    ChunkSweep.Outcome append(int record) {
        if (isFull()) {
            return ChunkSweep.Outcome.NO_ROOM;
        }
        final int base = layout.recordOffset(record);
        final int length = RecordLayout.length(file, base);
        if (RecordLayout.thrown(file, base) == 0 && length <= layout.shape().recordLength()) {
            if (length < RecordLayout.HEADER_LENGTH) {
                throw new MalformedRecordException("record length of " + length + " bytes is less than a header");
            }
            add(record, base);
            return ChunkSweep.Outcome.HELD;
        }
        final int thrown = RecordLayout.thrown(file, base);
        if (thrown > 0 && !stackTraces.isReady(record, thrown)) {
            return ChunkSweep.Outcome.LATER;
        }
        final int at = copy(record, stackTraces.room(record));
        if (at < 0) {
            return ChunkSweep.Outcome.NO_ROOM;
        }
        writeStackTraces(record, at, thrown);
        stackTraces.forget(record);
        addCopy(record, at);
        return ChunkSweep.Outcome.HELD;
    }

    /** Appends a span that has not ended, with {@code endTicks} as its end; false when there is no space for it. */
    boolean appendAbandoned(int record, long endTicks) {
        final int at = isFull() ? -1 : copy(record, ABANDONED_LENGTH);
        if (at < 0) {
            return false;
        }
        int end = at + RecordLayout.length(copies, at);
        if (ABANDONED.symbol() != EntryLayout.INLINE_SYMBOL) {
            copies.putInt(end, EntryLayout.tag(EntryLayout.TRUE, ABANDONED.symbol()));
            end += EntryLayout.TAG_LENGTH;
        }
        RecordLayout.endTicks(copies, at, Math.max(endTicks, RecordLayout.startTicks(copies, at)));
        RecordLayout.length(copies, at, end - at);
        RecordLayout.noneThrown(copies, at);
        addCopy(record, at);
        return true;
    }

    private void add(int record, int offset) {
        records[count] = record;
        offsets[count++] = offset;
    }

    private void addCopy(int record, int at) {
        add(record, -1 - at);
        copied = Mem.align(at + RecordLayout.length(copies, at), Long.BYTES);
    }

    /**
     * Copies a span and its parts to the next free offset and returns that offset; -1 when less than {@code room} bytes
     * would remain after the longest possible span.
     */
    private int copy(int record, int room) {
        final int at = copied;
        final int longest = RecordLayout.maxLength(layout.shape().recordLength());
        if (longest + room > copies.capacity() - at) {
            if (at == 0) {
                throw new MalformedRecordException("the span is longer than the copy buffer of a batch");
            }
            return -1;
        }
        if (parts.copy(record, copies, at) < 0) {
            throw new MalformedRecordException("the parts of the span are inconsistent");
        }
        return at;
    }

    /**
     * Inserts the stack traces. Each is the first attribute of its event, so that one set by the program comes later
     * and takes precedence.
     */
    private void writeStackTraces(int record, int at, int thrown) {
        int end = at + RecordLayout.length(copies, at);
        int used = 0;
        entries.wrap(copies, at + RecordLayout.HEADER_LENGTH, end);
        while (entries.next()) {
            if (entries.type() != EntryLayout.THROWN || used == thrown) {
                continue;
            }
            final int eventEnd = entries.endOffset();
            final int grown = stackTraces.write(copies, record, used++, entries.nestedOffset(), eventEnd, end);
            copies.put(entries.offset(), (byte) EntryLayout.EVENT);
            copies.putInt(entries.valueOffset() - Integer.BYTES, entries.valueLength() + grown);
            end += grown;
            entries.wrap(copies, eventEnd + grown, end);
        }
        RecordLayout.noneThrown(copies, at);
        RecordLayout.length(copies, at, end - at);
    }
}
