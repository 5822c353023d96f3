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
 * Reader of a queue's files without Chronicle's classes. Files are read rather than mapped: a truncated file then just
 * ends, whereas a missing page of a mapping is, on JDK 17, an error that may be thrown at any later point of the
 * thread, for instance while it holds a lock.
 *
 * <pre>
 *   file      documents, one after the other, each at a multiple of 4 bytes
 *   document  u32 header, little-endian; its bytes
 *   header    0                       nothing appended yet
 *             bit 31                  being written; with bit 30 and nothing else, the file's end
 *             bit 30                  the queue's own entry: skipped
 *             bits 0 to 29            length
 * </pre>
 *
 * The end of a queue that grows slowly is polled often: a poll there reads {@link #FEW_BYTES} bytes. It lists the
 * directory only after the file's end mark, and only if the directory has changed.
 *
 * <p>A header is written last. So bytes read after their header are complete; bytes read together with it almost always
 * are: a caller that finds an incomplete document can move to it again.
 */
final class CycleTailer implements QueueTailer {

    static final int HEADER_BYTES = Integer.BYTES;
    private static final int OWN = 1 << 30;
    private static final int LENGTH_MASK = OWN - 1;
    private static final int END_OF_FILE = 0xc000_0000;
    private static final int NOTHING_YET = 0;

    private static final int BLOCK_BYTES = 64 << 10;
    /** Number of bytes to read for a header only. */
    private static final int FEW_BYTES = 64;
    /** How much more is read after a document than before. */
    private static final int MORE = 32;

    private final Path directory;
    private final CycleListing cycles;
    private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .limit(0);

    private FileChannel file;
    /** Offset of the block in the file. */
    private long blockOffset;
    /** How many bytes to read into the block next: few at the end of the queue, more when documents follow. */
    private int readAhead = BLOCK_BYTES;

    private int cycle = CycleListing.NO_CYCLE;
    /** Offset of the next header. */
    private long offset;
    /** Number of documents before {@code offset}. */
    private int sequence;

    private long index = NO_INDEX;
    private long position;
    private int length;
    private boolean lost;

    CycleTailer(Path directory) throws QueueException {
        if (!Files.isDirectory(directory)) {
            throw new QueueException(directory + " is not a directory of a queue");
        }
        this.directory = directory;
        cycles = new CycleListing(directory);
    }

    @Override
    public int read(ByteBuffer into) throws QueueException {
        if (lost) {
            throw new QueueException(
                    "The queue in " + directory + " has no current position; move to a document first");
        }
        lost = true;
        try {
            final int read = next(into.clear().limit(0));
            lost = false;
            return read;
        } catch (IOException e) {
            throw new QueueException(
                    "The queue in " + directory + " is damaged after index " + Long.toHexString(index) + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private int next(ByteBuffer into) throws IOException {
        while (file != null || enterAfter(cycle)) {
            final int header = freshHeader();
            if (isDocument(header)) {
                return take(lengthOf(header), into);
            }
            if (header == END_OF_FILE) {
                if (!enterAfter(cycle)) {
                    break;
                }
            } else if (header <= NOTHING_YET) {
                break;
            } else {
                pass(header);
            }
        }
        block.limit(0); // read again next time
        readAhead = FEW_BYTES;
        return 0;
    }

    /** The next header, read again if nothing was there when the block was read. */
    private int freshHeader() throws IOException {
        final int header = header(readAhead);
        if (header > NOTHING_YET || blockOffset == offset) {
            return header;
        }
        block.limit(0);
        return header(FEW_BYTES);
    }

    private static boolean isDocument(int header) {
        return header > NOTHING_YET && (header & OWN) == 0;
    }

    /** The length in a header of a document or of another entry. */
    static int lengthOf(int header) {
        return header & LENGTH_MASK;
    }

    private int take(int bytes, ByteBuffer into) throws IOException {
        if (bytes > Queues.MOST_BYTES || bytes > into.capacity()) {
            throw new QueueException("a document of " + bytes + " bytes is too long");
        }
        final long from = offset + HEADER_BYTES;
        into.limit(bytes);
        if (from - blockOffset + bytes <= block.limit()) {
            into.put(0, block, (int) (from - blockOffset), bytes);
        } else {
            readFully(into, from);
            into.flip();
        }
        at(CycleFiles.firstIndex(cycle) + sequence, bytes);
        sequence++;
        advance(bytes);
        readAhead = Math.min(BLOCK_BYTES, readAhead * MORE);
        return bytes;
    }

    /** Notes the document at the current offset. */
    private void at(long documentIndex, int documentLength) {
        index = documentIndex;
        position = offset + HEADER_BYTES;
        length = documentLength;
    }

    private void readFully(ByteBuffer into, long from) throws IOException {
        while (into.hasRemaining()) {
            if (file.read(into, from + into.position()) < 0) {
                throw new QueueException("a document extends beyond the end of its file");
            }
        }
    }

    /** Skips an entry, such as one of the queue itself. */
    private void pass(int header) throws IOException {
        final int bytes = lengthOf(header);
        if (offset + HEADER_BYTES + bytes > file.size()) {
            throw new QueueException("an entry extends beyond the end of its file");
        }
        advance(bytes);
    }

    private void advance(int bytes) {
        final long end = offset + HEADER_BYTES + bytes;
        offset = end + (-end & HEADER_BYTES - 1);
    }

    /** The next header; 0 at the end of the file. */
    private int header(int bytes) throws IOException {
        if (offset < blockOffset || offset + HEADER_BYTES > blockOffset + block.limit()) {
            blockOffset = offset;
            block.clear().limit(bytes);
            while (block.hasRemaining() && file.read(block, offset + block.position()) > 0) {
                // until it is full, or the file ends
            }
            block.flip();
        }
        return block.limit() < HEADER_BYTES ? NOTHING_YET : block.getInt((int) (offset - blockOffset));
    }

    /** Opens the first file of a later cycle; false when there is none. */
    private boolean enterAfter(int before) throws IOException {
        final int later = cycles.after(before);
        return later != CycleListing.NO_CYCLE && enter(later);
    }

    private boolean enter(int wanted) throws IOException {
        closeFile();
        cycle = wanted;
        offset = 0;
        sequence = 0;
        readAhead = BLOCK_BYTES;
        try {
            file = FileChannel.open(
                    CycleFiles.file(directory, wanted), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private void closeFile() throws IOException {
        block.limit(0);
        blockOffset = 0;
        if (file != null) {
            final FileChannel left = file;
            file = null;
            left.close();
        }
    }

    @Override
    public long index() {
        return index;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int cycle() {
        return cycle;
    }

    @Override
    public boolean moveTo(long wanted) throws QueueException {
        return move(wanted, false);
    }

    @Override
    public boolean moveAfter(long wanted) throws QueueException {
        return move(wanted, true);
    }

    private boolean move(long wanted, boolean after) throws QueueException {
        lost = true;
        try {
            final boolean moved = wanted >= 0 && enter(CycleFiles.cycleOf(wanted)) && find((int) wanted);
            if (moved && after) {
                final int header = header(FEW_BYTES);
                at(wanted, lengthOf(header));
                sequence++;
                pass(header);
            }
            block.limit(0);
            lost = !moved;
            return moved;
        } catch (IOException e) {
            throw new QueueException(
                    "The queue in " + directory + " is not readable at index " + Long.toHexString(wanted) + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /** Walks to the document with this sequence number; false when the file has fewer. */
    private boolean find(int wanted) throws IOException {
        for (int header = header(FEW_BYTES); header > NOTHING_YET; header = header(FEW_BYTES)) {
            if (isDocument(header)) {
                if (sequence == wanted) {
                    return true;
                }
                sequence++;
            }
            pass(header);
        }
        return false;
    }

    @Override
    public boolean skipCycle() throws QueueException {
        final int left = cycle;
        final boolean waiting = !lost && index != NO_INDEX && CycleFiles.cycleOf(index) == left;
        boolean skipped = false;
        try {
            skipped = CycleFiles.skip(directory, left, this);
            return skipped;
        } finally {
            if (!skipped) {
                cycle = left;
            }
            if (!skipped && waiting) {
                move(index, true);
            }
        }
    }

    @Override
    public void close() {
        lost = true;
        try {
            closeFile();
        } catch (IOException e) {
            // Ignored, since the file was only read.
        }
    }
}
