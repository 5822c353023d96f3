package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Random access to the documents of one file of a queue, for a reader that has noted where they are: {@link
 * QueueTailer#position} and {@link QueueTailer#length}. Neither the notes nor the file are trusted. A document costs
 * two reads, of its header and of its bytes, and no allocation. Single-threaded.
 */
public final class DocumentFile implements AutoCloseable {

    private final Path path;
    private final FileChannel file;
    private final ByteBuffer header =
            ByteBuffer.allocateDirect(CycleTailer.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private DocumentFile(Path path, FileChannel file) {
        this.path = path;
        this.file = file;
    }

    /** Opens the file of a cycle; null when it does not exist, for instance since it has been deleted. */
    public static DocumentFile open(Path directory, int cycle) throws QueueException {
        final Path path = CycleFiles.file(directory, cycle);
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try {
            return new DocumentFile(path, FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new QueueException("Opening " + path + " failed: " + e, e);
        }
    }

    /**
     * Reads a document.
     *
     * @param position offset of its first byte in the file
     * @param into is cleared and filled from its start; its limit is the length afterwards
     * @throws QueueException when there is no document of this length at this position
     */
    public void read(long position, int length, ByteBuffer into) throws QueueException {
        if (length <= 0 || length > Queues.MOST_BYTES || length > into.capacity()) {
            throw new QueueException("A document of " + length + " bytes in " + path + " is too long or empty");
        }
        final long begin = position - CycleTailer.HEADER_BYTES;
        if (begin < 0 || begin % CycleTailer.HEADER_BYTES != 0 || position > Long.MAX_VALUE - length) {
            throw absent(position, length, null);
        }
        try {
            if (!readFully(header.clear(), begin)
                    || header.getInt(0) != length
                    || !readFully(into.clear().limit(length), position)) {
                throw absent(position, length, null);
            }
            into.flip();
        } catch (QueueException e) {
            throw e;
        } catch (IOException e) {
            throw absent(position, length, e);
        }
    }

    /** False when the file ends before. */
    private boolean readFully(ByteBuffer into, long from) throws IOException {
        while (into.hasRemaining()) {
            if (file.read(into, from + into.position()) < 0) {
                return false;
            }
        }
        return true;
    }

    private QueueException absent(long position, int length, IOException cause) {
        return new QueueException(
                path + " has no document of " + length + " bytes at " + position + (cause == null ? "" : ": " + cause),
                cause);
    }

    @Override
    public void close() {
        Quietly.close(file);
    }
}
