package io.kraken.tracer;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.RecordLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The set of attribute keys of one span that has reached its attribute limit, so that each further attribute is checked
 * against the limit in constant time. A tracer has a fixed number of these, made at start-up and shared by its spans. A
 * span takes one that no open span uses, searching from the place given by the number of its record. If all are in use,
 * it takes over one after as many refused calls as that one has entries; until then its keys are unknown, and further
 * attributes are dropped.
 */
final class AttributeKeys {

    static final int NO_KEY = 0;

    private static final int MOST_PLACES = 16;
    /** Approximate number of ints of all places together; a limit of thousands leaves fewer places. */
    private static final int MOST_INTS = 1 << 17;

    private static final int INLINE = Integer.MIN_VALUE;
    private static final long RECORD_MASK = RecordLayout.LEASE - 1;
    private static final long NO_USER = 0;
    private static final VarHandle USER;
    private static final VarHandle INSIDE;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            USER = lookup.findVarHandle(AttributeKeys.class, "user", long.class);
            INSIDE = lookup.findVarHandle(AttributeKeys.class, "inside", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Lease and record of the span that owns these keys. */
    private long user;
    /** Lease and record of the span inside a call that uses this; remains set if an error interrupted that call. */
    private long inside;
    /** Calls of other spans that needed this since it was taken; racy. */
    private int refused;

    /** Whether the keys below are those of the span; false until it has reached its attribute limit. */
    private boolean known;
    /** The span's entries, and its attribute count, after its last compaction. */
    private int kept;

    private int keptAttributes;
    /** Attributes that found no room since then. */
    private int failed;

    private final int[] codes;
    private int size;

    /** During a compaction: the offset of the last attribute of each key, with the number of the compaction. */
    private final long[] lasts;

    private int compactions;

    /** Entries and places visited, for tests. */
    long visited;

    private AttributeKeys(int capacity) {
        codes = new int[capacity];
        lasts = new long[capacity];
    }

    static AttributeKeys[] places(int maxAttributes, int maxLength) {
        final int entries = Math.max(8, Math.min(2 * maxAttributes, maxLength / EntryLayout.TAG_LENGTH));
        final int capacity = Integer.highestOneBit(entries) << 2;
        final int count = Math.max(1, Math.min(MOST_PLACES, Integer.highestOneBit(MOST_INTS / capacity)));
        final AttributeKeys[] places = new AttributeKeys[count];
        for (int i = 0; i < count; i++) {
            places[i] = new AttributeKeys(capacity);
        }
        return places;
    }

    /**
     * The keys of this span, which the caller has entered, to be released by {@link #leave}; null if none is available.
     */
    static AttributeKeys enter(OpenSpan span) {
        if (span.isFinished()) {
            return null; // the span is still starting: other spans would take it for one that has ended
        }
        final Recorder recorder = span.recorder;
        final AttributeKeys[] places = recorder.attributeKeys;
        final int first = span.record();
        final long wanted = span.lease | first;
        for (int i = 0; i < places.length; i++) {
            final AttributeKeys place = places[first + i & places.length - 1];
            if ((long) USER.getAcquire(place) == wanted && place.enter(recorder, wanted, wanted)) {
                return place;
            }
        }
        for (int i = 0; i < places.length; i++) {
            final AttributeKeys place = places[first + i & places.length - 1];
            final long found = (long) USER.getAcquire(place);
            if (isGone(recorder, found) && place.enter(recorder, found, wanted)) {
                return place.begin(wanted);
            }
        }
        final AttributeKeys place = places[first & places.length - 1];
        final long found = (long) USER.getAcquire(place);
        final boolean steals = place.refused++ >= place.kept && place.enter(recorder, found, wanted);
        return steals ? place.begin(wanted) : null;
    }

    /** Enters if the owner is still the expected one and no other span is inside a call. */
    private boolean enter(Recorder recorder, long expectedUser, long wanted) {
        final long found = (long) INSIDE.getAcquire(this);
        if (found != wanted && !(isGone(recorder, found) && INSIDE.compareAndSet(this, found, wanted))) {
            return false;
        }
        if ((long) USER.getAcquire(this) != expectedUser) {
            leave();
            return false;
        }
        known &= found != wanted; // otherwise an error interrupted the last call at an unknown point
        return true;
    }

    private AttributeKeys begin(long wanted) {
        USER.setRelease(this, wanted);
        refused = 0;
        known = false;
        kept = 0;
        keptAttributes = 0;
        failed = 0;
        return this;
    }

    void leave() {
        INSIDE.setRelease(this, NO_USER);
    }

    /** Whether that span has ended, so that no thread is inside one of its methods. */
    private static boolean isGone(Recorder recorder, long user) {
        if (user == NO_USER) {
            return true;
        }
        final Span span = recorder.chunks.span((int) (user & RECORD_MASK));
        return span.lease != RecordLayout.lease(user) || span.isFinished();
    }

    boolean isKnown() {
        return known;
    }

    /**
     * Whether the span has so many different keys that no more can be added. Keys with equal codes are one key when
     * they are looked up, but are counted as different keys.
     */
    boolean isFull(int most) {
        return known && keptAttributes >= most;
    }

    void forget() {
        known = false;
    }

    int size() {
        return size;
    }

    boolean contains(int code) {
        return codes[place(code)] == code;
    }

    /** False when there is no room for more keys. */
    boolean add(int code) {
        final int place = place(code);
        if (codes[place] == NO_KEY) {
            if (size >= codes.length / 2) {
                return false;
            }
            codes[place] = code;
            size++;
        }
        return true;
    }

    private int place(int code) {
        int place = spread(code) & codes.length - 1;
        while (codes[place] != NO_KEY && codes[place] != code) {
            place = place + 1 & codes.length - 1;
            visited++;
        }
        visited++;
        return place;
    }

    private static int spread(int code) {
        final int mixed = code * 0x9E37_79B9;
        return mixed ^ mixed >>> 16;
    }

    /** Replaces the keys by those of these entries. */
    void know(EntryCursor entries, ByteBuffer buffer) {
        Arrays.fill(codes, NO_KEY);
        size = 0;
        while (entries.next()) {
            visited++;
            if (entries.isAttribute()) {
                add(codeOf(entries, buffer));
            }
        }
        known = true;
    }

    /** A code for a key; two inline keys may have the same code, see {@link #isFull}. */
    static int codeOf(EntryCursor entry, ByteBuffer buffer) {
        if (entry.symbol() != EntryLayout.INLINE_SYMBOL) {
            return entry.symbol();
        }
        int hash = entry.keyLength();
        for (int i = 0; i < entry.keyLength(); i++) {
            hash = 31 * hash + buffer.get(entry.keyOffset() + i);
        }
        return hash | INLINE;
    }

    // --- compaction

    /**
     * Whether there were as many calls since the last compaction as there are entries to visit, to amortise its cost.
     */
    boolean mayCompact(int attributes) {
        return attributes - keptAttributes + failed++ >= kept;
    }

    void compacted(int entries, int attributes) {
        kept = entries;
        keptAttributes = attributes;
        failed = 0;
    }

    /** Records the offset of the last attribute of each key. */
    void findLasts(SpillAreas.Area area, ByteBuffer buffer, int from, int end) {
        compactions++;
        if (compactions < 0) { // overflow
            Arrays.fill(lasts, 0);
            compactions = 1;
        }
        final EntryCursor entries = area.outer.wrap(buffer, from, end);
        while (entries.next()) {
            visited++;
            if (entries.isAttribute()) {
                lasts[lastOf(entries, area.inner, buffer, end)] = (long) compactions << 32 | entries.offset();
            }
        }
    }

    boolean isLast(EntryCursor entry, EntryCursor other, ByteBuffer buffer, int end) {
        return (int) lasts[lastOf(entry, other, buffer, end)] == entry.offset();
    }

    private int lastOf(EntryCursor entry, EntryCursor other, ByteBuffer buffer, int end) {
        int place = spread(codeOf(entry, buffer)) & lasts.length - 1;
        for (int i = 0; i < lasts.length && lasts[place] >>> 32 == compactions; i++) {
            visited++;
            other.wrap(buffer, (int) lasts[place], end).next();
            if (isSameKey(buffer, other, entry)) {
                break;
            }
            place = place + 1 & lasts.length - 1;
        }
        return place;
    }

    private static boolean isSameKey(ByteBuffer buffer, EntryCursor one, EntryCursor other) {
        if (one.symbol() != other.symbol() || one.keyLength() != other.keyLength()) {
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
