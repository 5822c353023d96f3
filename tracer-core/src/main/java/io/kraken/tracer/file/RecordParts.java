package io.kraken.tracer.file;

import java.nio.ByteBuffer;

/**
 * A reader that gathers a span from its record and its parts. Links and lengths are untrusted until checked: a part
 * counts only if its own header says that it is the part with this number of this use of the record, so a damaged link
 * leads neither out of the file, nor in a circle, nor into another span. For one thread.
 */
public final class RecordParts {

    private final ByteBuffer file;
    private final SpanFileLayout layout;
    private final int recordLength;
    private final int maxLength;

    public RecordParts(ByteBuffer file, SpanFileLayout layout) {
        this.file = file;
        this.layout = layout;
        this.recordLength = layout.shape().recordLength();
        this.maxLength = RecordLayout.maxLength(recordLength);
    }

    /**
     * Copies the span that begins in this record, header and entries, into contiguous memory.
     *
     * @return its length, or -1 if it is malformed; then only bytes inside the target have been written
     */
    public int copy(int record, ByteBuffer to, int at) {
        final int base = layout.recordOffset(record);
        final int length = RecordLayout.length(file, base);
        if (length < RecordLayout.HEADER_LENGTH || length > maxLength || length > to.capacity() - at) {
            return -1;
        }
        final int inRecord = Math.min(length, recordLength);
        to.put(at, file, base, inRecord);
        int done = inRecord;
        int part = record;
        for (int number = 1; done < length; number++) {
            part = next(record, part, number);
            if (part < 0) {
                return -1;
            }
            final int bytes = Math.min(length - done, recordLength - RecordLayout.PART_HEADER_LENGTH);
            to.put(at + done, file, layout.recordOffset(part) + RecordLayout.PART_HEADER_LENGTH, bytes);
            done += bytes;
        }
        return length;
    }

    /**
     * The part with this number of the span in this record.
     *
     * @param before the previous part, or the record itself
     * @return -1 if there is none
     */
    public int next(int record, int before, int number) {
        final int base = layout.recordOffset(record);
        final long word = RecordLayout.commitWord(file, base);
        if (number > RecordLayout.maxParts(recordLength) || before == record && !RecordLayout.isExtended(word)) {
            return -1;
        }
        final int link = before == record ? RecordLayout.NEXT_OFFSET : RecordLayout.PART_NEXT_OFFSET;
        final int part = file.getInt(layout.recordOffset(before) + link) - 1;
        if (part < 0 || part >= layout.shape().records()) {
            return -1;
        }
        final int at = layout.recordOffset(part);
        final boolean fits = RecordLayout.state(RecordLayout.commitWordAcquire(file, at)) == RecordLayout.PART
                && file.getInt(at + RecordLayout.PART_HEAD_OFFSET) == record
                && file.getInt(at + RecordLayout.PART_NUMBER_OFFSET) == number
                && file.getInt(at + RecordLayout.PART_GENERATION_OFFSET) == (int) RecordLayout.generation(word);
        return fits ? part : -1;
    }
}
