package io.kraken.tracer.ring;

import io.kraken.tracer.Housekeeping;
import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.RecordParts;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * The exporter's view of the chunks: finds the records that are done, writes down what has been taken, and gives chunks
 * back. One thread.
 *
 * <p>Each record is in one of these states, as a bit in a word for its chunk: <i>given</i>, in the free word or
 * claimed and not seen open yet; <i>open</i>, seen open; <i>part</i>, of a span that outgrew its record; <i>held</i>,
 * done and in a batch; or none of them, which is taken. A chunk is given back once nothing in it is given or held and
 * nobody who owned it still may begin spans in it; what is open or a part is left out of its free word and stays
 * where it is.
 *
 * <p>A chunk that is given back first rests behind others, so that a reference to a span that is used too late is
 * recognised: one that a thread has owned for some 128 spans, any other for thousands.
 */
final class ChunkSweep {

    /** What becomes of a record that is done. */
    enum Outcome {
        /** It is held until {@link #taken}. */
        HELD,
        /** It has been dealt with. */
        SETTLED,
        /** There is no room for it now. */
        NO_ROOM,
        /** It stays as it is until the next sweep; others go on. */
        LATER
    }

    interface Handler {
        /** @param abandoned whether the span has not ended, and never will */
        Outcome onDone(int record, boolean abandoned);
    }

    /** Records that rest before they are used again, where any of them may have been detached ... */
    static final int MOST_RESTING = 4096;
    /** ... and where all of them have been a thread's own. */
    private static final int RESTING_OWNED = 128;

    /** A span that has been open for a time is looked at again after this part of it, ... */
    private static final int LOOK_SHIFT = 3;
    /** ... but at least this often. */
    private static final int LONGEST_LOOK = units(TimeUnit.MILLISECONDS.toNanos(250));
    /** One in so many of these looks goes on behind the first record that its owner has not begun. A power of two. */
    private static final int SCANS_OF_ALL = 4;
    /** Chunks in the rings that may be used up, at the head of each of them, and a few that are not. */
    private static final int MOST_USED_UP = 3 * ChunkRings.SPREAD;
    /** Open spans are taken back while fewer than this part of all chunks is free. */
    private static final int SCARCE_SHIFT = 3;

    private final SpanFile file;
    private final Memory memory;
    private final SpanFileLayout layout;
    private final RecordParts recordParts;
    private final Housekeeping housekeeping;
    private final ChunkRings rings;
    private final Handler handler;
    private final int abandonAfter;

    private final long[] given;
    private final long[] open;
    private final long[] parts;
    private final long[] held;
    private final long[] taken;
    /** Where a chunk stands, or stood last, in a free ring. */
    private final long[] places;
    /** What of a chunk rests, or was given out last. What becomes free meanwhile has not rested and stays back. */
    private final long[] resting;
    /** When open records of a chunk are looked at next. */
    private final int[] lookAt;
    /** When a record was first seen open. */
    private final int[] openSince;
    /** Chunks that are out of the exporter's hands, resting ones not included. */
    private final boolean[] isOut;

    private final RestingChunks owned;
    private final RestingChunks shared;
    private final WithheldRecords withheld;

    private int now;
    private int nextScan;
    private int scans;
    /** Whether there was room for all that the last sweep has found, and where the next one begins. */
    private boolean hadRoom = true;
    /** Whether a record was left for the next sweep. */
    private boolean isLate;

    private int firstChunk;

    private boolean begun;
    private boolean thorough;
    private boolean finishing; // looks at every span that is open, for ends that are to be finished
    /** The chunk that is being swept: more of it may become free at once. */
    private int swept = RecordSink.NONE;

    private int found;

    ChunkSweep(SpanFile file, Housekeeping housekeeping, ChunkRings rings, Handler handler, long abandonAfterNs) {
        this.file = file;
        this.memory = file.memory();
        this.layout = file.layout();
        this.recordParts = new RecordParts(file.buffer(), layout);
        this.housekeeping = housekeeping;
        this.rings = rings;
        this.handler = handler;
        this.abandonAfter = units(abandonAfterNs);
        final int chunks = layout.shape().chunks();
        given = new long[chunks];
        open = new long[chunks];
        parts = new long[chunks];
        held = new long[chunks];
        taken = new long[chunks];
        places = new long[chunks];
        resting = new long[chunks];
        Arrays.fill(resting, -1);
        lookAt = new int[chunks];
        openSince = new int[layout.shape().records()];
        isOut = new boolean[chunks];
        owned = new RestingChunks(
                resting, Math.min(RESTING_OWNED, layout.shape().records() / 4), this::give);
        shared = new RestingChunks(resting, mostResting(layout.shape().records()), this::give);
        withheld = new WithheldRecords(chunks, mostResting(layout.shape().records()), this::released);
        for (int chunk = 0; chunk < chunks; chunk++) {
            give(chunk);
        }
    }

    static int mostResting(int records) {
        return Math.min(MOST_RESTING, records / 4);
    }

    /** Coarse time: units of 2 to the 24 nanoseconds, about 17 ms. */
    private static int units(long ns) {
        return (int) Math.min(Integer.MAX_VALUE, (ns + (1 << 24) - 1) >> 24);
    }

    // --- a sweep

    /** From now on each sweep looks at every record that may be open. */
    void thorough() {
        thorough = true;
    }

    /**
     * Looks for records that are done, first where threads say that a chunk is used up. Returns how many were found.
     */
    int sweep(long nowNs) {
        now = (int) (nowNs >> 24);
        found = 0;
        // Not until there are none: threads may use up chunks as fast as they are given back.
        for (int looks = 0; looks < given.length; looks++) {
            final int usedUp = rings.nextUsedUp();
            if (usedUp == RecordSink.NONE) {
                break;
            }
            hadRoom = hadRoom && sweep(usedUp, false);
        }
        final boolean everywhere = thorough || !begun || now - nextScan >= 0;
        begun = true;
        if (everywhere) {
            nextScan = now + LONGEST_LOOK;
            finishing |= housekeeping.beginFinishing();
            scans++;
        }
        boolean room = true;
        for (int i = 0; i < given.length && room; i++) {
            room = sweep(firstChunk, everywhere);
            if (room) { // else the next sweep begins with it: chunks that are used again would be before it for ever
                firstChunk = firstChunk + 1 == given.length ? 0 : firstChunk + 1;
            }
        }
        hadRoom = room;
        finishing &= !room;
        while (isExhausted() && (owned.giveFirst() || shared.giveFirst())) {
            // Before a span is dropped, records rest for a shorter time.
        }
        return found;
    }

    /** Whether next to nothing is free in the rings: in them are also chunks that nobody has found used up yet. */
    private boolean isExhausted() {
        final int available = rings.available();
        int usable = 0;
        for (int chunk = 0; chunk < given.length && available <= MOST_USED_UP && usable < ChunkRings.SPREAD; chunk++) {
            usable += isOut[chunk] && given[chunk] != 0 && !rings.isPassed(places[chunk]) ? 1 : 0;
        }
        return available <= MOST_USED_UP && usable < ChunkRings.SPREAD;
    }

    /** False when there is no room for what was found. */
    private boolean sweep(int chunk, boolean everywhere) {
        boolean room = true;
        swept = chunk;
        if (given[chunk] != 0 && (everywhere || !isOut[chunk] || rings.isNearHead(places[chunk]))) {
            room = lookAtGiven(chunk);
        }
        if (open[chunk] != 0 && (thorough || finishing || now - lookAt[chunk] >= 0)) {
            room &= lookAtOpen(chunk);
        }
        swept = RecordSink.NONE;
        giveBackIfUsedUp(chunk);
        return room;
    }

    /** Which of the records that were free have been begun since. */
    private boolean lookAtGiven(int chunk) {
        // Read first: whatever a thread has begun before it left the chunk is seen then.
        final long left = memory.getLongAcquire(memory.address(layout.leftOffset(chunk)));
        final long free = isOut[chunk] && rings.isPassed(places[chunk])
                ? takeBack(chunk)
                : memory.getLongAcquire(memory.address(layout.freeOffset(chunk)));
        final long owned = memory.getLongAcquire(memory.address(layout.ownedOffset(chunk)));
        final int first = SpanFileLayout.firstOf(chunk);
        long candidates = given[chunk] & ~free;
        final boolean all = thorough || (scans & SCANS_OF_ALL - 1) == 0;
        boolean room = true;
        while ((candidates &= given[chunk]) != 0 && room) { // less those that were parts of one that is taken by now
            final int number = Long.numberOfTrailingZeros(candidates);
            final long bit = 1L << number;
            candidates &= candidates - 1;
            final long word = RecordLayout.commitWordAcquire(memory, addressOf(first + number));
            if (RecordLayout.isUntaken(word, taken[chunk], number)) {
                given[chunk] &= ~bit;
                open[chunk] |= bit;
                openSince[first + number] = now;
                lookAt[chunk] = now;
                room = lookAt(chunk, number, word);
            } else if ((left & bit) != 0) {
                given[chunk] &= ~bit; // its owner has left without using it
            } else if ((owned & bit) != 0 && !all) {
                candidates &= ~owned; // its owner has come no further, unless a start has failed
            }
        }
        return room;
    }

    /** What was free in a chunk that the threads have moved past: nobody finds it there any more. */
    private long takeBack(int chunk) {
        final long at = memory.address(layout.freeOffset(chunk));
        long free = memory.getLongAcquire(at);
        while (free != 0 && !memory.compareAndSetLong(at, free, 0)) {
            free = memory.getLongAcquire(at);
        }
        given[chunk] &= ~free;
        return 0;
    }

    private boolean lookAtOpen(int chunk) {
        final int first = SpanFileLayout.firstOf(chunk);
        int youngest = Integer.MAX_VALUE;
        boolean room = true;
        isLate = false;
        for (long left = open[chunk]; (left &= open[chunk]) != 0 && room; left &= left - 1) {
            final int number = Long.numberOfTrailingZeros(left);
            final long word = RecordLayout.commitWordAcquire(memory, addressOf(first + number));
            room = lookAt(chunk, number, word);
            youngest = Math.min(youngest, now - openSince[first + number]);
        }
        lookAt[chunk] = room && !isLate ? now + Math.min(LONGEST_LOOK, youngest >> LOOK_SHIFT) : now;
        return room;
    }

    /** False when there is no room for a record that is done. */
    private boolean lookAt(int chunk, int number, long word) {
        final int record = SpanFileLayout.firstOf(chunk) + number;
        switch (RecordLayout.state(word)) {
            case RecordLayout.DONE:
                return done(chunk, record, false);
            case RecordLayout.PASSED:
                passed(chunk, number);
                return true;
            case RecordLayout.PART:
                open[chunk] &= ~(1L << number);
                parts[chunk] |= 1L << number;
                return true;
            default:
                return finishing && housekeeping.finish(record)
                        ? lookAt(chunk, number, RecordLayout.commitWordAcquire(memory, addressOf(record)))
                        : !isToBeAbandoned(record) || abandon(chunk, record);
        }
    }

    private boolean done(int chunk, int record, boolean abandoned) {
        final Outcome outcome = handler.onDone(record, abandoned);
        if (outcome == Outcome.NO_ROOM) {
            return false;
        }
        if (outcome == Outcome.LATER) {
            isLate = true;
            return true;
        }
        found++;
        final long bit = 1L << SpanFileLayout.numberOf(record);
        open[chunk] &= ~bit;
        held[chunk] |= bit;
        if (outcome == Outcome.SETTLED) {
            taken(record);
        }
        return true;
    }

    private void passed(int chunk, int number) {
        found++;
        open[chunk] &= ~(1L << number);
        file.counters().increment(Counter.PASSED_TAKEN);
        take(chunk, number);
        takeParts(SpanFileLayout.firstOf(chunk) + number); // of one that was withdrawn
    }

    // --- spans that are never ended

    /** What has been taken from its user goes on its way, whether or not records are still scarce. */
    private boolean isToBeAbandoned(int record) {
        return now - openSince[record] >= abandonAfter
                && (rings.available() < given.length >> SCARCE_SHIFT || housekeeping.isAbandoned(record));
    }

    private boolean abandon(int chunk, int record) {
        if (!housekeeping.abandon(record)) {
            return true;
        }
        final long word = RecordLayout.commitWordAcquire(memory, addressOf(record));
        switch (RecordLayout.state(word)) {
            case RecordLayout.OPEN:
                if (!done(chunk, record, true)) {
                    return false;
                }
                abandoned(record);
                return true;
            case RecordLayout.PASSING:
                passed(chunk, SpanFileLayout.numberOf(record));
                abandoned(record);
                return true;
            default:
                return lookAt(chunk, SpanFileLayout.numberOf(record), word); // it has ended meanwhile
        }
    }

    private void abandoned(int record) {
        file.counters().increment(Counter.ABANDONED);
        withheld.add(record);
    }

    /** Records of the chunk are not withheld any more. If nothing else of it is free, they have rested. */
    private void released(int chunk) {
        if (chunk != swept && isOut[chunk] && given[chunk] == 0 && held[chunk] == 0 && mayRest(chunk)) {
            resting[chunk] = free(chunk);
            give(chunk);
        }
    }

    /** Records that are not used again yet, since their spans were taken from their users. */
    int withheld() {
        return withheld.count();
    }

    // --- taken and given back

    /** What was made of a record that is held is safe: it may be used anew. */
    void taken(int record) {
        final int chunk = SpanFileLayout.chunkOf(record);
        final int number = SpanFileLayout.numberOf(record);
        held[chunk] &= ~(1L << number);
        housekeeping.taken(record);
        take(chunk, number);
        takeParts(record);
        if (chunk != swept) {
            giveBackIfUsedUp(chunk);
        }
    }

    /** After the record itself: it says which parts are its own for as long as anybody may look. */
    private void takeParts(int record) {
        int part = record;
        for (int number = 1; (part = recordParts.next(record, part, number)) >= 0; number++) {
            final int chunk = SpanFileLayout.chunkOf(part);
            final long bit = 1L << SpanFileLayout.numberOf(part);
            given[chunk] &= ~bit;
            open[chunk] &= ~bit;
            parts[chunk] &= ~bit;
            file.counters().increment(Counter.PARTS_TAKEN);
            take(chunk, SpanFileLayout.numberOf(part));
        }
    }

    private void take(int chunk, int number) {
        taken[chunk] ^= RecordLayout.takenBit(number);
        memory.putLongRelease(memory.address(layout.takenOffset(chunk)), taken[chunk]);
    }

    private void giveBackIfUsedUp(int chunk) {
        if (isOut[chunk] && given[chunk] == 0 && held[chunk] == 0) {
            giveBack(chunk);
        }
    }

    /**
     * Lays a chunk to rest, unless it is still in a free ring, its owner may still begin spans in it, or nothing in it
     * is free.
     */
    private void giveBack(int chunk) {
        if (!mayRest(chunk)) {
            return;
        }
        final long owner = memory.getLongAcquire(memory.address(layout.ownedOffset(chunk)));
        isOut[chunk] = false;
        final long free = free(chunk);
        // All that rests has been given out last, and was its owner's then.
        final boolean wasOwned = owner == resting[chunk] && (free & ~owner) == 0;
        resting[chunk] = free;
        (wasOwned ? owned : shared).add(chunk);
    }

    private boolean mayRest(int chunk) {
        if (!rings.isPassed(places[chunk])) {
            return false; // shared and used up: whoever meets it at the head passes it
        }
        final boolean left = memory.getLongAcquire(memory.address(layout.leftOffset(chunk))) != 0;
        final boolean isOwned = memory.getLongAcquire(memory.address(layout.ownedOffset(chunk))) != 0;
        return (left || !isOwned) && free(chunk) != 0;
    }

    private long addressOf(int record) {
        return memory.address(layout.recordOffset(record));
    }

    private long free(int chunk) {
        return ~(open[chunk] | parts[chunk] | held[chunk] | withheld.of(chunk));
    }

    private void give(int chunk) {
        isOut[chunk] = true;
        given[chunk] = resting[chunk];
        memory.putLong(memory.address(layout.ownedOffset(chunk)), 0);
        memory.putLong(memory.address(layout.leftOffset(chunk)), 0);
        memory.putLongRelease(memory.address(layout.freeOffset(chunk)), given[chunk]);
        places[chunk] = rings.give(chunk);
    }
}
