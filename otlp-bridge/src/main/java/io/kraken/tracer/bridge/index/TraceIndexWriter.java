package io.kraken.tracer.bridge.index;

import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;

/**
 * Writer of the trace indexes of one queue, one after the other. Pairs are collected in memory, and appended as a
 * segment when the caller flushes, which it should do every second or so, and by itself when there are {@link
 * #MAX_PENDING}. {@link TraceIndexMerge} later makes one segment of many.
 *
 * <p><b>Failures</b>, such as of a full disk, are counted and never thrown. The pending pairs are kept for the next
 * attempt; when there is no more room for them, they and all further ones of this queue file are dropped. The index on
 * disk then covers what had been written before. Nothing is forced to the disk: after a crash of the machine the end of
 * an index may be missing or damaged, which a reader notices.
 *
 * <p>Allocates nothing for a document, except when the number of pending pairs is larger than ever before in this queue
 * file. An index that has no pending pairs is an open file and little else. Single-threaded.
 */
public final class TraceIndexWriter implements AutoCloseable {

    /** Maximum number of pairs in memory: 32 kB. */
    static final int MAX_PENDING = 4096;

    private static final int FIRST_PENDING = 2 * BatchLayout.MAX_RECORDS;
    private static final long[] NO_PAIRS = {};

    private final IndexScratch scratch;

    /** Null between two queue files. */
    private Path file;

    private FileChannel channel;
    /** End of the segments in the file. */
    private long end;
    /** First document of the next segment. */
    private int first;
    /** Earlier documents are in the file or among the pending ones. */
    private int next;

    private long[] pending = NO_PAIRS;
    private int count;
    /** Number of pending pairs of earlier documents than the current one. */
    private int before;

    private boolean sealed;
    private boolean incomplete;
    private long failures;

    /** @param scratch shared with other writers of the same thread */
    public TraceIndexWriter(IndexScratch scratch) {
        this.scratch = scratch;
    }

    /**
     * Begins with the index of another queue file, or resumes one of an earlier process.
     *
     * @param from sequence number of the first document that the caller is able to add. If the file ends before it, the
     * documents between stay uncovered; segments behind it are dropped if documents before them are not covered
     * @return sequence number of the first document that has to be added; earlier ones may be, and are ignored
     */
    public int begin(Path indexFile, int from) {
        close();
        file = indexFile;
        end = 0;
        first = from;
        sealed = false;
        incomplete = false;
        try {
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) { // opening another kind may block
                resume(from);
            }
        } catch (IOException e) {
            failures++;
            incomplete = true;
        }
        next = first;
        return next;
    }

    private void resume(int from) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        final SegmentReader reader = scratch.reader;
        reader.open(channel);
        int kept = 0;
        int after = 0;
        while (kept < reader.segments() && (reader.first(kept) == after || reader.last(kept) < from)) {
            after = reader.last(kept) + 1;
            kept++;
        }
        sealed = kept > 0 && kept == reader.segments() && reader.isSealed();
        end = kept < reader.segments() ? reader.offset(kept) : reader.end();
        if (channel.size() > end) {
            channel.truncate(end);
        }
        first = Math.max(from, after);
    }

    /**
     * Adds the traces of a document, whose sequence number is higher than any before; one that was left out counts as
     * covered.
     */
    public void add(BatchReader document, int sequence) {
        if (!beginDocument(sequence)) {
            return;
        }
        for (long left = document.soundRecords(); left != 0; left &= left - 1) {
            final int at = document.offset(Long.numberOfTrailingZeros(left));
            addTrace(RecordLayout.traceIdHigh(document.buffer(), at), RecordLayout.traceIdLow(document.buffer(), at));
        }
    }

    /** False if the document need not or cannot be added. */
    boolean beginDocument(int sequence) {
        if (sequence < next || file == null || incomplete) {
            return false;
        }
        if (sealed) {
            discard();
            return false;
        }
        if (count > MAX_PENDING - BatchLayout.MAX_RECORDS && !flush()) {
            giveUp();
            return false;
        }
        next = sequence + 1;
        before = count;
        if (pending.length - count < BatchLayout.MAX_RECORDS) {
            pending = Arrays.copyOf(pending, Math.max(FIRST_PENDING, Math.min(MAX_PENDING, 2 * pending.length)));
        }
        return true;
    }

    /** Adds one of at most {@link BatchLayout#MAX_RECORDS} distinct traces of the current document. */
    void addTrace(long traceIdHigh, long traceIdLow) {
        final long pair = TraceIndexLayout.pair(TraceIndexLayout.hash(traceIdHigh, traceIdLow), next - 1);
        for (int i = count - 1; i >= before; i--) {
            if (pending[i] == pair) {
                return;
            }
        }
        pending[count++] = pair;
    }

    /** The index says that there is no further document, but there is. */
    private void discard() {
        incomplete = true;
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            failures++;
        }
    }

    private void giveUp() {
        incomplete = true;
        count = 0;
    }

    /**
     * Writes what is pending.
     *
     * @return false if that failed, now or before for this queue file
     */
    public boolean flush() {
        return file == null || !incomplete && (first == next || write(false));
    }

    private boolean write(boolean last) {
        try {
            if (channel == null) {
                channel = FileChannel.open(
                        file,
                        Set.of(
                                StandardOpenOption.CREATE_NEW,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE,
                                LinkOption.NOFOLLOW_LINKS),
                        OwnerOnly.file());
            }
            System.arraycopy(pending, 0, scratch.pairs(count), 0, count);
            final long[] sorted = scratch.sorted(count);
            end = new SegmentOutput(channel, end, scratch).write(first, next - 1, last, sorted, count);
            first = next;
            count = 0;
            return true;
        } catch (IOException e) {
            failures++;
            takeBack();
            return false;
        }
    }

    /** Removes a part of a segment; if that fails, the next attempt overwrites it. */
    private void takeBack() {
        try {
            if (channel != null && channel.size() > end) {
                channel.truncate(end);
            }
        } catch (IOException e) {
            incomplete |= !channel.isOpen();
        }
    }

    /**
     * Ends the index of a queue file from which all documents have been added, and closes it. It should be merged then.
     *
     * @return false if it is incomplete
     */
    public boolean seal() {
        return finish(true);
    }

    /** The same, but further documents may exist if not {@code last}; the file exists in any case. */
    boolean finish(boolean last) {
        final boolean whole = file == null || !incomplete && (sealed || (last || end == 0 ? write(last) : flush()));
        closeFile();
        return whole;
    }

    /** Number of failed attempts to read or write an index. */
    public long failures() {
        return failures;
    }

    /** Whether documents were dropped from the current index. */
    public boolean isIncomplete() {
        return incomplete;
    }

    private void closeFile() {
        file = null;
        count = 0;
        if (pending.length > FIRST_PENDING) {
            pending = NO_PAIRS;
        }
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                failures++;
            }
            channel = null;
        }
    }

    /** Writes what is pending, and leaves the index to be resumed. */
    @Override
    public void close() {
        flush();
        closeFile();
    }
}
