package io.kraken.tracer.file;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The slots of the control words in the span file, two for each author. Any thread and process may read at any time and
 * gets complete words or none; only one may write at a time, which {@link ControlFile} ensures. A writer that dies in
 * the middle leaves the slot that was in force unchanged.
 */
final class ControlSlots {

    /** Larger generations are invalid; counting never reaches it. */
    private static final long MAX_GENERATION = 1L << 62;
    /** Attempts of a reader to get a consistent read before it gives up. */
    private static final int TRIES = 8;

    /**
     * The content of one slot.
     *
     * @param generation 0 if the slot is empty
     * @param words null if there are none, or invalid ones
     * @param isRefused whether the content is invalid
     */
    record Slot(long generation, ControlWords words, boolean isRefused) {

        static final Slot EMPTY = new Slot(0, null, false);
        /** The words of an author that has written nothing yet. */
        static final Slot UNWRITTEN = new Slot(0, ControlWords.EMPTY, false);

        boolean isSound() {
            return words != null;
        }
    }

    /** A consistent read of both slots of an author; the older one is not decoded if the newer is valid. */
    record Pair(Slot first, Slot second) {

        /** The author's words; null if neither slot is valid. */
        Slot newest() {
            final boolean isSecond = second.isSound() && (!first.isSound() || second.generation > first.generation);
            return isSecond ? second : first.isSound() ? first : null;
        }

        Slot slot(int which) {
            return which == 0 ? first : second;
        }
    }

    private final ByteBuffer file;
    private final SpanFileLayout layout;

    ControlSlots(ByteBuffer file, SpanFileLayout layout) {
        this.file = file;
        this.layout = layout;
    }

    /** The generation of a slot; if it has not changed, a reader need not read the rest. */
    long generationAcquire(ControlWords.Author author, int which) {
        return Mem.getLongAcquire(file, layout.controlSlotOffset(author, which));
    }

    /** Null if the slots changed repeatedly during the read. */
    Pair read(ControlWords.Author author) {
        for (int i = 0; i < TRIES; i++) {
            final long first = counted(generationAcquire(author, 0));
            final long second = counted(generationAcquire(author, 1));
            final int newerAt = layout.controlSlotOffset(author, second > first ? 1 : 0);
            final int olderAt = layout.controlSlotOffset(author, second > first ? 0 : 1);
            final Slot newer = read(newerAt);
            final Slot older = newer.isSound() ? unread(Mem.getLongAcquire(file, olderAt)) : read(olderAt);
            VarHandle.acquireFence();
            final boolean same = file.getLong(newerAt) == newer.generation;
            if (same && (newer.isSound() || file.getLong(olderAt) == older.generation)) {
                return second > first ? new Pair(older, newer) : new Pair(newer, older);
            }
        }
        return null;
    }

    private static Slot unread(long generation) {
        return new Slot(generation, null, counted(generation) != generation);
    }

    /** The author's words; empty ones if there are none, or if they changed repeatedly during the read. */
    Slot newest(ControlWords.Author author) {
        final Pair pair = read(author);
        final Slot newest = pair == null ? null : pair.newest();
        return newest == null ? Slot.UNWRITTEN : newest;
    }

    private Slot read(int at) {
        final long generation = Mem.getLongAcquire(file, at);
        if (generation == 0) {
            return Slot.EMPTY;
        }
        final int length = file.getInt(at + SpanFileLayout.CONTROL_LENGTH_OFFSET);
        if (generation < 0
                || generation > MAX_GENERATION
                || length < 0
                || length > SpanFileLayout.CONTROL_PAYLOAD_MOST) {
            return new Slot(generation, null, true);
        }
        final int check = file.getInt(at + SpanFileLayout.CONTROL_CHECK_OFFSET);
        final byte[] payload = new byte[length];
        file.get(at + SpanFileLayout.CONTROL_PAYLOAD_OFFSET, payload);
        final ControlWords words = check == check(generation, payload) ? ControlCodec.decode(payload) : null;
        return new Slot(generation, words, words == null);
    }

    /**
     * Writes into the slot that is not in force, and returns the generation.
     *
     * @throws IllegalArgumentException if the words do not fit into a slot
     */
    long write(ControlWords.Author author, ControlWords words) {
        final byte[] payload = ControlCodec.encode(words);
        final Pair now = new Pair(read(layout.controlSlotOffset(author, 0)), read(layout.controlSlotOffset(author, 1)));
        final int free = now.newest() == now.first ? 1 : 0;
        final long newest = Math.max(counted(now.first.generation), counted(now.second.generation));
        final long generation = newest == MAX_GENERATION ? 1 : newest + 1;
        write(layout.controlSlotOffset(author, free), generation, payload);
        if (generation < newest) { // a forged generation that nothing can follow: clear its slot
            Mem.putLongRelease(file, layout.controlSlotOffset(author, 1 - free), 0);
        }
        return generation;
    }

    /** Includes the generation of an invalid slot: it must not be reused with other words. */
    private static long counted(long generation) {
        return generation < 0 || generation > MAX_GENERATION ? 0 : generation;
    }

    private void write(int at, long generation, byte[] payload) {
        Mem.putLongRelease(file, at, 0);
        VarHandle.storeStoreFence();
        file.putInt(at + SpanFileLayout.CONTROL_LENGTH_OFFSET, payload.length);
        file.putInt(at + SpanFileLayout.CONTROL_CHECK_OFFSET, check(generation, payload));
        file.put(at + SpanFileLayout.CONTROL_PAYLOAD_OFFSET, payload);
        Mem.putLongRelease(file, at, generation);
    }

    private static int check(long generation, byte[] payload) {
        final CRC32C check = new CRC32C();
        final ByteBuffer head = ByteBuffer.allocate(Long.BYTES + Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        check.update(head.putLong(generation).putInt(payload.length).flip());
        check.update(payload);
        return (int) check.getValue();
    }
}
