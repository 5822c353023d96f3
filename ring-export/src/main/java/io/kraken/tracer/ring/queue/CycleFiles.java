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
import java.time.format.ResolverStyle;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.IntArrayList;

/**
 * The files of a queue: one for each period in which a document was appended, named after the start of the period. The
 * upper half of an index is the cycle of its file: the start of the period in units of five seconds since 1970,
 * whatever the length of the period; an int is enough until the year 2310. No other class derives a cycle from a name
 * or a time.
 *
 * <pre>
 *   uuuuMMdd-HHmmss.cq4    periods of a few seconds, see {@link #periodOf}
 *   uuuuMMdd-HHmmV.cq4     periods of five minutes, of earlier versions: still read, never written
 * </pre>
 */
public final class CycleFiles {

    static final String SUFFIX = ".cq4";

    /** Length of the unit of cycles, which every period is a multiple of. */
    public static final int UNIT_SECONDS = 5;

    static final long UNIT_MILLIS = TimeUnit.SECONDS.toMillis(UNIT_SECONDS);
    /** Pattern of the names of new files. */
    static final String PATTERN = "uuuuMMdd-HHmmss";

    /** Length of the periods of earlier versions, in units: these versions numbered the periods. */
    private static final int FORMER_UNITS = (int) TimeUnit.MINUTES.toSeconds(5) / UNIT_SECONDS;

    private static final DateTimeFormatter NAME = strict(PATTERN);
    private static final DateTimeFormatter FORMER_NAME = strict("uuuuMMdd-HHmm'V'");

    private CycleFiles() {}

    public static int cycleOf(long index) {
        return (int) (index >>> Integer.SIZE);
    }

    /** The time at which the file of a cycle begins, since the epoch. */
    public static long beginMillis(int cycle) {
        return cycle * UNIT_MILLIS;
    }

    public static long firstIndex(int cycle) {
        return (long) cycle << Integer.SIZE;
    }

    /** Whether this can be an index of an earlier version, whose cycle was the number of a period of five minutes. */
    public static boolean isFormerIndex(long index) {
        return index >= 0 && cycleOf(index) <= Integer.MAX_VALUE / FORMER_UNITS;
    }

    /** The index of the same document in this version. */
    public static long fromFormerIndex(long index) {
        return firstIndex(cycleOf(index) * FORMER_UNITS) | (int) index & 0xffff_ffffL;
    }

    /** A parser that accepts only what it would write: otherwise February 31 would be another name of February 28. */
    private static DateTimeFormatter strict(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withResolverStyle(ResolverStyle.STRICT);
    }

    /** The cycle of a file that begins at this time or up to one period, of this number of units, before it. */
    static int periodOf(long epochMs, int units) {
        final long now = epochMs / UNIT_MILLIS;
        return (int) (now - now % units);
    }

    /** The file of a cycle. Where none exists, its name is that of a new one. */
    public static Path file(Path directory, int cycle) {
        final LocalDateTime begin = LocalDateTime.ofEpochSecond((long) cycle * UNIT_SECONDS, 0, ZoneOffset.UTC);
        final Path file = directory.resolve(NAME.format(begin) + SUFFIX);
        if (cycle % FORMER_UNITS == 0 && !Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            final Path former = directory.resolve(FORMER_NAME.format(begin) + SUFFIX);
            return Files.exists(former, LinkOption.NOFOLLOW_LINKS) ? former : file;
        }
        return file;
    }

    /** The cycles that have a file, oldest first, each once; files with other names are ignored. */
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
        return found.intStream().sorted().distinct().toArray();
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

    /** The cycle of a file with this name; negative when it is not the name of one. */
    static int cycleOf(Path file) {
        final String name = file.getFileName().toString();
        if (!name.endsWith(SUFFIX)) {
            return -1;
        }
        final String begin = name.substring(0, name.length() - SUFFIX.length());
        final boolean former = begin.endsWith("V");
        try {
            final long seconds =
                    LocalDateTime.parse(begin, former ? FORMER_NAME : NAME).toEpochSecond(ZoneOffset.UTC);
            final int units = former ? FORMER_UNITS : 1;
            final long cycle = seconds / UNIT_SECONDS;
            return seconds % ((long) units * UNIT_SECONDS) == 0 && cycle <= Integer.MAX_VALUE ? (int) cycle : -1;
        } catch (DateTimeException e) {
            return -1;
        }
    }
}
