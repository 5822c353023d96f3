package io.kraken.tracer.bridge.log;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ids of the traces that are kept, in files beside the host's log, so that a restart forgets none. An id is written
 * when the trace is kept, before the document that caused it is entered into the log. Files are named by number; a new
 * one begins after {@link #MOST_ENTRIES}, and the oldest ones go when there are more than the set
 * in memory can hold.
 *
 * <pre>
 *  entry (32 bytes, little-endian)
 *    0  u64 trace id, high half     16  u64 time, epoch nanoseconds     28  u32 CRC32C of the 28 bytes before
 *    8  u64 trace id, low half      24  u32 reason: 1 error, 2 slow
 * </pre>
 *
 * Single-threaded.
 */
public final class KeptTraceLog implements AutoCloseable {

    /** Why a trace is kept; the numbers are part of the format. */
    public enum Reason {
        ERROR,
        SLOW;

        int number() {
            return ordinal() + 1;
        }
    }

    /** Receives the ids found at the start. */
    public interface Visitor {
        void kept(long traceIdHigh, long traceIdLow, long timeNs);
    }

    /** Maximum number of entries of a file. */
    static final int MOST_ENTRIES = 1 << 16;

    private static final Logger LOG = LoggerFactory.getLogger(KeptTraceLog.class);

    private static final String PREFIX = "kept-";
    /** A file with the time of the last look back and its complement. */
    private static final String MARK = "searched";

    private static final int MARK_LENGTH = 2 * Long.BYTES;
    private static final int LOW_OFFSET = Long.BYTES;
    private static final int TIME_OFFSET = LOW_OFFSET + Long.BYTES;
    private static final int REASON_OFFSET = TIME_OFFSET + Long.BYTES;
    private static final int CHECKSUM_OFFSET = REASON_OFFSET + Integer.BYTES;
    private static final int ENTRY_LENGTH = CHECKSUM_OFFSET + Integer.BYTES;

    private final Path directory;
    private final int mostFiles;
    private final CRC32C checksum = new CRC32C();
    private final ByteBuffer entry = ByteBuffer.allocateDirect(ENTRY_LENGTH).order(ByteOrder.LITTLE_ENDIAN);

    private long searchedUntilNs;
    private FileChannel file;
    private int entries;
    private long failures;

    /**
     * @param own the bridge's own directory
     * @param ids maximum number of ids in memory
     */
    public KeptTraceLog(Path own, int ids) throws IOException {
        directory = OwnerOnly.makeDirectory(own.resolve("kept"));
        mostFiles = 2 + ids / MOST_ENTRIES;
        readMark();
    }

    private void readMark() {
        try {
            final ByteBuffer mark = ByteBuffer.wrap(Files.readAllBytes(directory.resolve(MARK)));
            if (mark.remaining() == MARK_LENGTH && mark.getLong(Long.BYTES) == ~mark.getLong(0)) {
                searchedUntilNs = mark.getLong(0);
            }
        } catch (IOException e) {
            LOG.debug("no mark of the last look back: all ids are searched again", e);
        }
    }

    /** The early spans of traces that were kept before this time have been searched. */
    public long searchedUntilNs() {
        return searchedUntilNs;
    }

    /** Sets {@link #searchedUntilNs}, also for the next start. */
    public void searchedUntil(long timeNs) {
        searchedUntilNs = timeNs;
        try (FileChannel mark = FileChannel.open(
                directory.resolve(MARK),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                OwnerOnly.file())) {
            final ByteBuffer bytes = ByteBuffer.allocate(MARK_LENGTH);
            bytes.putLong(timeNs).putLong(~timeNs).flip();
            while (bytes.hasRemaining()) {
                mark.write(bytes, bytes.position());
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    /** Reads the ids kept at or after this time, oldest first. Invalid entries are skipped. */
    public void read(long sinceNs, Visitor visitor) throws IOException {
        final ByteBuffer all = ByteBuffer.allocate(MOST_ENTRIES * ENTRY_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        for (long number : numbers()) {
            read(path(number), all.clear());
            all.flip();
            for (int at = 0; at + ENTRY_LENGTH <= all.limit(); at += ENTRY_LENGTH) {
                if (all.getInt(at + CHECKSUM_OFFSET) == sum(all, at) && all.getLong(at + TIME_OFFSET) >= sinceNs) {
                    visitor.kept(all.getLong(at), all.getLong(at + LOW_OFFSET), all.getLong(at + TIME_OFFSET));
                }
            }
        }
    }

    private static void read(Path from, ByteBuffer into) throws IOException {
        try (FileChannel channel = FileChannel.open(from, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            while (into.hasRemaining() && channel.read(into) >= 0) {
                // until the buffer is full or the file ends
            }
        }
    }

    private int sum(ByteBuffer buffer, int at) {
        checksum.reset();
        checksum.update(buffer.duplicate().limit(at + CHECKSUM_OFFSET).position(at));
        return (int) checksum.getValue();
    }

    /** Adds an id. A failure is counted, and logged once in a row: the id is then known until the next restart only. */
    public void add(long traceIdHigh, long traceIdLow, Reason reason, long timeNs) {
        entry.clear();
        entry.putLong(0, traceIdHigh).putLong(LOW_OFFSET, traceIdLow).putLong(TIME_OFFSET, timeNs);
        entry.putInt(REASON_OFFSET, reason.number()).putInt(CHECKSUM_OFFSET, sum(entry, 0));
        try {
            if (file == null || entries == MOST_ENTRIES) {
                begin();
            }
            long at = (long) entries * ENTRY_LENGTH;
            while (entry.hasRemaining()) {
                at += file.write(entry, at);
            }
            entries++;
        } catch (IOException e) {
            failed(e);
        }
    }

    private void begin() throws IOException {
        final boolean isFirst = file == null;
        close();
        final List<Long> numbers = numbers();
        if (isFirst && resume(numbers)) {
            return;
        }
        for (int i = 0; i + mostFiles <= numbers.size(); i++) {
            Files.deleteIfExists(path(numbers.get(i)));
        }
        final long next = numbers.isEmpty() ? 1 : numbers.get(numbers.size() - 1) + 1;
        file = FileChannel.open(
                path(next), Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OwnerOnly.file());
        entries = 0;
    }

    /** Continues the newest file; false if there is none, or it is full. */
    private boolean resume(List<Long> numbers) throws IOException {
        if (numbers.isEmpty()) {
            return false;
        }
        final FileChannel last = FileChannel.open(
                path(numbers.get(numbers.size() - 1)), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        entries = (int) Math.min(MOST_ENTRIES, last.size() / ENTRY_LENGTH);
        if (entries == MOST_ENTRIES) {
            last.close();
            return false;
        }
        file = last;
        return true;
    }

    private void failed(IOException e) {
        if (failures++ == 0) {
            LOG.warn("{}: cannot write ids of kept traces; a restart forgets them: {}", directory, e.toString());
        }
    }

    private Path path(long number) {
        return directory.resolve(PREFIX + number);
    }

    private List<Long> numbers() throws IOException {
        final List<Long> numbers = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, PREFIX + "*")) {
            for (Path found : files) {
                final String number = found.getFileName().toString().substring(PREFIX.length());
                if (number.matches("[1-9][0-9]{0,17}")) {
                    numbers.add(Long.parseLong(number));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(numbers);
        return numbers;
    }

    /** The number of ids that could not be written. */
    public long failures() {
        return failures;
    }

    @Override
    public void close() {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                LOG.debug("{}: cannot close the file of kept traces, whose entries are written", directory, e);
            }
            file = null;
        }
    }
}
