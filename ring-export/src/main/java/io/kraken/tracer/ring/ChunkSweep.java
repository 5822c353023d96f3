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
 * The exporter's scan of all chunks: finds records whose spans have ended, marks records as taken, and returns chunks
 * to the rings. Used by one thread.
 *
 * <p>Each record is in one of these states, as a bit in a word per chunk: <i>given</i>, in the free word, or claimed
 * and not yet seen open; <i>open</i>, seen open; <i>part</i>, a continuation of a span that outgrew its record;
 * <i>held</i>, ended and in a batch; or none of these, which is taken. A chunk is returned once none of its records is
 * given or held and no thread that owned it may still begin spans in it; open records and parts are left out of its
 * free word and stay where they are.
 *
 * <p>A returned chunk first rests in a queue behind others before it is reused, so that the use of a reference to an
 * ended span is detected: a chunk owned by one thread rests for some 128 spans, any other for thousands.
 */
final class ChunkSweep {

    /** Result of handling a record whose span has ended. */
    enum Outcome {
        /** The record is held until {@link #taken}. */
        HELD,
        /** The record has been handled completely. */
        SETTLED,
        /** There is no room for the record now. */
        NO_ROOM,
        /** The record has to wait for a later sweep; this sweep continues with others. */
        LATER
    }

    interface Handler {
        /** @param abandoned whether the span has not ended and will be exported as abandoned */
        Outcome onDone(int record, boolean abandoned);
    }

    /** Maximum number of resting records in chunks whose records may have been detached. */
    static final int MOST_RESTING = 4096;
    /** The same for chunks whose records all belonged to one thread. */
    private static final int RESTING_OWNED = 128;

    /** An open span is checked again after its age divided by 2 to this power, ... */
    private static final int CHECK_SHIFT = 3;
    /** ... but at least at this interval. */
    private static final int MAX_CHECK_INTERVAL = units(TimeUnit.MILLISECONDS.toNanos(250));
    /** One of this many full scans continues behind the first record that its owner has not begun. A power of two. */
    private static final int COMPLETE_SCAN_INTERVAL = 4;
    /** Upper bound of the chunks in the rings that may be used up: those at the head of each ring, and a few more. */
    private static final int MOST_USED_UP = 3 * ChunkRings.SPREAD;
    /** Open spans are abandoned while the share of free chunks is below 1 divided by 2 to this power. */
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
    /** Current or last position of a chunk in a free ring, see {@link ChunkRings#give}. */
    private final long[] positions;
    /** Records of a chunk that rest or were given out last; those that become free meanwhile wait for the next rest. */
    private final long[] resting;
    /** When the open records of a chunk are checked next. */
    private final int[] nextCheck;
    /** When a record was first seen open. */
    private final int[] openSince;
    /** Whether a chunk is in a free ring or in use, and not resting. */
    private final boolean[] isOut;

    private final RestingChunks owned;
    private final RestingChunks shared;
    private final WithheldRecords withheld;

    private int now;
    private int nextScan;
    private int scans;
    /** Whether the last sweep had room for all records that it found. */
    private boolean hadRoom = true;
    /** Whether a record was left for the next sweep. */
    private boolean isLate;
    /** Where the next sweep begins. */
    private int firstChunk;

    private boolean begun; // whether there was a sweep
    private boolean thorough; // checks every record that may be open
    private boolean finishing; // checks every open span, to complete interrupted ends
    /** The chunk being swept; it is returned only at the end, since more of its records may become free. */
    private int swept = RecordSink.NONE;

    /** Ended spans found by the current sweep. */
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
        positions = new long[chunks];
        resting = new long[chunks];
        Arrays.fill(resting, -1);
        nextCheck = new int[chunks];
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

    // --- sweeping

    /** From now on each sweep checks every record that may be open. */
    void thorough() {
        thorough = true;
    }

    /** Finds ended spans, first in chunks that threads reported as used up; returns their number. */
    int sweep(long nowNs) {
        now = (int) (nowNs >> 24);
        found = 0;
        // Bounded, since threads may use up chunks as fast as they are returned.
        for (int reported = 0; reported < given.length; reported++) {
            final int usedUp = rings.nextUsedUp();
            if (usedUp == RecordSink.NONE) {
                break;
            }
            hadRoom = hadRoom && sweep(usedUp, false);
        }
        final boolean checksAll = thorough || !begun || now - nextScan >= 0;
        begun = true;
        if (checksAll) {
            nextScan = now + MAX_CHECK_INTERVAL;
            finishing |= housekeeping.beginFinishing();
            scans++;
        }
        boolean room = true;
        for (int i = 0; i < given.length && room; i++) {
            room = sweep(firstChunk, checksAll);
            if (room) { // otherwise the next sweep begins here, or chunks reused quickly would starve it
                firstChunk = firstChunk + 1 == given.length ? 0 : firstChunk + 1;
            }
        }
        hadRoom = room;
        finishing &= !room;
        while (isExhausted() && (owned.giveFirst() || shared.giveFirst())) {
            // Shorten the rest of records before a span has to be dropped.
        }
        return found;
    }

    /** Whether the rings are almost empty; used-up chunks that no thread has passed yet do not count. */
    private boolean isExhausted() {
        final int available = rings.available();
        int usable = 0;
        for (int chunk = 0; chunk < given.length && available <= MOST_USED_UP && usable < ChunkRings.SPREAD; chunk++) {
            usable += isOut[chunk] && given[chunk] != 0 && !rings.isPassed(positions[chunk]) ? 1 : 0;
        }
        return available <= MOST_USED_UP && usable < ChunkRings.SPREAD;
    }

    /** Sweeps one chunk; false when there is no room for a record that was found. */
    private boolean sweep(int chunk, boolean checksAll) {
        boolean room = true;
        swept = chunk;
        if (given[chunk] != 0 && (checksAll || !isOut[chunk] || rings.isNearHead(positions[chunk]))) {
            room = checkGiven(chunk);
        }
        if (open[chunk] != 0 && (thorough || finishing || now - nextCheck[chunk] >= 0)) {
            room &= checkOpen(chunk);
        }
        swept = RecordSink.NONE;
        giveBackIfUsedUp(chunk);
        return room;
    }

    /** Checks which of the given records have been begun since. */
    private boolean checkGiven(int chunk) {
        // Read first, so that all spans begun before a thread left the chunk are seen below.
        final long left = memory.getLongAcquire(memory.address(layout.leftOffset(chunk)));
        final long free = isOut[chunk] && rings.isPassed(positions[chunk])
                ? clearFree(chunk)
                : memory.getLongAcquire(memory.address(layout.freeOffset(chunk)));
        final long owned = memory.getLongAcquire(memory.address(layout.ownedOffset(chunk)));
        final int first = SpanFileLayout.firstOf(chunk);
        long candidates = given[chunk] & ~free;
        final boolean all = thorough || (scans & COMPLETE_SCAN_INTERVAL - 1) == 0;
        boolean room = true;
        while ((candidates &= given[chunk]) != 0 && room) { // without parts of a span taken meanwhile
            final int number = Long.numberOfTrailingZeros(candidates);
            final long bit = 1L << number;
            candidates &= candidates - 1;
            final long word = RecordLayout.commitWordAcquire(memory, addressOf(first + number));
            if (RecordLayout.isUntaken(word, taken[chunk], number)) {
                given[chunk] &= ~bit;
                open[chunk] |= bit;
                openSince[first + number] = now;
                nextCheck[chunk] = now;
                room = checkRecord(chunk, number, word);
            } else if ((left & bit) != 0) {
                given[chunk] &= ~bit; // its owner has left the chunk without using it
            } else if ((owned & bit) != 0 && !all) {
                candidates &= ~owned; // its owner has not begun later records, unless a start has failed
            }
        }
        return room;
    }

    /** Claims the records left in the free word of a chunk that all threads have moved past: they are unused. */
    private long clearFree(int chunk) {
        final long at = memory.address(layout.freeOffset(chunk));
        long free = memory.getLongAcquire(at);
        while (free != 0 && !memory.compareAndSetLong(at, free, 0)) {
            free = memory.getLongAcquire(at);
        }
        given[chunk] &= ~free;
        return 0;
    }

    private boolean checkOpen(int chunk) {
        final int first = SpanFileLayout.firstOf(chunk);
        int youngest = Integer.MAX_VALUE;
        boolean room = true;
        isLate = false;
        for (long left = open[chunk]; (left &= open[chunk]) != 0 && room; left &= left - 1) {
            final int number = Long.numberOfTrailingZeros(left);
            final long word = RecordLayout.commitWordAcquire(memory, addressOf(first + number));
            room = checkRecord(chunk, number, word);
            youngest = Math.min(youngest, now - openSince[first + number]);
        }
        nextCheck[chunk] = room && !isLate ? now + Math.min(MAX_CHECK_INTERVAL, youngest >> CHECK_SHIFT) : now;
        return room;
    }

    /** Checks one record; false when its span has ended and there is no room for it. */
    private boolean checkRecord(int chunk, int number, long word) {
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
                        ? checkRecord(chunk, number, RecordLayout.commitWordAcquire(memory, addressOf(record)))
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
        takeParts(SpanFileLayout.firstOf(chunk) + number); // parts of a span that was withdrawn
    }

    // --- abandoned spans

    /** Whether a span is open for too long while records are scarce, or has already been taken from its user. */
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
                return checkRecord(chunk, SpanFileLayout.numberOf(record), word); // the span has ended meanwhile
        }
    }

    private void abandoned(int record) {
        file.counters().increment(Counter.ABANDONED);
        withheld.add(record);
    }

    /** Called when records of the chunk are no longer withheld. If no other record of it is free, they have rested. */
    private void released(int chunk) {
        if (chunk != swept && isOut[chunk] && given[chunk] == 0 && held[chunk] == 0 && mayRest(chunk)) {
            resting[chunk] = free(chunk);
            give(chunk);
        }
    }

    /** Number of records withheld from reuse, since their spans were taken from their users. */
    int withheld() {
        return withheld.count();
    }

    // --- taking records and returning chunks

    /** Marks a held record as taken: its span is safe in the sink, and the record may be reused. */
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

    /** Takes the parts after the record itself: while readers may follow a record, it refers to its own parts. */
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
     * Queues a chunk for its rest, unless it is still in a free ring, its owner may still begin spans in it, or none of
     * its records is free.
     */
    private void giveBack(int chunk) {
        if (!mayRest(chunk)) {
            return;
        }
        final long owner = memory.getLongAcquire(memory.address(layout.ownedOffset(chunk)));
        isOut[chunk] = false;
        final long free = free(chunk);
        // All resting records were given out together and belonged to this owner.
        final boolean wasOwned = owner == resting[chunk] && (free & ~owner) == 0;
        resting[chunk] = free;
        (wasOwned ? owned : shared).add(chunk);
    }

    private boolean mayRest(int chunk) {
        if (!rings.isPassed(positions[chunk])) {
            return false; // shared and used up: the thread that finds it at the head passes it
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
        positions[chunk] = rings.give(chunk);
    }
}
