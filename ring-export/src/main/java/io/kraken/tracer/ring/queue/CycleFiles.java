package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.IntArrayList;

/**
 * The files of a queue: one for each period of five minutes in which a document was appended, named after its start.
 * The upper half of an index is its cycle: the number of the period since 1970.
 */
public final class CycleFiles {

    static final String SUFFIX = ".cq4";

    private static final int CYCLE_SECONDS = (int) TimeUnit.MINUTES.toSeconds(5);
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("uuuuMMdd-HHmm'V'", Locale.ROOT);

    private CycleFiles() {}

    public static int cycleOf(long index) {
        return (int) (index >>> Integer.SIZE);
    }

    public static long firstIndex(int cycle) {
        return (long) cycle << Integer.SIZE;
    }

    public static Path file(Path directory, int cycle) {
        final LocalDateTime begin = LocalDateTime.ofEpochSecond((long) cycle * CYCLE_SECONDS, 0, ZoneOffset.UTC);
        return directory.resolve(NAME.format(begin) + SUFFIX);
    }

    /** The cycles that have a file, oldest first; files with other names are ignored. */
    public static int[] cycles(Path directory) throws IOException {
        final IntArrayList found = new IntArrayList();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path file : files) {
                final int cycle = cycleOf(file);
                if (cycle >= 0 && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    found.addInt(cycle);
                }
            }
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        final int[] cycles = found.toIntArray();
        Arrays.sort(cycles);
        return cycles;
    }

    /** Deletes the file of a cycle that is no longer needed; false when it does not exist. */
    public static boolean delete(Path directory, int cycle) throws IOException {
        return delete(file(directory, cycle));
    }

    /**
     * Truncates the file before deleting it: a mapping that was lost when a disk was full would otherwise keep the
     * space until its process ends.
     */
    static boolean delete(Path file) throws IOException {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                channel.truncate(0);
            } catch (NoSuchFileException e) {
                return false;
            }
        }
        return Files.deleteIfExists(file);
    }

    /** Moves to the first later cycle that has a document; damaged cycles are skipped. */
    static boolean skip(Path directory, int before, QueueTailer tailer) throws QueueException {
        QueueException damage = null;
        final int[] cycles;
        try {
            cycles = cycles(directory);
        } catch (IOException e) {
            throw new QueueException("Listing " + directory + " failed: " + e, e);
        }
        for (int later : cycles) {
            try {
                if (later > before && tailer.moveToCycle(later)) {
                    return true;
                }
            } catch (QueueException e) {
                damage = e;
            }
        }
        if (damage != null) {
            throw damage;
        }
        return false;
    }

    private static int cycleOf(Path file) {
        final String name = file.getFileName().toString();
        try {
            final long begin = LocalDateTime.parse(name.substring(0, name.length() - SUFFIX.length()), NAME)
                    .toEpochSecond(ZoneOffset.UTC);
            final long cycle = begin / CYCLE_SECONDS;
            return begin % CYCLE_SECONDS == 0 && cycle <= Integer.MAX_VALUE ? (int) cycle : -1;
        } catch (DateTimeException e) {
            return -1;
        }
    }
}
