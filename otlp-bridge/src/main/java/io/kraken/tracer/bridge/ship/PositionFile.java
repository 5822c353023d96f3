package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The file with the position up to which one destination has acknowledged one queue. It has two slots that are written
 * in turn, so that a process that dies while it writes leaves the previous position. After a crash of the machine, the
 * position on disk may be older: then some spans are shipped twice.
 *
 * <pre>
 *  slot (two of them, 64 bytes each; u64, little-endian)
 *    0  magic, of this version or the first
 *    8  generation: 1, 2, 3, ... ; the valid slot with the larger one counts
 *   16  index in the queue of the last document that was acknowledged
 *   24  batch number of that document
 *   32  spans acknowledged, ever
 *   40  reserved, 0
 *   56  u32 CRC32C of the 56 bytes before, u32 0
 * </pre>
 *
 * In the first version, the upper half of an index was the number of a period of five minutes. Such an index is
 * converted when it is read, and the next slot is written in this version.
 *
 * <p>Single-threaded.
 */
final class PositionFile implements AutoCloseable {

    private static final long FIRST_MAGIC = 0x534F_504E_4B52_4B31L; // "1KRKNPOS"
    private static final long MAGIC = FIRST_MAGIC + 1;
    private static final int MAGIC_OFFSET = 0;
    private static final int GENERATION_OFFSET = MAGIC_OFFSET + Long.BYTES;
    private static final int INDEX_OFFSET = GENERATION_OFFSET + Long.BYTES;
    private static final int BATCH_OFFSET = INDEX_OFFSET + Long.BYTES;
    private static final int SPANS_OFFSET = BATCH_OFFSET + Long.BYTES;
    private static final int CHECKSUM_OFFSET = 56;
    private static final int SLOT_LENGTH = 64;
    private static final int SLOTS = 2;

    private final FileChannel channel;
    private final ByteBuffer slot = ByteBuffer.allocateDirect(SLOT_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C checksum = new CRC32C();
    private final boolean damaged;

    private long generation;
    private long index;
    private long batch;
    private long spans;

    private PositionFile(FileChannel channel) throws IOException {
        this.channel = channel;
        for (int i = 0; i < SLOTS; i++) {
            read(i);
        }
        damaged = generation == 0 && channel.size() > 0;
    }

    /** Opens the file, or creates one that only its owner can read. */
    static PositionFile open(Path file) throws IOException {
        final FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                OwnerOnly.file());
        try {
            return new PositionFile(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Adopts the values of a slot if it is valid and newer. */
    private void read(int number) throws IOException {
        slot.clear();
        while (slot.hasRemaining()) {
            if (channel.read(slot, (long) number * SLOT_LENGTH + slot.position()) < 0) {
                return;
            }
        }
        final long magic = slot.getLong(MAGIC_OFFSET);
        if (magic != MAGIC && magic != FIRST_MAGIC || slot.getLong(CHECKSUM_OFFSET) != sum()) {
            return;
        }
        final long itsIndex = slot.getLong(INDEX_OFFSET);
        if (magic == FIRST_MAGIC && !CycleFiles.isFormerIndex(itsIndex)) {
            return;
        }
        final long found = slot.getLong(GENERATION_OFFSET);
        if (found > generation && found < Long.MAX_VALUE && found % SLOTS == number) { // others are never written
            generation = found;
            index = magic == MAGIC ? itsIndex : CycleFiles.fromFormerIndex(itsIndex);
            batch = slot.getLong(BATCH_OFFSET);
            spans = slot.getLong(SPANS_OFFSET);
        }
    }

    private long sum() {
        checksum.reset();
        checksum.update(slot.duplicate().position(0).limit(CHECKSUM_OFFSET));
        return checksum.getValue();
    }

    /** True when the file had content but no valid slot: the queue is then read from its beginning. */
    boolean isDamaged() {
        return damaged;
    }

    /** False before the first acknowledgement. */
    boolean isPresent() {
        return generation != 0;
    }

    long index() {
        return index;
    }

    long batch() {
        return batch;
    }

    long spans() {
        return spans;
    }

    /** Moves the position to an acknowledged document. The position never goes back: earlier documents are ignored. */
    void advance(long toIndex, long toBatch, int acknowledged) throws IOException {
        if (isPresent() && toIndex <= index) {
            return;
        }
        slot.clear();
        slot.putLong(MAGIC_OFFSET, MAGIC);
        slot.putLong(GENERATION_OFFSET, generation + 1);
        slot.putLong(INDEX_OFFSET, toIndex);
        slot.putLong(BATCH_OFFSET, toBatch);
        slot.putLong(SPANS_OFFSET, spans + acknowledged);
        slot.putLong(SPANS_OFFSET + Long.BYTES, 0);
        slot.putLong(SPANS_OFFSET + 2 * Long.BYTES, 0);
        slot.putLong(CHECKSUM_OFFSET, sum());
        final long at = (generation + 1) % SLOTS * SLOT_LENGTH;
        while (slot.hasRemaining()) {
            channel.write(slot, at + slot.position());
        }
        generation++;
        index = toIndex;
        batch = toBatch;
        spans += acknowledged;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
