package io.kraken.tracer;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;

/**
 * What is done when a span has reached its limit of attributes or of bytes: attributes that were set again later are
 * thrown out, so that the limits hold for keys and not for calls. The caller has entered the span.
 */
final class Compaction {

    private Compaction() {}

    /**
     * Whether one more attribute under this key is within the limit, once keys that were set again are counted once.
     */
    static boolean admit(OpenSpan span, int symbol, String key) {
        if (span.attributes < span.recorder.maxAttributes) {
            return true;
        }
        compact(span);
        if (span.attributes < span.recorder.maxAttributes || isPresent(span, symbol, key)) {
            return true;
        }
        SpanWriter.dropped(span, RecordLayout.DROPPED_ATTRIBUTES_OFFSET);
        return false;
    }

    private static boolean isPresent(OpenSpan span, int symbol, String key) {
        final SpillAreas.Area area = span.recorder.spills.take(span.recorder.thread());
        if (area == null) {
            return false;
        }
        final Memory memory = span.recorder.memory;
        final ByteBuffer buffer = memory.buffer();
        final int begin = memory.offset(area.address);
        final int end = begin + gather(span, area.address);
        final int keyLength = SpanWriter.inlineKeyLength(symbol, key);
        buffer.putInt(end, EntryLayout.tag(EntryLayout.FALSE, symbol));
        if (keyLength > 0) {
            SpanWriter.putKey(memory, memory.address(end + EntryLayout.TAG_LENGTH), keyLength, key);
        }
        final EntryCursor wanted = area.inner.wrap(buffer, end, end + EntryLayout.TAG_LENGTH + keyLength);
        wanted.next();
        final EntryCursor entries = area.outer.wrap(buffer, begin + RecordLayout.HEADER_LENGTH, end);
        boolean found = false;
        while (!found && entries.next()) {
            found = isSameKey(buffer, entries, wanted);
        }
        span.recorder.spills.release(area);
        return found;
    }

    /** Copies the span, header and entries, to this address; returns its length. */
    private static int gather(OpenSpan span, long to) {
        final int length = SpanWriter.length(span);
        int done = Math.min(length, span.recorder.recordLength);
        span.recorder.memory.copy(span.home, to, done);
        for (int part = SpanWriter.NO_PART; done < length; ) {
            part = SpanWriter.next(span, part);
            final int bytes = Math.min(length - done, span.recorder.partLength);
            span.recorder.memory.copy(SpanWriter.payload(span, part), to + done, bytes);
            done += bytes;
        }
        return length;
    }

    /** Throws out what later entries replace; false when there was nothing, or no area to do it in. */
    static boolean compact(OpenSpan span) {
        final SpillAreas.Area area = span.recorder.spills.take(span.recorder.thread());
        if (area == null) {
            return false;
        }
        final int begin = span.recorder.memory.offset(area.address);
        final int end = begin + gather(span, area.address);
        final int kept = removeReplaced(span, area, begin, end);
        if (kept < end) {
            rewrite(span, area.address, kept - begin);
        }
        span.recorder.spills.release(area);
        return kept < end;
    }

    private static int removeReplaced(OpenSpan span, SpillAreas.Area area, int begin, int end) {
        final ByteBuffer buffer = span.recorder.memory.buffer();
        int kept = begin + RecordLayout.HEADER_LENGTH;
        int attributes = 0;
        final EntryCursor entries = area.outer.wrap(buffer, kept, end);
        while (entries.next()) {
            if (entries.isAttribute()
                    && isReplaced(buffer, entries, area.inner.wrap(buffer, entries.endOffset(), end))) {
                continue;
            }
            attributes += entries.isAttribute() ? 1 : 0;
            for (int from = entries.offset(); from < entries.endOffset(); from++) {
                buffer.put(kept++, buffer.get(from));
            }
        }
        span.attributes = (short) attributes;
        return kept;
    }

    /** Writes header and entries back, from an area. What is read after a crash in between has no entries. */
    private static void rewrite(OpenSpan span, long from, int length) {
        final Memory memory = span.recorder.memory;
        final boolean begun = RecordLayout.beginMove(memory, span.home);
        RecordLayout.lengthRelease(memory, span.home, RecordLayout.HEADER_LENGTH);
        span.position = RecordLayout.HEADER_LENGTH;
        span.limit = (short) span.recorder.recordLength;
        SpanWriter.spread(span, from + RecordLayout.HEADER_LENGTH, length - RecordLayout.HEADER_LENGTH);
        RecordLayout.lengthRelease(memory, span.home, length);
        if (begun) {
            RecordLayout.endMove(memory, span.home);
        }
    }

    private static boolean isReplaced(ByteBuffer buffer, EntryCursor entry, EntryCursor later) {
        while (later.next()) {
            if (isSameKey(buffer, later, entry)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isSameKey(ByteBuffer buffer, EntryCursor one, EntryCursor other) {
        if (!one.isAttribute() || one.symbol() != other.symbol() || one.keyLength() != other.keyLength()) {
            return false;
        }
        for (int i = 0; i < one.keyLength(); i++) {
            if (buffer.get(one.keyOffset() + i) != buffer.get(other.keyOffset() + i)) {
                return false;
            }
        }
        return true;
    }
}
