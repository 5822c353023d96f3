package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.agrona.collections.Int2IntHashMap;

/**
 * The disk space of queues. A queue file is preallocated and sparse: with one span it has 20 MB, of which 8 KB are on
 * disk. Java can't tell the blocks of a file (its view {@code unix} has no such attribute), so the end of the data is
 * determined, from Chronicle's own header at the beginning of the file:
 *
 * <pre>
 *    0   u32 header of an entry of the queue's own, see {@code CycleTailer}
 *   28   "writePosition"
 *   64   u64, little-endian: offset of the header of the last document; 0 before the first
 * </pre>
 *
 * Whatever is implausible in there makes the file count by its size. A plausible but wrong position makes it count too
 * little: that is tolerable, since the reserve of free disk space does not depend on this.
 *
 * <p>Cheap enough for a thousand queues: only the newest file of a queue grows, so it is looked at each time, the other
 * ones once, and the directory when it has changed. Single-threaded.
 */
public final class DiskUse {

    private static final String METADATA = "metadata.cq4t";
    /** Size of {@link #METADATA}, which is preallocated too and fills less than a block. */
    private static final long METADATA_SIZE = 128 << 10;

    private static final byte[] TAG = "writePosition".getBytes(StandardCharsets.US_ASCII);
    private static final int TAG_OFFSET = 28;
    private static final int POSITION_OFFSET = 64;
    private static final int BEGIN_LENGTH = POSITION_OFFSET + Long.BYTES;

    private static final long BLOCK = 4096;
    private static final int MISSING = -1;

    /** What is known of a directory. */
    private static final class Known {
        private final DirectoryChanges changes;
        /** Blocks of each file but the newest of the queue, by its cycle. */
        private Int2IntHashMap blocksOf = new Int2IntHashMap(MISSING);
        /** Blocks of all files but the newest of the queue. */
        private long older;
        /** The newest file of the queue; null when there is none. */
        private Path newest;

        Known(Path directory) {
            changes = new DirectoryChanges(directory);
        }
    }

    private final Map<Path, Known> known = new HashMap<>();
    private final ByteBuffer begin = ByteBuffer.allocateDirect(BEGIN_LENGTH).order(ByteOrder.LITTLE_ENDIAN);

    /** Bytes on disk of the files in a queue's directory; 0 when it does not exist. */
    public long of(Path directory) throws IOException {
        final Known queue = known.computeIfAbsent(directory, Known::new);
        if (queue.changes.mayHaveChanged()) {
            try {
                list(directory, queue);
            } catch (IOException e) {
                queue.changes.forget();
                throw e;
            }
        }
        return queue.older * BLOCK + (queue.newest == null ? 0 : ofFile(queue.newest));
    }

    /** Forgets all other directories. */
    public void retain(Collection<Path> directories) {
        known.keySet().retainAll(directories);
    }

    private void list(Path directory, Known queue) throws IOException {
        final Int2IntHashMap before = queue.blocksOf;
        queue.blocksOf = new Int2IntHashMap(MISSING);
        queue.older = 0;
        queue.newest = null;
        int newest = CycleListing.NO_CYCLE;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                final int cycle = CycleFiles.cycleOf(file);
                if (cycle < 0) {
                    queue.older += ofFile(file) / BLOCK;
                } else if (cycle <= newest) {
                    addOlder(queue, before, file, cycle);
                } else {
                    if (queue.newest != null) {
                        addOlder(queue, before, queue.newest, newest);
                    }
                    queue.newest = file;
                    newest = cycle;
                }
            }
        } catch (NoSuchFileException e) {
            return;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** Adds a file that does not grow any more, and is looked at once. */
    private void addOlder(Known queue, Int2IntHashMap before, Path file, int cycle) {
        int blocks = before.get(cycle);
        if (blocks == MISSING) {
            blocks = (int) Math.min(Integer.MAX_VALUE, ofFile(file) / BLOCK);
        }
        queue.blocksOf.put(cycle, blocks);
        queue.older += blocks;
    }

    /** Bytes on disk of a file; 0 when it does not exist. */
    public long ofFile(Path file) {
        try {
            final BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            final long size = attributes.size();
            if (!attributes.isRegularFile()) {
                return blocks(size);
            }
            final String name = file.getFileName().toString();
            if (name.equals(METADATA) && size == METADATA_SIZE) {
                return BLOCK;
            }
            return blocks(name.endsWith(CycleFiles.SUFFIX) && size > BEGIN_LENGTH ? endOfData(file, size) : size);
        } catch (IOException e) {
            return 0; // just deleted
        }
    }

    private static long blocks(long bytes) {
        return (bytes + BLOCK - 1) / BLOCK * BLOCK;
    }

    private long endOfData(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            if (!fill(channel, 0, BEGIN_LENGTH) || !isTagged()) {
                return size;
            }
            final long last = begin.getLong(POSITION_OFFSET);
            if (last < 0 || last % Integer.BYTES != 0 || last > size || !fill(channel, last, Integer.BYTES)) {
                return size;
            }
            final long end = last + Integer.BYTES + CycleTailer.lengthOf(begin.getInt(0));
            return Math.min(size, end);
        }
    }

    private boolean isTagged() {
        for (int i = 0; i < TAG.length; i++) {
            if (begin.get(TAG_OFFSET + i) != TAG[i]) {
                return false;
            }
        }
        return true;
    }

    private boolean fill(FileChannel channel, long from, int length) throws IOException {
        begin.clear().limit(length);
        while (begin.hasRemaining()) {
            if (channel.read(begin, from + begin.position()) < 0) {
                return false;
            }
        }
        return true;
    }
}
