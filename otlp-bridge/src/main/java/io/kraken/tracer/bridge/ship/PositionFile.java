package io.kraken.tracer.bridge.ship;

import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The file with the positions up to which one destination has acknowledged one queue, one for each stream. A position
 * has two slots that are written in turn, so that a process that dies while it writes leaves the previous position.
 * After a crash of the machine, the position on disk may be older: then some spans are shipped twice.
 *
 * <pre>
 *  file: two slots of the kept spans, two of the sampled ones, two of those found late
 *  slot (64 bytes each; u64, little-endian)
 *    0  magic
 *    8  generation: 1, 2, 3, ... ; the valid slot with the larger one counts
 *   16  index in the queue of the last document that was acknowledged; for late spans, the number of the entry
 *   24  batch number of that document
 *   32  spans acknowledged, ever
 *   40  reserved, 0
 *   56  u32 CRC32C of the 56 bytes before, u32 0
 * </pre>
 *
 * In the first version, with another magic number, there was one position for all spans, and the upper half of an index
 * was the number of a period of five minutes. It is converted when it is read.
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
    /** The order of the streams in the file: the first one is where the first version had its only position. */
    private static final List<HostQueue.Stream> REGIONS =
            List.of(HostQueue.Stream.KEPT, HostQueue.Stream.SAMPLED, HostQueue.Stream.LATE);

    private static final ByteBuffer ZEROS = ByteBuffer.allocate(SLOT_LENGTH);

    private final FileChannel channel;
    private final ByteBuffer slot = ByteBuffer.allocateDirect(SLOT_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C checksum = new CRC32C();
    private final boolean damaged;
    /** Offset of the two slots of this stream. */
    private final long base;

    private long generation;
    private long index;
    private long batch;
    private long spans;

    private PositionFile(FileChannel channel, HostQueue.Stream stream) throws IOException {
        this.channel = channel;
        base = SLOTS * SLOT_LENGTH * REGIONS.indexOf(stream);
        boolean used = read(base, MAGIC);
        if (generation == 0 && stream != HostQueue.Stream.LATE) {
            used |= read(0, FIRST_MAGIC);
        }
        if (generation != 0 && base != 0) {
            write(index, batch, spans); // the slots of the first version will be overwritten
        }
        damaged = generation == 0 && used;
    }

    /** Reads the slots from this offset on; returns whether there is anything. */
    private boolean read(long from, long magic) throws IOException {
        boolean used = false;
        for (int i = 0; i < SLOTS; i++) {
            used |= read(from + (long) i * SLOT_LENGTH, i, magic);
        }
        return used;
    }

    /** Opens the file, or creates one that only its owner can read. */
    static PositionFile open(Path file, HostQueue.Stream stream) throws IOException {
        final FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                OwnerOnly.file());
        try {
            return new PositionFile(channel, stream);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Adopts the values of a slot if it is valid and newer; returns whether it was ever written. */
    private boolean read(long from, int number, long magic) throws IOException {
        slot.clear();
        while (slot.hasRemaining()) {
            if (channel.read(slot, from + slot.position()) < 0) {
                return slot.position() > 0;
            }
        }
        final long found = slot.getLong(GENERATION_OFFSET);
        final long itsIndex = slot.getLong(INDEX_OFFSET);
        if (slot.getLong(MAGIC_OFFSET) == magic
                && slot.getLong(CHECKSUM_OFFSET) == sum()
                && (magic == MAGIC || CycleFiles.isFormerIndex(itsIndex))
                && found > generation
                && found < Long.MAX_VALUE
                && found % SLOTS == number) { // others are never written
            generation = found;
            index = magic == MAGIC ? itsIndex : CycleFiles.fromFormerIndex(itsIndex);
            batch = slot.getLong(BATCH_OFFSET);
            spans = slot.getLong(SPANS_OFFSET);
        }
        return slot.mismatch(ZEROS) >= 0;
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
        write(toIndex, toBatch, spans + acknowledged);
    }

    private void write(long newIndex, long newBatch, long newSpans) throws IOException {
        slot.clear();
        slot.putLong(MAGIC_OFFSET, MAGIC);
        slot.putLong(GENERATION_OFFSET, generation + 1);
        slot.putLong(INDEX_OFFSET, newIndex);
        slot.putLong(BATCH_OFFSET, newBatch);
        slot.putLong(SPANS_OFFSET, newSpans);
        slot.putLong(SPANS_OFFSET + Long.BYTES, 0);
        slot.putLong(SPANS_OFFSET + 2 * Long.BYTES, 0);
        slot.putLong(CHECKSUM_OFFSET, sum());
        final long at = base + (generation + 1) % SLOTS * SLOT_LENGTH;
        while (slot.hasRemaining()) {
            channel.write(slot, at + slot.position());
        }
        generation++;
        index = newIndex;
        batch = newBatch;
        spans = newSpans;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
