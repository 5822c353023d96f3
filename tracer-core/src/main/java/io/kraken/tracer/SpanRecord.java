package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;

/**
 * The memory side of a span: appends entries to its staging record. The common case, a registered key and room left,
 * stays inline; everything else (a key carried as text, a full record, a limit reached) goes through {@link
 * #reserve}. Whoever calls has made sure to be the only one.
 */
abstract class SpanRecord extends Frame {

    static final int MAX_THROWN = 8;

    private static final int LONG_LENGTH = RecordLayout.TAG_LENGTH + Long.BYTES;
    private static final int MAX_INLINE_KEY = 1024;
    private static final int SHORTEST_CUT = 16;
    private static final int SHORT = 8;

    final Recorder recorder;
    final ByteBuffer buffer;
    final int index;
    final int home;
    /** Of a window that only one thread takes from. */
    final boolean own;

    private final int maxAttributes;
    private final int maxValueLength;

    /** The owning thread's scratch; null for virtual threads and for detached spans, which use a common one. */
    Utf8Scratch scratch;

    /** What the state word says while the span is open. */
    long lease = -1;

    int base;
    int position;
    int limit;
    int attributes;
    int events;
    int links;
    Throwable[] thrown;
    int thrownCount;
    /** The event or link that was begun last and may still get attributes. */
    Detail detail;
    /** Two in turn, made once in the life of this object, so that one used too late is not the one in use. */
    private Detail lastDetail;

    private Detail spareDetail;

    SpanRecord(Recorder recorder, int index, int home, boolean own) {
        super(index + 1);
        this.recorder = recorder;
        this.buffer = recorder == null ? null : recorder.buffer;
        this.index = index;
        this.home = home;
        this.origin = recorder == null ? REMOTE : recorder.number;
        this.own = own;
        this.maxAttributes = recorder == null ? 0 : recorder.limits.attributes();
        this.maxValueLength = recorder == null ? 0 : recorder.limits.valueLength();
        atHome();
    }

    private void atHome() {
        base = home;
        limit = recorder == null ? home : home + recorder.recordLength;
    }

    final void openRecord() {
        position = home + RecordLayout.HEADER_LENGTH;
        attributes = 0;
        events = 0;
        links = 0;
    }

    /** Takes note of the entries up to here; others may read them from now on. */
    final void commit(int end) {
        position = end;
        RecordLayout.lengthRelease(buffer, base, end - base);
    }

    final void putLong(int symbol, String key, int type, long bits) {
        final int at = position;
        if (symbol == RecordLayout.INLINE_SYMBOL || attributes >= maxAttributes || at + LONG_LENGTH > limit) {
            putLongSlowly(symbol, key, type, bits);
            return;
        }
        buffer.putInt(at, RecordLayout.tag(type, symbol));
        buffer.putLong(at + RecordLayout.TAG_LENGTH, bits);
        attributes++;
        commit(at + LONG_LENGTH);
    }

    private void putLongSlowly(int symbol, String key, int type, long bits) {
        if (admit(symbol, key)) {
            count(appendLong(symbol, key, type, bits));
        }
    }

    /** Takes note of an attribute that was appended, or was dropped for want of room. */
    final void count(boolean appended) {
        if (appended) {
            attributes++;
        } else {
            dropped(RecordLayout.DROPPED_ATTRIBUTES_OFFSET);
        }
    }

    final boolean appendLong(int symbol, String key, int type, long bits) {
        final int at = reserve(symbol, key, type, Long.BYTES);
        if (at >= 0) {
            buffer.putLong(at, bits);
            commit(at + Long.BYTES);
        }
        return at >= 0;
    }

    final void putBoolean(int symbol, String key, boolean value) {
        if (admit(symbol, key)) {
            count(appendBoolean(symbol, key, value));
        }
    }

    final boolean appendBoolean(int symbol, String key, boolean value) {
        final int at = reserve(symbol, key, value ? RecordLayout.TRUE : RecordLayout.FALSE, 0);
        if (at >= 0) {
            commit(at);
        }
        return at >= 0;
    }

    final void putString(int symbol, String key, String value) {
        final int length = value.length();
        if (symbol == RecordLayout.INLINE_SYMBOL || attributes >= maxAttributes || length > maxValueLength) {
            putStringSlowly(symbol, key, value);
            return;
        }
        final int at = position;
        final int from = at + RecordLayout.PREFIX_LENGTH;
        final int bytes = length <= limit - from && StringBytes.putAscii(buffer, from, value)
                ? length
                : encode(from, value, length);
        if (bytes < 0) {
            putStringSlowly(symbol, key, value);
            return;
        }
        buffer.putLong(at, (long) bytes << 32 | RecordLayout.tag(RecordLayout.STRING, symbol) & 0xFFFF_FFFFL);
        attributes++;
        commit(at + RecordLayout.PREFIX_LENGTH + bytes);
    }

    private int encode(int at, String value, int length) {
        if (length <= SHORT) {
            return length <= limit - at && Utf8.putAscii(buffer, at, value, length) ? length : -1;
        }
        return length <= Utf8Scratch.MAX_CHARS ? encodeByScratch(at, value, length) : -1;
    }

    /** By way of the scratch, so that what is written into the record is known to fit. */
    private int encodeByScratch(int at, String value, int length) {
        final Utf8Scratch own = scratch;
        final Utf8Scratch used = own != null ? own : recorder.holdScratch();
        if (used == null) {
            return -1;
        }
        final int bytes = used.encode(value, length);
        final boolean fits = bytes <= limit - at;
        if (fits) {
            buffer.put(at, used.bytes, 0, bytes);
        }
        if (own == null) {
            used.letGo();
        }
        return fits ? bytes : -1;
    }

    private void putStringSlowly(int symbol, String key, String value) {
        if (admit(symbol, key)) {
            count(appendString(symbol, key, RecordLayout.STRING, value));
        }
    }

    final Detail takeDetail() {
        detail = spareDetail != null ? spareDetail : new Detail(span());
        spareDetail = lastDetail;
        lastDetail = detail;
        return detail;
    }

    /** Appends a name or a description. */
    final void appendText(int type, String text) {
        if (!appendString(RecordLayout.NO_SYMBOL, null, type, text)) {
            recorder.counters.increment(Counter.DROPPED_ENTRIES);
        }
    }

    final boolean appendBytes(int type, byte[] bytes, int length) {
        final int at = reserve(RecordLayout.NO_SYMBOL, null, type, Integer.BYTES + length);
        if (at >= 0) {
            buffer.putInt(at, length);
            buffer.put(at + Integer.BYTES, bytes, 0, length);
            commit(at + Integer.BYTES + length);
        }
        return at >= 0;
    }

    /** Appends the text, cut at a code point where not even the largest record that is free can hold more of it. */
    final boolean appendString(int symbol, String key, int type, String value) {
        final int most = type == RecordLayout.STRING ? maxValueLength : Integer.MAX_VALUE;
        final int chars = Utf8.within(value, Math.min(most, recorder.pool.largestLength()));
        final int whole = Utf8.length(value, chars);
        int bytes = whole;
        int at = reserve(symbol, key, type, Integer.BYTES + bytes);
        for (int size = 0; at < 0 && size < 3; size++) {
            final int end = size < 2 ? base + recorder.pool.overflowLengths(size) : limit;
            bytes = Math.min(whole, end - position - RecordLayout.PREFIX_LENGTH - inlineKeyLength(symbol, key));
            at = bytes < SHORTEST_CUT ? -1 : reserve(symbol, key, type, Integer.BYTES + bytes);
        }
        if (at < 0) {
            return false;
        }
        final int written = Utf8.put(buffer, at + Integer.BYTES, bytes, value, chars);
        buffer.putInt(at, written);
        if (written < whole || chars < value.length()) {
            recorder.counters.increment(Counter.TRUNCATED);
        }
        commit(at + Integer.BYTES + written);
        return true;
    }

    /**
     * Finds room for an entry and writes its tag and key. Returns where its value goes, or -1 when there is no
     * room.
     */
    final int reserve(int symbol, String key, int type, int valueLength) {
        final int at = place(symbol, key, type, valueLength);
        if (at >= 0 && symbol == RecordLayout.INLINE_SYMBOL) {
            recorder.counters.increment(Counter.SYMBOLS_FULL);
            if (key.length() > MAX_INLINE_KEY) {
                recorder.counters.increment(Counter.TRUNCATED);
            }
        }
        return at;
    }

    private int place(int symbol, String key, int type, int valueLength) {
        final int keyLength = inlineKeyLength(symbol, key);
        final long need = RecordLayout.TAG_LENGTH + keyLength + (long) valueLength;
        if (need > limit - position && !makeRoom(need)) {
            return -1;
        }
        final int at = position;
        buffer.putInt(at, RecordLayout.tag(type, symbol));
        if (keyLength != 0) {
            buffer.putInt(at + RecordLayout.TAG_LENGTH, keyLength - Integer.BYTES);
            final int chars = Utf8.within(key, MAX_INLINE_KEY);
            Utf8.put(buffer, at + RecordLayout.PREFIX_LENGTH, keyLength - Integer.BYTES, key, chars);
        }
        return at + RecordLayout.TAG_LENGTH + keyLength;
    }

    private static int inlineKeyLength(int symbol, String key) {
        if (symbol != RecordLayout.INLINE_SYMBOL) {
            return 0;
        }
        return Integer.BYTES + Utf8.length(key, Utf8.within(key, MAX_INLINE_KEY));
    }

    /**
     * Whether one more attribute under this key is within the limit, once keys that were set again are counted
     * once.
     */
    final boolean admit(int symbol, String key) {
        if (attributes < maxAttributes) {
            return true;
        }
        compact();
        if (attributes < maxAttributes || isPresent(symbol, key)) {
            return true;
        }
        dropped(RecordLayout.DROPPED_ATTRIBUTES_OFFSET);
        return false;
    }

    final void dropped(int droppedOffset) {
        RecordLayout.countDropped(buffer, base, droppedOffset);
        recorder.counters.increment(Counter.DROPPED_ENTRIES);
    }

    /** Writes the key behind the entries, where nobody reads yet, and looks for it in them. */
    private boolean isPresent(int symbol, String key) {
        final int end = place(symbol, key, RecordLayout.FALSE, 0);
        final EntryCursor wanted = recorder.thread().innerCursor().wrap(buffer, position, end);
        if (end < 0 || !wanted.next()) {
            return false;
        }
        final EntryCursor entries = entries();
        while (entries.next()) {
            if (isSameKey(entries, wanted)) {
                return true;
            }
        }
        return false;
    }

    private EntryCursor entries() {
        return recorder.thread().outerCursor().wrap(buffer, base + RecordLayout.HEADER_LENGTH, position);
    }

    /** Moves to a larger record; failing that, throws out what later entries replace. */
    private boolean makeRoom(long need) {
        final long length = position - base + need;
        final int larger = length > recorder.pool.largestLength() ? 0 : recorder.pool.grow((int) length);
        if (larger == 0) {
            compact();
            return need <= limit - position;
        }
        final int used = position - base;
        for (int i = RecordLayout.LEASE_OFFSET; i < used; i++) {
            buffer.put(larger + i, buffer.get(base + i));
        }
        RecordLayout.overflow(buffer, home, larger);
        final int left = base;
        base = larger;
        position = larger + used;
        limit = larger + recorder.pool.overflowLength(larger);
        if (left != home) {
            recorder.pool.releaseOverflow(left);
        }
        return true;
    }

    private void compact() {
        final boolean begun = RecordLayout.beginMove(buffer, home);
        final EntryCursor entries = entries();
        final EntryCursor later = recorder.thread().innerCursor();
        final int end = position;
        int kept = base + RecordLayout.HEADER_LENGTH;
        RecordLayout.lengthRelease(buffer, base, RecordLayout.HEADER_LENGTH); // for whoever reads it after a crash
        attributes = 0;
        while (entries.next()) {
            if (entries.isAttribute() && isReplaced(entries, later.wrap(buffer, entries.endOffset(), end))) {
                continue;
            }
            attributes += entries.isAttribute() ? 1 : 0;
            if (detail != null && detail.at == entries.offset() - base) {
                detail.at = kept - base;
            }
            for (int from = entries.offset(); from < entries.endOffset(); from++) {
                buffer.put(kept++, buffer.get(from));
            }
        }
        commit(kept);
        if (begun) {
            RecordLayout.endMove(buffer, home);
        }
    }

    private boolean isReplaced(EntryCursor entry, EntryCursor later) {
        while (later.next()) {
            if (isSameKey(later, entry)) {
                return true;
            }
        }
        return false;
    }

    private boolean isSameKey(EntryCursor one, EntryCursor other) {
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

    /**
     * Keeps the exception for the exporter, which writes its stack trace; false when there are enough of them
     * already.
     */
    final boolean keep(Throwable throwable) {
        if (thrown == null) {
            thrown = new Throwable[MAX_THROWN];
        }
        if (thrownCount == MAX_THROWN) {
            return false;
        }
        thrown[thrownCount++] = throwable;
        RecordLayout.thrown(buffer, base, thrownCount);
        return true;
    }

    final void forgetLast() {
        thrown[--thrownCount] = null;
        RecordLayout.thrown(buffer, base, thrownCount);
    }

    /** Whether the status is ERROR; means nothing once the span has ended. */
    public final boolean isError() {
        return buffer != null
                && (marks & UNRECORDED) == 0
                && RecordLayout.status(buffer, base) == StatusCode.ERROR.ordinal();
    }

    final void closeRecord() {
        if (base != home) {
            atHome();
        }
        for (; thrownCount > 0; thrownCount--) {
            thrown[thrownCount - 1] = null;
        }
    }
}
