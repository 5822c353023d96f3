package io.kraken.tracer.file;

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
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The clean-up of span files that dead processes left in a directory. Files without spans are deleted; of the others
 * the newest are kept for recovery. Nothing is mapped: a mapping would keep the memory of a deleted file until the
 * garbage collector unmaps it.
 *
 * @param deleted number of deleted span files
 * @param kept number of span files kept for recovery
 * @param keptBytes the size of these
 */
public record DeadFiles(int deleted, int kept, long keptBytes) {

    /** @param keep the number of files, the newest ones, that are kept */
    public static DeadFiles delete(Path directory, int keep) throws IOException {
        return delete(directory, keep, System.currentTimeMillis());
    }

    static DeadFiles delete(Path directory, int keep, long nowMs) throws IOException {
        final List<Path> dead = new ArrayList<>();
        int deleted = 0;
        for (Path file : list(directory, SpanFile.SUFFIX)) {
            if (!Liveness.isAlive(file, nowMs)) {
                if (holdsSpans(file)) {
                    dead.add(file);
                } else {
                    deleted += delete(file);
                }
            }
        }
        dead.sort(Comparator.comparing(Liveness::lastModifiedMs).reversed());
        for (Path file : dead.subList(Math.min(keep, dead.size()), dead.size())) {
            deleted += delete(file);
        }
        deleteLocksAlone(directory, nowMs);
        final int kept = Math.min(keep, dead.size());
        long keptBytes = 0;
        for (Path file : dead.subList(0, kept)) {
            keptBytes += size(file);
        }
        return new DeadFiles(deleted, kept, keptBytes);
    }

    private static List<Path> list(Path directory, String suffix) throws IOException {
        final List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + suffix)) {
            for (Path file : files) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) { // opening another kind may block
                    found.add(file);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    /** The lock file is deleted last: without it, a span file would be kept for longer. */
    private static int delete(Path spanFile) throws IOException {
        final int deleted = Files.deleteIfExists(spanFile) ? 1 : 0;
        Files.deleteIfExists(Liveness.lockFile(spanFile));
        return deleted;
    }

    /** Deletes lock files without a span file, unless recent ones: those may belong to a file that is being created. */
    private static void deleteLocksAlone(Path directory, long nowMs) throws IOException {
        for (Path lock : list(directory, Liveness.SUFFIX)) {
            final String name = lock.getFileName().toString();
            final String stem = name.substring(0, name.length() - Liveness.SUFFIX.length());
            if (!Files.exists(lock.resolveSibling(stem + SpanFile.SUFFIX), LinkOption.NOFOLLOW_LINKS)
                    && !Liveness.isRecent(Liveness.lastModifiedMs(lock), nowMs)) {
                Files.deleteIfExists(lock);
            }
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    /**
     * Whether there may be spans to recover, ended or open. True if the file can't be read; false if its process died
     * before it had begun the file.
     */
    private static boolean holdsSpans(Path file) {
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            final ByteBuffer header = read(channel, 0, buffer(Mem.PAGE));
            final int version = header.getInt(SpanFileLayout.VERSION_OFFSET);
            if (channel.size() == 0
                    || version == 0 && header.getLong(SpanFileLayout.MAGIC_OFFSET) == SpanFileLayout.MAGIC) {
                return false;
            }
            if (version != SpanFileLayout.VERSION) {
                return true;
            }
            final SpanFileLayout layout = SpanFileLayout.read(header);
            return layout.length() != channel.size() || holdsSpans(channel, layout);
        } catch (IOException | IllegalArgumentException e) {
            return true;
        }
    }

    private static boolean holdsSpans(FileChannel channel, SpanFileLayout layout) throws IOException {
        final SpanFileLayout.Shape shape = layout.shape();
        final ByteBuffer words = buffer(Long.BYTES);
        final ByteBuffer records = buffer(SpanFileLayout.CHUNK_RECORDS * shape.recordLength());
        for (int chunk = 0; chunk < shape.chunks(); chunk++) {
            final long taken = read(channel, layout.takenOffset(chunk), words).getLong(0);
            read(channel, layout.recordOffset(SpanFileLayout.firstOf(chunk)), records);
            for (int number = 0; number < SpanFileLayout.CHUNK_RECORDS; number++) {
                final long word = RecordLayout.commitWord(records, number * shape.recordLength());
                final int state = RecordLayout.state(word);
                if ((state == RecordLayout.OPEN || state == RecordLayout.DONE)
                        && RecordLayout.isUntaken(word, taken, number)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static ByteBuffer buffer(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Fills the buffer from this offset, up to the end of the file. */
    private static ByteBuffer read(FileChannel channel, long offset, ByteBuffer into) throws IOException {
        into.clear();
        int read = 0;
        while (into.hasRemaining() && read >= 0) {
            read = channel.read(into, offset + into.position());
        }
        return into;
    }
}
