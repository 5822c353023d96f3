package io.kraken.tracer.ring;

import io.kraken.tracer.Key;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.RecordParts;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Ended spans on their way to a sink. Almost all stay where they are, in their records, and a batch only says where
 * that is. A few are copied, since there is something to be done to them first: those that go on in parts are gathered,
 * the stack traces that callers left to the exporter are written in, abandoned ones are given an end. One thread.
 */
public final class Batch {

    private static final Key ABANDONED = Key.ofBoolean("kraken.abandoned");
    private static final int ABANDONED_LENGTH = EntryLayout.TAG_LENGTH + 256;

    private final ByteBuffer file;
    private final SpanFileLayout layout;
    private final RecordParts parts;
    private final ByteBuffer copies;
    private final StackTraces stackTraces;
    private final EntryCursor entries = new EntryCursor();
    private final int[] records;
    /** Where a span begins, in the file, or counted from -1 down in the copies. */
    private final int[] offsets;

    private int count;
    private int copied;

    /** @param copyLength bytes for spans that are copied; must hold the longest and its stack traces */
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

    public int count() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    public boolean isFull() {
        return count == records.length;
    }

    /** Which record it is; with the generation in its commit word this tells a span from all others of the process. */
    public int record(int span) {
        return records[span];
    }

    /** The bytes that a span stands in, little-endian. */
    public ByteBuffer buffer(int span) {
        return offsets[span] < 0 ? copies : file;
    }

    /** Where a span begins in {@link #buffer}. */
    public int offset(int span) {
        return offsets[span] < 0 ? -1 - offsets[span] : offsets[span];
    }

    /** First offset behind a span. Header and entries are in one piece; the entries have not been looked at. */
    public int endOffset(int span) {
        return offset(span) + RecordLayout.length(buffer(span), offset(span));
    }

    /** Keeps the first spans only. */
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
     * Appends the ended span in this record: it is held then, or there is no room for it now, or its exceptions have
     * not been read yet.
     */
    ChunkSweep.Outcome append(int record) {
        if (isFull()) {
            return ChunkSweep.Outcome.NO_ROOM;
        }
        final int base = layout.recordOffset(record);
        final int length = RecordLayout.length(file, base);
        if (RecordLayout.thrown(file, base) == 0 && length <= layout.shape().recordLength()) {
            if (length < RecordLayout.HEADER_LENGTH) {
                throw new MalformedRecordException("a record says that it has " + length + " bytes");
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

    /** Appends a span that has not ended, as one that ends now. */
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

    /** Copies a span and its parts to where there is so much room left behind it; -1 when there is none. */
    private int copy(int record, int room) {
        final int at = copied;
        final int longest = RecordLayout.maxLength(layout.shape().recordLength());
        if (longest + room > copies.capacity() - at) {
            if (at == 0) {
                throw new MalformedRecordException("a span that no batch can hold");
            }
            return -1;
        }
        if (parts.copy(record, copies, at) < 0) {
            throw new MalformedRecordException("a span whose parts do not hold together");
        }
        return at;
    }

    /**
     * Makes room at the head of each event that waits for a stack trace, and writes it there as its first attribute:
     * one that the program has set itself comes later and counts.
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
