package io.kraken.tracer;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;

/**
 * The compaction of a span that has reached its limit of attributes or of bytes: removes attributes that were set again
 * later, so that the limits hold for keys and not for calls. The caller has entered the span.
 *
 * <p>A span at its attribute limit has its keys in {@link AttributeKeys}, which tells in constant time whether one more
 * is within the limit. An attribute that replaces another is appended, so the span may hold twice as many entries as
 * the limit before it is compacted again. A compaction takes time proportional to the entries, and about as many calls
 * lie between two compactions: the amortised cost of a call is constant, however many attributes there are.
 */
final class Compaction {

    private Compaction() {}

    /**
     * Whether one more attribute under this key is within the limit, counting each key once.
     */
    static boolean admit(OpenSpan span, int symbol, String key) {
        final int most = span.recorder.maxAttributes;
        if (span.attributes < most) {
            return true;
        }
        final AttributeKeys keys = most == 0 ? null : AttributeKeys.enter(span);
        boolean within = false;
        if (keys != null) {
            final boolean known = keys.isKnown() && span.attributes < 2 * most;
            within = !keys.isFull(2 * most)
                    && (known || compact(span, keys, true))
                    && span.attributes < 2 * most
                    && isWithin(span, keys, symbol, key, most);
            keys.leave();
        }
        if (!within) {
            SpanWriter.dropped(span, RecordLayout.DROPPED_ATTRIBUTES_OFFSET);
        }
        return within;
    }

    private static boolean isWithin(OpenSpan span, AttributeKeys keys, int symbol, String key, int most) {
        final int code = symbol == EntryLayout.INLINE_SYMBOL ? codeOf(span, key) : symbol;
        return code != AttributeKeys.NO_KEY && (keys.contains(code) || keys.size() < most && keys.add(code));
    }

    private static int codeOf(OpenSpan span, String key) {
        final SpillAreas.Area area = span.recorder.spills.take(span.recorder.thread());
        if (area == null) {
            return AttributeKeys.NO_KEY;
        }
        final Memory memory = span.recorder.memory;
        final int at = memory.offset(area.address);
        final int keyLength = SpanWriter.inlineKeyLength(EntryLayout.INLINE_SYMBOL, key);
        memory.buffer().putInt(at, EntryLayout.tag(EntryLayout.FALSE, EntryLayout.INLINE_SYMBOL));
        SpanWriter.putKey(memory, area.address + EntryLayout.TAG_LENGTH, keyLength, key);
        final EntryCursor wanted = area.inner.wrap(memory.buffer(), at, at + EntryLayout.TAG_LENGTH + keyLength);
        wanted.next();
        final int code = AttributeKeys.codeOf(wanted, memory.buffer());
        span.recorder.spills.release(area);
        return code;
    }

    /** Frees bytes in a span that is full; false if nothing can be freed, or the last compaction is too recent. */
    static boolean makeRoom(OpenSpan span) {
        final AttributeKeys keys = AttributeKeys.enter(span);
        if (keys == null) {
            return false;
        }
        final boolean made = keys.mayCompact(span.attributes) && compact(span, keys, keys.isKnown());
        if (made) {
            keys.forget(); // the attribute that needs the room is not among the entries yet
        }
        keys.leave();
        return made;
    }

    /**
     * Removes entries that later ones replace; false if no scratch area is free.
     *
     * @param full whether the span is, and stays, at its attribute limit: then its keys are recorded
     */
    private static boolean compact(OpenSpan span, AttributeKeys keys, boolean full) {
        final SpillAreas.Area area = span.recorder.spills.take(span.recorder.thread());
        if (area == null) {
            return false;
        }
        final ByteBuffer buffer = span.recorder.memory.buffer();
        final int begin = span.recorder.memory.offset(area.address);
        final int from = begin + RecordLayout.HEADER_LENGTH;
        final int end = begin + gather(span, area.address);
        keys.findLasts(area, buffer, from, end);
        final int kept = removeReplaced(span, keys, area, from, end, full);
        if (kept < end) {
            rewrite(span, area.address, kept - begin);
        }
        if (full) {
            keys.know(area.outer.wrap(buffer, from, kept), buffer);
        }
        span.recorder.spills.release(area);
        return true;
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

    private static int removeReplaced(
            OpenSpan span, AttributeKeys keys, SpillAreas.Area area, int from, int end, boolean full) {
        final ByteBuffer buffer = span.recorder.memory.buffer();
        int kept = from;
        int others = 0;
        int attributes = 0;
        final EntryCursor entries = area.outer.wrap(buffer, from, end);
        while (entries.next()) {
            if (entries.isAttribute()) {
                if (!keys.isLast(entries, area.inner, buffer, end)) {
                    continue;
                }
                attributes++;
            } else {
                others++;
            }
            final int length = entries.endOffset() - entries.offset();
            if (kept < entries.offset()) {
                buffer.put(kept, buffer, entries.offset(), length);
            }
            kept += length;
        }
        span.attributes = (short) (full ? Math.max(span.recorder.maxAttributes, attributes) : attributes);
        keys.compacted(attributes + others, span.attributes);
        return kept;
    }

    /** Writes header and entries back from a scratch area. A reader after a crash in between finds no entries. */
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
}
