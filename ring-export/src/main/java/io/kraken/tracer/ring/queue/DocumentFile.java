package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Read-only random access to the documents of one queue file, by the offsets that {@link QueueTailer#documentOffset}
 * has returned. The bytes are not trusted: only a document whose header has the expected length is read. Used by one
 * thread.
 */
public final class DocumentFile implements AutoCloseable {

    private final FileChannel channel;
    private final int cycle;
    private final ByteBuffer header =
            ByteBuffer.allocateDirect(CycleTailer.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private DocumentFile(FileChannel channel, int cycle) {
        this.channel = channel;
        this.cycle = cycle;
    }

    /** Opens the file of a cycle of the queue in this directory. */
    public static DocumentFile open(Path directory, int cycle) throws IOException {
        return new DocumentFile(
                FileChannel.open(CycleFiles.file(directory, cycle), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS),
                cycle);
    }

    public int cycle() {
        return cycle;
    }

    /**
     * Reads the document at this offset.
     *
     * @param into is cleared and filled from its start
     * @return false when there is no complete document of this length
     */
    public boolean read(long offset, int length, ByteBuffer into) throws IOException {
        if (offset < 0 || length <= 0 || length > Math.min(Queues.MOST_BYTES, into.capacity())) {
            return false;
        }
        return readFully(header.clear(), offset)
                && header.getInt(0) == length
                && readFully(into.clear().limit(length), offset + CycleTailer.HEADER_BYTES)
                && into.flip().hasRemaining();
    }

    private boolean readFully(ByteBuffer into, long from) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into, from + into.position()) < 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
