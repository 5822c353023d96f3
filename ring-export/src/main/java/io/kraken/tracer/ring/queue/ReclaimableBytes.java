package io.kraken.tracer.ring.queue;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The file in which the bridge states how many bytes of the queues it keeps only to look back at them: it can delete
 * these files at any moment, so they do not count against the limit at which services drop spans. The file has two
 * slots that are written in turn, so that a reader always finds a complete one.
 *
 * <pre>
 *  slot (two of them, 64 bytes each; little-endian)
 *    0  u64 magic
 *    8  u32 version, u32 0
 *   16  u64 generation: 1, 2, 3, ... ; the valid slot with the larger one counts
 *   24  u64 bytes on disk of the files that can be deleted, as {@link DiskUse} counts them
 *   32  u64 time of the statement, epoch milliseconds, for people who look at it
 *   40  reserved, 0
 *   56  u32 CRC32C of the 56 bytes before, u32 0
 * </pre>
 *
 * <b>The age of a statement does not matter.</b> When the bridge is dead, what it could delete is still there, and it
 * will delete it when it is back: services that ignored an old statement would drop spans for the sake of spans that
 * are shipped. An old statement can't become wrong by services, which only append. If files were deleted and the
 * statement not changed, the queues can exceed the limit by no more than it says; so the bridge lowers it before it
 * deletes. A reader takes no more than the queues have, and the reserve of free disk space holds in any case. A missing
 * or damaged file counts as 0: then services drop too early rather than fill the disk.
 *
 * <p>One writer, which is single-threaded; any number of readers.
 */
public final class ReclaimableBytes implements AutoCloseable {

    /** The bridge's directory below the root of the queues. */
    public static final String DIRECTORY = ".bridge";

    static final String FILE_NAME = "reclaimable";

    private static final long MAGIC = 0x4C43_4552_4E4B_524BL; // "KRKNRECL"
    private static final int VERSION = 1;
    private static final int MAGIC_OFFSET = 0;
    private static final int VERSION_OFFSET = MAGIC_OFFSET + Long.BYTES;
    private static final int GENERATION_OFFSET = VERSION_OFFSET + Long.BYTES;
    private static final int BYTES_OFFSET = GENERATION_OFFSET + Long.BYTES;
    private static final int TIME_OFFSET = BYTES_OFFSET + Long.BYTES;
    private static final int CHECKSUM_OFFSET = 56;
    private static final int SLOT_LENGTH = 64;
    private static final int SLOTS = 2;

    private final FileChannel channel;
    private final ByteBuffer slot = ByteBuffer.allocateDirect(SLOT_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private long generation;

    private ReclaimableBytes(FileChannel channel) throws IOException {
        this.channel = channel;
        for (int i = 0; i < SLOTS; i++) {
            generation = read(channel, i, slot) ? Math.max(generation, slot.getLong(GENERATION_OFFSET)) : generation;
        }
    }

    /** Opens the file for writing; creates it, and the bridge's directory, if needed. */
    public static ReclaimableBytes open(Path root) throws IOException {
        final Path directory = OwnerOnly.makeDirectory(root.resolve(DIRECTORY));
        final FileChannel channel = FileChannel.open(
                directory.resolve(FILE_NAME),
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                OwnerOnly.file());
        try {
            return new ReclaimableBytes(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Replaces the statement; a smaller one is written before files are deleted. */
    public void write(long bytes, long epochMs) throws IOException {
        if (bytes < 0) {
            throw new IllegalArgumentException(bytes + " bytes");
        }
        generation++;
        slot.clear().put(new byte[SLOT_LENGTH]).clear();
        slot.putLong(MAGIC_OFFSET, MAGIC);
        slot.putInt(VERSION_OFFSET, VERSION);
        slot.putLong(GENERATION_OFFSET, generation);
        slot.putLong(BYTES_OFFSET, bytes);
        slot.putLong(TIME_OFFSET, epochMs);
        slot.putLong(CHECKSUM_OFFSET, checksum(slot));
        final long at = generation % SLOTS * SLOT_LENGTH;
        while (slot.hasRemaining()) {
            channel.write(slot, at + slot.position());
        }
    }

    /** The bytes of the last statement below this root; 0 when there is no valid one. The caller bounds them. */
    public static long read(Path root) {
        final Path file = root.resolve(DIRECTORY).resolve(FILE_NAME);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return 0;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            final ByteBuffer slot = ByteBuffer.allocate(SLOT_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
            long bytes = 0;
            long newest = 0;
            for (int i = 0; i < SLOTS; i++) {
                if (read(channel, i, slot) && slot.getLong(GENERATION_OFFSET) > newest) {
                    newest = slot.getLong(GENERATION_OFFSET);
                    bytes = slot.getLong(BYTES_OFFSET);
                }
            }
            return bytes;
        } catch (IOException e) {
            return 0;
        }
    }

    /** Reads a slot; false when it is not valid. */
    private static boolean read(FileChannel channel, int number, ByteBuffer slot) throws IOException {
        slot.clear();
        while (slot.hasRemaining()) {
            if (channel.read(slot, (long) number * SLOT_LENGTH + slot.position()) < 0) {
                return false;
            }
        }
        final long generation = slot.getLong(GENERATION_OFFSET);
        return slot.getLong(MAGIC_OFFSET) == MAGIC
                && slot.getInt(VERSION_OFFSET) == VERSION
                && slot.getLong(CHECKSUM_OFFSET) == checksum(slot)
                && generation > 0
                && generation < Long.MAX_VALUE
                && generation % SLOTS == number // others are never written
                && slot.getLong(BYTES_OFFSET) >= 0;
    }

    private static long checksum(ByteBuffer slot) {
        final CRC32C checksum = new CRC32C();
        checksum.update(slot.duplicate().position(0).limit(CHECKSUM_OFFSET));
        return checksum.getValue();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
