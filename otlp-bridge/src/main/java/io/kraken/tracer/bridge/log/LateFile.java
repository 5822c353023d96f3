package io.kraken.tracer.bridge.log;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The spans of one queue that were kept after the decision about their documents: one entry for each document and look
 * back, in the order in which they were found. The place of an entry is its number; entries are stored in parts of
 * {@link #PART} entries, so that those that all destinations have can be deleted.
 *
 * <pre>
 *  entry (32 bytes, little-endian)
 *    0  u64 index of the document        16  u64 number of the entry
 *    8  u64 records kept late, as bits   24  u64 CRC32C of the 24 bytes before
 * </pre>
 *
 * The head reader appends, each shipper reads through an instance of its own. Each instance is used by one thread.
 */
public final class LateFile implements AutoCloseable {

    /** Number of entries of a part. */
    static final int PART = 1 << 14;

    private static final int RECORDS_OFFSET = Long.BYTES;
    private static final int NUMBER_OFFSET = 2 * Long.BYTES;
    private static final int CHECKSUM_OFFSET = 3 * Long.BYTES;
    private static final int ENTRY_LENGTH = 4 * Long.BYTES;

    private final Path directory;
    private final boolean writes;
    private final CRC32C checksum = new CRC32C();
    private final ByteBuffer entry = ByteBuffer.allocateDirect(ENTRY_LENGTH).order(ByteOrder.LITTLE_ENDIAN);

    private FileChannel part;
    private long partNumber = -1;
    /** The number of entries; for the writer only. */
    private long count;

    private LateFile(Path directory, boolean writes) {
        this.directory = directory;
        this.writes = writes;
    }

    /** @param directory of the queue's log */
    public static LateFile reader(Path directory) {
        return new LateFile(directory, false);
    }

    /** Opens the entries of a queue for appending. */
    public static LateFile writer(Path directory) throws IOException {
        final LateFile file = new LateFile(directory, true);
        final long[] parts = HostLog.lateParts(directory);
        if (parts.length > 0) {
            final long last = parts[parts.length - 1];
            file.count = last * PART;
            while (file.read(file.count)) {
                file.count++;
            }
        }
        return file;
    }

    /** The number of entries. */
    public long count() {
        return count;
    }

    /** Appends an entry. */
    public void append(long index, long records) throws IOException {
        open(count / PART);
        entry.clear();
        entry.putLong(0, index).putLong(RECORDS_OFFSET, records).putLong(NUMBER_OFFSET, count);
        entry.putLong(CHECKSUM_OFFSET, sum());
        long at = count % PART * ENTRY_LENGTH;
        while (entry.hasRemaining()) {
            at += part.write(entry, at);
        }
        count++;
    }

    private long sum() {
        checksum.reset();
        checksum.update(entry.duplicate().limit(CHECKSUM_OFFSET).position(0));
        return checksum.getValue();
    }

    /** Reads an entry; false when there is none, or it is damaged. */
    boolean read(long number) throws IOException {
        if (!open(number / PART)) {
            return false;
        }
        final long at = number % PART * ENTRY_LENGTH;
        entry.clear();
        while (entry.hasRemaining()) {
            if (part.read(entry, at + entry.position()) < 0) {
                return false;
            }
        }
        return entry.getLong(NUMBER_OFFSET) == number && entry.getLong(CHECKSUM_OFFSET) == sum();
    }

    /** The index in the entry read last. */
    long index() {
        return entry.getLong(0);
    }

    /** The records in the entry read last. */
    long records() {
        return entry.getLong(RECORDS_OFFSET);
    }

    private boolean open(long number) throws IOException {
        if (part != null && partNumber == number) {
            return true;
        }
        close();
        final Path file = HostLog.late(directory, number);
        try {
            part = writes
                    ? FileChannel.open(
                            file,
                            Set.of(
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.READ,
                                    StandardOpenOption.WRITE,
                                    LinkOption.NOFOLLOW_LINKS),
                            OwnerOnly.file())
                    : FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return false;
        }
        partNumber = number;
        return true;
    }

    /** Deletes the parts whose entries are all before this one. */
    public void deleteBefore(long number) throws IOException {
        for (long old : HostLog.lateParts(directory)) {
            if ((old + 1) * PART <= number && (old + 1) * PART <= count) {
                Files.deleteIfExists(HostLog.late(directory, old));
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (part != null) {
            final FileChannel left = part;
            part = null;
            left.close();
        }
    }
}
