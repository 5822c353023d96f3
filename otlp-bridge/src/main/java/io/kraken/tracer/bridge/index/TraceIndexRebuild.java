package io.kraken.tracer.bridge.index;

import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueException;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The rebuilding of a missing or damaged index from its queue file, in slices, so that the thread has time for other
 * work. The new index replaces the old one when it is finished. Must not run while a {@link TraceIndexWriter} has the
 * same index open. Single-threaded.
 */
public final class TraceIndexRebuild implements AutoCloseable {

    private static final String TEMPORARY = ".new";

    private final Path queue;
    private final int cycle;
    private final boolean ended;
    private final Path index;
    private final Path temporary;
    private final IndexScratch scratch;
    private final TraceIndexWriter writer;

    private QueueTailer tailer;
    private boolean done;
    private boolean successful;

    /**
     * @param queue directory of the queue
     * @param ended whether no document will be appended to the queue file any more
     * @param index the file to be replaced
     */
    public TraceIndexRebuild(Path queue, int cycle, boolean ended, Path index, IndexScratch scratch) {
        this.queue = queue;
        this.cycle = cycle;
        this.ended = ended;
        this.index = index;
        temporary = index.resolveSibling(index.getFileName() + TEMPORARY);
        this.scratch = scratch;
        writer = new TraceIndexWriter(scratch);
    }

    /**
     * Reads the next documents.
     *
     * @param document used for reading; its content is lost
     * @param bytes used for reading; holds any document
     * @return whether the rebuild has ended, whatever its outcome
     */
    public boolean doWork(BatchReader document, ByteBuffer bytes, int documents) {
        if (done) {
            return true;
        }
        try {
            if (tailer == null) {
                begin();
            }
            boolean more = true;
            for (int i = 0; more && i < documents; i++) {
                more = readOne(document, bytes);
            }
            if (!more) {
                finish(ended);
            }
        } catch (QueueException e) {
            finish(false); // the rest of the queue file is not readable, at least now
        } catch (IOException e) {
            done = true;
        }
        if (done) {
            close();
        }
        return done;
    }

    private void begin() throws IOException {
        if (!Files.isRegularFile(CycleFiles.file(queue, cycle), LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("the queue file does not exist");
        }
        Files.deleteIfExists(temporary);
        writer.begin(temporary, 0);
        tailer = Queues.read(queue);
        if (!tailer.moveToCycle(cycle)) {
            finish(ended);
        }
    }

    /** False at the end of the queue file. */
    private boolean readOne(BatchReader document, ByteBuffer bytes) throws QueueException {
        if (done) {
            return false;
        }
        final int length = tailer.read(bytes);
        final long read = tailer.index();
        if (length == 0 || CycleFiles.cycleOf(read) != cycle) {
            return false;
        }
        if (!document.wrap(bytes, 0, length)) {
            // The first read may have overlapped with its writing.
            final int again = tailer.moveTo(read) ? tailer.read(bytes) : 0;
            if (!document.wrap(bytes, 0, again)) {
                return true;
            }
        }
        writer.add(document, (int) read);
        return true;
    }

    private void finish(boolean last) {
        if (done) {
            return;
        }
        done = true;
        try {
            if (writer.finish(last) && TraceIndexMerge.merge(temporary, scratch)) {
                Files.move(temporary, index, StandardCopyOption.ATOMIC_MOVE);
                successful = true;
            }
        } catch (IOException e) {
            // As for any other failure: the old index stays, if there is one.
        }
    }

    /** After the end: whether the index has been replaced. */
    public boolean isSuccessful() {
        return successful;
    }

    /** Ends the rebuild if it has not ended yet. */
    @Override
    public void close() {
        done = true;
        if (tailer != null) {
            tailer.close();
            tailer = null;
        }
        writer.close();
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // The next rebuild deletes it.
        }
    }
}
