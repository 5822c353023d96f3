package io.kraken.tracer.bridge.log;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The decisions about the documents of one queue file: an entry for each document, at the place of its sequence number.
 * The head reader appends an entry when it has read a document, and rewrites it when the decision is made. Written with
 * single writes, so that a process that dies leaves whole entries; the checksum reveals anything else.
 *
 * <pre>
 *  header (64 bytes, little-endian)         entry (64 bytes each, little-endian)
 *    0  u64 magic                              0  u64 offset of the document in the queue file
 *    8  u32 version                            8  u32 its length; 0: it could not be read
 *   12  u32 cycle of the queue file           12  u8 records, u8 malformed records, u8 state, u8 0
 *   16  0                                     16  u64 number of the document in its process
 *   60  u32 CRC32C of the 60 bytes before     24  u64 latest end of a span in it, epoch nanoseconds
 *                                             32  u64 records sampled at the root, as bits
 *  state: 1 read, 2 decided                   40  u64 records kept by the decision
 *                                             48  u64 records kept later, by a look back
 *                                             56  u32 sequence number
 *                                             60  u32 CRC32C of the 60 bytes before
 * </pre>
 *
 * One thread writes; other threads and processes may read through instances of their own: a checksum that fails because
 * the entry is being rewritten is right at the next attempt. Each instance is used by one thread.
 */
public final class DecisionFile implements AutoCloseable {

    /** The result of reading an entry. */
    public enum Read {
        FOUND,
        /** The file ends before it. */
        ABSENT,
        /** The checksum is wrong. */
        DAMAGED
    }

    private static final long MAGIC = 0x3144_4543_4E4B_524BL;
    private static final int VERSION = 1;

    private static final int VERSION_OFFSET = Long.BYTES;
    private static final int CYCLE_OFFSET = VERSION_OFFSET + Integer.BYTES;

    private static final int POSITION_OFFSET = 0;
    private static final int LENGTH_OFFSET = POSITION_OFFSET + Long.BYTES;
    private static final int RECORDS_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    private static final int MALFORMED_OFFSET = RECORDS_OFFSET + Byte.BYTES;
    private static final int STATE_OFFSET = MALFORMED_OFFSET + Byte.BYTES;
    private static final int NUMBER_OFFSET = LENGTH_OFFSET + Long.BYTES;
    private static final int LATEST_END_OFFSET = NUMBER_OFFSET + Long.BYTES;
    private static final int SAMPLED_OFFSET = LATEST_END_OFFSET + Long.BYTES;
    private static final int KEPT_OFFSET = SAMPLED_OFFSET + Long.BYTES;
    private static final int LATE_OFFSET = KEPT_OFFSET + Long.BYTES;
    private static final int SEQUENCE_OFFSET = LATE_OFFSET + Long.BYTES;
    private static final int CHECKSUM_OFFSET = SEQUENCE_OFFSET + Integer.BYTES;
    private static final int SLOT_LENGTH = CHECKSUM_OFFSET + Integer.BYTES;

    private static final byte READ_STATE = 1;
    private static final byte DECIDED_STATE = 2;

    /** Maximum number of entries written at a time. */
    private static final int MOST_PENDING = 64;
    /** Attempts to read an entry that another thread may be rewriting. */
    private static final int ATTEMPTS = 8;

    private final FileChannel channel;
    private final int cycle;
    private final CRC32C checksum = new CRC32C();
    private final ByteBuffer slot = newBuffer(SLOT_LENGTH);
    /** Entries not written yet, with consecutive sequence numbers; null for a reader. */
    private final ByteBuffer pending;

    private int firstPending;
    /** The number of entries, written or pending. */
    private int entries;

    private DecisionFile(FileChannel channel, int cycle, boolean writes) {
        this.channel = channel;
        this.cycle = cycle;
        pending = writes ? newBuffer(MOST_PENDING * SLOT_LENGTH).limit(0) : null;
    }

    private static ByteBuffer newBuffer(int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Opens the file for writing, or creates it; a file with an invalid header is emptied. */
    public static DecisionFile write(Path file, int cycle) throws IOException {
        final FileChannel channel = FileChannel.open(
                file,
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                OwnerOnly.file());
        try {
            final DecisionFile opened = new DecisionFile(channel, cycle, true);
            if (!opened.hasHeader()) {
                channel.truncate(0);
                opened.writeHeader();
            }
            opened.entries = opened.countEntries();
            return opened;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Opens the file for reading; null when there is no valid one. */
    public static DecisionFile read(Path file, int cycle) throws IOException {
        final FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return null;
        }
        final DecisionFile opened = new DecisionFile(channel, cycle, false);
        if (opened.hasHeader()) {
            return opened;
        }
        channel.close();
        return null;
    }

    private boolean hasHeader() throws IOException {
        return readSlot(0)
                && slot.getLong(0) == MAGIC
                && slot.getInt(VERSION_OFFSET) == VERSION
                && slot.getInt(CYCLE_OFFSET) == cycle
                && slot.getInt(CHECKSUM_OFFSET) == sum(slot, 0);
    }

    private void writeHeader() throws IOException {
        clear(slot, 0);
        slot.putLong(0, MAGIC).putInt(VERSION_OFFSET, VERSION).putInt(CYCLE_OFFSET, cycle);
        slot.putInt(CHECKSUM_OFFSET, sum(slot, 0));
        writeFully(slot.clear(), 0);
    }

    private static void clear(ByteBuffer buffer, int at) {
        for (int i = 0; i < SLOT_LENGTH; i += Long.BYTES) {
            buffer.putLong(at + i, 0);
        }
    }

    private void writeFully(ByteBuffer bytes, long at) throws IOException {
        long to = at;
        while (bytes.hasRemaining()) {
            to += channel.write(bytes, to);
        }
    }

    private int sum(ByteBuffer buffer, int at) {
        checksum.reset();
        checksum.update(buffer.duplicate().limit(at + CHECKSUM_OFFSET).position(at));
        return (int) checksum.getValue();
    }

    private boolean readSlot(long number) throws IOException {
        slot.clear();
        while (slot.hasRemaining()) {
            if (channel.read(slot, number * SLOT_LENGTH + slot.position()) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The number of entries up to the last valid one. */
    private int countEntries() throws IOException {
        long count = Math.min(Integer.MAX_VALUE, channel.size() / SLOT_LENGTH - 1);
        while (count > 0 && !isValid((int) count - 1)) {
            count--;
        }
        return (int) Math.max(0, count);
    }

    private boolean isValid(int sequence) throws IOException {
        return readSlot(sequence + 1L)
                && slot.getInt(SEQUENCE_OFFSET) == sequence
                && slot.getInt(CHECKSUM_OFFSET) == sum(slot, 0);
    }

    public int cycle() {
        return cycle;
    }

    /** For the writer: the number of entries, including those that are not flushed. */
    public int entries() {
        return entries;
    }

    /** Reads the entry of a document. */
    public Read get(int sequence, Decision into) throws IOException {
        flush();
        for (int i = 0; i < ATTEMPTS; i++) {
            if (isValid(sequence)) {
                decode(into);
                return Read.FOUND;
            }
            if (slot.hasRemaining()) {
                return Read.ABSENT;
            }
            Thread.onSpinWait();
        }
        return Read.DAMAGED;
    }

    private void decode(Decision into) {
        into.position = slot.getLong(POSITION_OFFSET);
        into.length = slot.getInt(LENGTH_OFFSET);
        into.records = slot.get(RECORDS_OFFSET);
        into.malformed = slot.get(MALFORMED_OFFSET);
        into.decided = slot.get(STATE_OFFSET) == DECIDED_STATE;
        into.number = slot.getLong(NUMBER_OFFSET);
        into.latestEndNs = slot.getLong(LATEST_END_OFFSET);
        into.sampled = slot.getLong(SAMPLED_OFFSET);
        into.kept = slot.getLong(KEPT_OFFSET);
        into.late = slot.getLong(LATE_OFFSET);
    }

    /**
     * Appends or rewrites the entry of a document. Entries left out in between describe documents that could not be
     * read. Others see it after {@link #flush}. After an exception the call may be repeated.
     */
    public void put(int sequence, Decision decision) throws IOException {
        if (sequence > entries) {
            final Decision unreadable = new Decision();
            while (sequence > entries) {
                putNext(entries, unreadable.clear());
            }
        }
        putNext(sequence, decision);
    }

    private void putNext(int sequence, Decision decision) throws IOException {
        final int count = pending.limit() / SLOT_LENGTH;
        if (count > 0 && (count == MOST_PENDING || sequence != firstPending + count)) {
            flush();
        }
        if (pending.limit() == 0) {
            firstPending = sequence;
        }
        final int at = pending.limit();
        pending.limit(at + SLOT_LENGTH);
        encode(sequence, decision, at);
        entries = Math.max(entries, sequence + 1);
    }

    private void encode(int sequence, Decision from, int at) {
        pending.putLong(at + POSITION_OFFSET, from.position);
        pending.putInt(at + LENGTH_OFFSET, from.length);
        pending.putInt(at + RECORDS_OFFSET, 0);
        pending.put(at + RECORDS_OFFSET, (byte) from.records);
        pending.put(at + MALFORMED_OFFSET, (byte) from.malformed);
        pending.put(at + STATE_OFFSET, from.decided ? DECIDED_STATE : READ_STATE);
        pending.putLong(at + NUMBER_OFFSET, from.number);
        pending.putLong(at + LATEST_END_OFFSET, from.latestEndNs);
        pending.putLong(at + SAMPLED_OFFSET, from.sampled);
        pending.putLong(at + KEPT_OFFSET, from.kept);
        pending.putLong(at + LATE_OFFSET, from.late);
        pending.putInt(at + SEQUENCE_OFFSET, sequence);
        pending.putInt(at + CHECKSUM_OFFSET, sum(pending, at));
    }

    /** Writes the pending entries; after an exception they are still pending. */
    public void flush() throws IOException {
        if (pending != null && pending.limit() > 0) {
            writeFully(pending.position(0), (firstPending + 1L) * SLOT_LENGTH);
            pending.clear().limit(0);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
