package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.text.Utf8;
import io.kraken.tracer.text.Utf8Scratch;

/**
 * The writer of entries that {@link OpenSpan} does not append itself: those with a key as text, of variable length, too
 * long for the rest of the record, or at a limit. The caller has entered the span.
 *
 * <p>An entry is {@link #reserve reserved}, its value written, and {@link #commit committed} or {@link #cancel
 * cancelled}. One that fits is written in place. Any other is written into a {@link SpillAreas.Area} and copied into
 * the record and its parts when it is committed; the length, which publishes it to readers, is written last.
 */
final class SpanWriter {

    static final int NO_PART = -1;
    /** In place of an address. */
    static final long NO_ROOM = -1;

    private static final int MAX_INLINE_KEY = 1024;
    private static final int SHORTEST_CUT = 16;

    private SpanWriter() {}

    // --- attributes

    static void putLong(OpenSpan span, int symbol, String key, int type, long bits) {
        if (Compaction.admit(span, symbol, key)) {
            count(
                    span,
                    appendLong(span, symbol, key, type, bits)
                            || Compaction.makeRoom(span) && appendLong(span, symbol, key, type, bits));
        }
    }

    static void putBoolean(OpenSpan span, int symbol, String key, boolean value) {
        if (Compaction.admit(span, symbol, key)) {
            count(
                    span,
                    appendBoolean(span, symbol, key, value)
                            || Compaction.makeRoom(span) && appendBoolean(span, symbol, key, value));
        }
    }

    static void putString(OpenSpan span, int symbol, String key, String value) {
        if (Compaction.admit(span, symbol, key)) {
            final boolean appended = appendByScratch(span, symbol, key, value)
                    || appendString(span, symbol, key, EntryLayout.STRING, value)
                    || Compaction.makeRoom(span) && appendString(span, symbol, key, EntryLayout.STRING, value);
            count(span, appended);
        }
    }

    /** Counts an attribute as appended, or as dropped because there was no room. */
    static void count(OpenSpan span, boolean appended) {
        if (appended) {
            span.attributes++;
        } else {
            dropped(span, RecordLayout.DROPPED_ATTRIBUTES_OFFSET);
        }
    }

    static void dropped(OpenSpan span, int droppedOffset) {
        RecordLayout.countDropped(span.recorder.memory, span.home, droppedOffset);
        span.recorder.counters.increment(Counter.DROPPED_ENTRIES);
    }

    // --- values of all kinds

    static boolean appendLong(OpenSpan span, int symbol, String key, int type, long bits) {
        final long at = reserve(span, symbol, key, type, Long.BYTES);
        if (at >= 0) {
            span.recorder.memory.putLong(at, bits);
            commit(span, at + Long.BYTES);
        }
        return at >= 0;
    }

    static boolean appendBoolean(OpenSpan span, int symbol, String key, boolean value) {
        final long at = reserve(span, symbol, key, value ? EntryLayout.TRUE : EntryLayout.FALSE, 0);
        if (at >= 0) {
            commit(span, at);
        }
        return at >= 0;
    }

    static boolean appendBytes(OpenSpan span, int type, byte[] bytes, int length) {
        return appendBytes(span, EntryLayout.NO_SYMBOL, null, type, bytes, length);
    }

    private static boolean appendBytes(OpenSpan span, int symbol, String key, int type, byte[] bytes, int length) {
        final long at = reserve(span, symbol, key, type, Integer.BYTES + length);
        if (at >= 0) {
            span.recorder.memory.putInt(at, length);
            span.recorder.memory.putBytes(at + Integer.BYTES, bytes, 0, length);
            commit(span, at + Integer.BYTES + length);
        }
        return at >= 0;
    }

    /** Appends a name or a description. */
    static void appendText(OpenSpan span, int type, String text) {
        if (!appendString(span, EntryLayout.NO_SYMBOL, null, type, text)) {
            span.recorder.counters.increment(Counter.DROPPED_ENTRIES);
        }
    }

    /** Encodes into a scratch buffer first, for short texts that are not ASCII. False if that is not possible. */
    private static boolean appendByScratch(OpenSpan span, int symbol, String key, String value) {
        final int length = value.length();
        if (length > Utf8Scratch.MAX_CHARS || length > span.recorder.maxValueLength) {
            return false;
        }
        final Utf8Scratch own = span.scratch();
        final Utf8Scratch used = own != null ? own : span.recorder.scratches.hold(ThreadIds.current());
        if (used == null) {
            return false;
        }
        try {
            final int bytes = used.encode(value, length);
            return appendBytes(span, symbol, key, EntryLayout.STRING, used.bytes, bytes);
        } finally {
            if (own == null) {
                used.release();
            }
        }
    }

    /** Appends the text, truncated at a code point if there is no room for all of it. */
    static boolean appendString(OpenSpan span, int symbol, String key, int type, String value) {
        final Recorder recorder = span.recorder;
        final int most = type == EntryLayout.STRING ? recorder.maxValueLength : Integer.MAX_VALUE;
        final int chars = Utf8.within(value, Math.min(most, recorder.maxLength));
        final int whole = Utf8.length(value, chars);
        final int head = EntryLayout.PREFIX_LENGTH + inlineKeyLength(symbol, key);
        int bytes = Math.min(whole, recorder.maxLength - length(span) - head);
        long at = bytes < Math.min(whole, SHORTEST_CUT) ? -1 : reserve(span, symbol, key, type, Integer.BYTES + bytes);
        if (at < 0) { // no parts are available: use what is left of the record
            bytes = Math.min(whole, room(span) - head);
            at = bytes < SHORTEST_CUT ? -1 : reserve(span, symbol, key, type, Integer.BYTES + bytes);
        }
        if (at < 0) {
            return false;
        }
        final int written = Utf8.put(span.recorder.memory, at + Integer.BYTES, bytes, value, chars);
        span.recorder.memory.putInt(at, written);
        if (written < whole || chars < value.length()) {
            recorder.counters.increment(Counter.TRUNCATED);
        }
        commit(span, at + Integer.BYTES + written);
        return true;
    }

    // --- room

    /**
     * Reserves room for an entry and writes its tag and key. Returns the address of its value, or -1 if there is no
     * room.
     */
    static long reserve(OpenSpan span, int symbol, String key, int type, int valueLength) {
        final int keyLength = inlineKeyLength(symbol, key);
        final long need = EntryLayout.TAG_LENGTH + keyLength + (long) valueLength;
        final long at = need <= room(span) ? base(span) + span.position : spill(span, need);
        if (at == NO_ROOM) {
            return NO_ROOM;
        }
        span.recorder.memory.putInt(at, EntryLayout.tag(type, symbol));
        if (symbol == EntryLayout.INLINE_SYMBOL) {
            putKey(span.recorder.memory, at + EntryLayout.TAG_LENGTH, keyLength, key);
            span.recorder.counters.increment(Counter.SYMBOLS_FULL);
            if (key.length() > MAX_INLINE_KEY) {
                span.recorder.counters.increment(Counter.TRUNCATED);
            }
        }
        return at + EntryLayout.TAG_LENGTH + keyLength;
    }

    static void putKey(Memory memory, long at, int keyLength, String key) {
        memory.putInt(at, keyLength - Integer.BYTES);
        Utf8.put(memory, at + Integer.BYTES, keyLength - Integer.BYTES, key, Utf8.within(key, MAX_INLINE_KEY));
    }

    static int inlineKeyLength(int symbol, String key) {
        if (symbol != EntryLayout.INLINE_SYMBOL) {
            return 0;
        }
        return Integer.BYTES + Utf8.length(key, Utf8.within(key, MAX_INLINE_KEY));
    }

    /**
     * Takes an area for an entry that fits into the record and its parts, adding parts if needed; returns its address,
     * or -1 if there is no room.
     */
    private static long spill(OpenSpan span, long need) {
        final int length = length(span);
        if (need > span.recorder.maxLength - length || !extendTo(span, length + (int) need)) {
            return NO_ROOM;
        }
        final SpillAreas.Area area = span.recorder.spills.take(span.recorder.thread());
        return area == null ? NO_ROOM : area.address;
    }

    /** Publishes an entry; other threads and processes may read it from now on. */
    static void commit(OpenSpan span, long end) {
        final SpillAreas spills = span.recorder.spills;
        final long last = end - 1; // the end of the last record is where the areas begin
        if (spills.holds(last)) {
            final SpillAreas.Area area = spills.at(last);
            spread(span, area.address, (int) (end - area.address));
            spills.release(area);
        } else {
            span.position = (short) (end - base(span));
        }
        RecordLayout.lengthRelease(span.recorder.memory, span.home, length(span));
    }

    /** Discards an entry whose value was to be written to this address. */
    static void cancel(OpenSpan span, long at) {
        final SpillAreas spills = span.recorder.spills;
        if (spills.holds(at)) {
            spills.release(spills.at(at));
        }
    }

    /** The position of the span is stored last: an interrupted call has appended nothing. */
    static void spread(OpenSpan span, long from, int count) {
        final Recorder recorder = span.recorder;
        int part = part(span);
        int position = span.position;
        int room = room(span);
        for (int done = 0; done < count; ) {
            if (room == 0) {
                part = next(span, part);
                if (part == NO_PART) {
                    return; // the file was modified from outside
                }
                position = RecordLayout.PART_HEADER_LENGTH;
                room = recorder.partLength; // the caller has checked the length of the span
            }
            final int bytes = Math.min(count - done, room);
            recorder.memory.copy(from + done, (part == NO_PART ? span.home : base(span, part)) + position, bytes);
            position += bytes;
            room -= bytes;
            done += bytes;
        }
        span.part = part;
        span.position = (short) position;
        span.limit = part == NO_PART ? span.limit : 0;
    }

    // --- parts

    /** The part being written. */
    private static int part(OpenSpan span) {
        return span.limit != 0 ? NO_PART : span.part;
    }

    /** The address of the record or part being written. */
    private static long base(OpenSpan span) {
        return span.limit != 0 ? span.home : base(span, span.part);
    }

    private static long base(OpenSpan span, int record) {
        return span.recorder.memory.address(span.recorder.layout.recordOffset(record));
    }

    /** Bytes left in the record or part being written, bounded by the maximum length of a span. */
    private static int room(OpenSpan span) {
        final int room = span.recorder.recordLength - span.position;
        return span.limit != 0 ? room : Math.min(room, span.recorder.maxLength - length(span));
    }

    /** Length of header and entries so far, in bytes. */
    static int length(OpenSpan span) {
        return span.limit != 0
                ? span.position
                : begin(span, number(span, span.part)) + span.position - RecordLayout.PART_HEADER_LENGTH;
    }

    /** The offset within the span of the first byte of this part. */
    private static int begin(OpenSpan span, int number) {
        return span.recorder.recordLength + (number - 1) * span.recorder.partLength;
    }

    private static int number(OpenSpan span, int part) {
        return part == NO_PART ? 0 : span.recorder.memory.getInt(base(span, part) + RecordLayout.PART_NUMBER_OFFSET);
    }

    /** The address of the span's bytes in this part. */
    static long payload(OpenSpan span, int part) {
        return base(span, part) + RecordLayout.PART_HEADER_LENGTH;
    }

    /**
     * The part after this one, {@link #NO_PART} if there is none. A link alone is no proof: an error may have
     * interrupted the creation of the part, whose record may then belong to another span.
     */
    static int next(OpenSpan span, int part) {
        final Memory memory = span.recorder.memory;
        final long word = RecordLayout.commitWord(memory, span.home);
        if (part == NO_PART && !RecordLayout.isExtended(word)) {
            return NO_PART;
        }
        final int next = memory.getInt(linkAt(span, part)) - 1;
        if (next < 0 || next >= span.recorder.layout.shape().records()) {
            return NO_PART;
        }
        final long at = base(span, next);
        return RecordLayout.isPart(memory, at, number(span, part) + 1, span.record(), word) ? next : NO_PART;
    }

    private static long linkAt(OpenSpan span, int part) {
        return part == NO_PART
                ? span.home + RecordLayout.NEXT_OFFSET
                : base(span, part) + RecordLayout.PART_NEXT_OFFSET;
    }

    /** Ensures room for this many bytes in the record and its parts; false if no record is free for a part. */
    private static boolean extendTo(OpenSpan span, int length) {
        int part = part(span);
        int number = number(span, part);
        while (begin(span, number + 1) < length) {
            final int following = next(span, part);
            part = following != NO_PART ? following : addPart(span, part, number + 1);
            number++;
            if (part == NO_PART) {
                return false;
            }
        }
        return true;
    }

    private static int addPart(OpenSpan span, int before, int number) {
        final Recorder recorder = span.recorder;
        final ThreadState thread = recorder.thread();
        final boolean isOwn = thread.hasSlot();
        int record = Chunks.NONE;
        if (thread.halted != 0 || thread.haltedPart != 0) {
            return NO_PART; // the record of an interrupted call must be released first
        }
        try {
            record = recorder.record(thread, isOwn);
            if (record == Chunks.NONE) {
                return NO_PART;
            }
            final long[] leases = recorder.chunks.leases[SpanFileLayout.chunkOf(record)];
            final int place = SpanFileLayout.numberOf(record);
            final long lease = leases[place] + RecordLayout.LEASE;
            final long headWord = RecordLayout.commitWord(recorder.memory, span.home);
            RecordLayout.clearState(recorder.memory, base(span, record));
            RecordLayout.extend(recorder.memory, span.home);
            RecordLayout.link(recorder.memory, linkAt(span, before), record);
            RecordLayout.beginPart(recorder.memory, base(span, record), lease, number, span.record(), headWord);
            leases[place] = lease;
            return record;
        } catch (Throwable e) { // no method call in this block, see Unfinished
            thread.haltedPart = isOwn ? record + 1 : -record - 1;
            thread.unsettled = true;
            recorder.known[(int) thread.id & Recorder.KNOWN - 1] = null;
            final int place = (int) thread.id & Unfinished.THREADS - 1;
            if (thread.scratch != null) { // a platform thread: it is in another list as well
                recorder.unfinished.threads[place] = thread;
            } else if (!thread.isListed) {
                thread.isListed = true;
                thread.following = recorder.unfinished.threads[place];
                recorder.unfinished.threads[place] = thread;
            }
            recorder.unfinished.any = true;
            throw e;
        }
    }

    /** The address of this byte of the span. */
    private static long address(OpenSpan span, int at) {
        if (at < span.recorder.recordLength) {
            return span.home + at;
        }
        int part = NO_PART;
        for (int number = (at - span.recorder.recordLength) / span.recorder.partLength; number >= 0; number--) {
            part = next(span, part);
            if (part == NO_PART) {
                return span.home + RecordLayout.HEADER_LENGTH; // wrong offset, but within this span's own record
            }
        }
        return payload(span, part) + (at - span.recorder.recordLength) % span.recorder.partLength;
    }

    /** The number at this offset of the span, which may cross from one part into the next. */
    static int getInt(OpenSpan span, int at) {
        int value = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            value |= (span.recorder.memory.getByte(address(span, at + i)) & 0xFF) << i * Byte.SIZE;
        }
        return value;
    }

    static void putInt(OpenSpan span, int at, int value) {
        for (int i = 0; i < Integer.BYTES; i++) {
            span.recorder.memory.putByte(address(span, at + i), value >>> i * Byte.SIZE);
        }
    }
}
