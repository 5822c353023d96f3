package io.kraken.tracer.bridge.log;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.agrona.collections.IntArrayList;
import org.agrona.collections.LongArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The names of the bridge's own files about the queues: a directory for each queue, in which each queue file has its
 * decisions and its trace index, and the late decisions. They are in the bridge's directory rather than beside the
 * queue files, which belong to the services.
 */
public final class HostLog {

    private static final Logger LOG = LoggerFactory.getLogger(HostLog.class);

    private static final String DECISIONS = ".decisions";
    private static final String INDEX = ".index";
    private static final String LATE = "late-";
    private static final int DIGITS = Integer.SIZE / 4;
    private static final int HEXADECIMAL = 16;

    /** Enough for the decisions about a hundred megabytes of queues and more. */
    private static final int SPARE_BYTES = 1 << 20;
    /** Free space that the spare is made from. */
    private static final long LEAST_FREE_BYTES = 16L * SPARE_BYTES;

    private final Path root;
    private final Path spare;

    /** @param own the bridge's own directory */
    public HostLog(Path own) throws IOException {
        root = OwnerOnly.makeDirectory(own.resolve("log"));
        spare = own.resolve("spare");
        keepSpare();
    }

    private HostLog(Path root, Path spare) {
        this.root = root;
        this.spare = spare;
    }

    /** The log as another process sees it: creates nothing, and must be used for reading only. */
    public static HostLog reader(Path own) {
        return new HostLog(own.resolve("log"), own.resolve("spare"));
    }

    /**
     * Reserves some space, so that the log can be written when the disk is full: without it nothing could be shipped,
     * and so nothing be deleted.
     */
    public void keepSpare() throws IOException {
        if (Files.exists(spare, LinkOption.NOFOLLOW_LINKS)
                || Files.getFileStore(root).getUsableSpace() < LEAST_FREE_BYTES) {
            return;
        }
        Files.createFile(spare, OwnerOnly.file());
        Files.write(spare, new byte[SPARE_BYTES]);
    }

    /** Releases the reserved space. */
    public void releaseSpare() {
        try {
            Files.deleteIfExists(spare);
        } catch (IOException e) {
            LOG.debug("{}: cannot delete it", spare, e);
        }
    }

    /** @param ids maximum number of ids in memory */
    public KeptTraceLog keptTraces(int ids) throws IOException {
        return new KeptTraceLog(root.getParent(), ids);
    }

    /** The directory of a queue's files, which may not exist. */
    public Path directory(String queue) {
        return root.resolve(queue);
    }

    /** The directory of a queue's files; created if necessary. */
    public Path makeDirectory(String queue) throws IOException {
        return OwnerOnly.makeDirectory(directory(queue));
    }

    /** The directories of all queues. */
    public Path root() {
        return root;
    }

    static Path decisions(Path directory, int cycle) {
        return directory.resolve(name(cycle) + DECISIONS);
    }

    /** The disk space of what is known of a queue file. */
    public long bytes(String queue, int cycle) {
        return decisions(directory(queue), cycle).toFile().length()
                + index(queue, cycle).toFile().length();
    }

    /** Opens the decisions of a queue file for writing. */
    public DecisionFile write(String queue, int cycle) throws IOException {
        return DecisionFile.write(decisions(directory(queue), cycle), cycle);
    }

    /** Opens the decisions of a queue file for reading; null when there are no valid ones. */
    public DecisionFile read(String queue, int cycle) throws IOException {
        return DecisionFile.read(decisions(directory(queue), cycle), cycle);
    }

    static Path late(Path directory, long part) {
        return directory.resolve(LATE + part);
    }

    /** The parts of the late decisions that exist, in order. */
    static long[] lateParts(Path directory) throws IOException {
        final LongArrayList found = new LongArrayList();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, LATE + "*")) {
            for (Path file : files) {
                final String number = file.getFileName().toString().substring(LATE.length());
                if (number.matches("0|[1-9][0-9]{0,17}")) {
                    found.addLong(Long.parseLong(number));
                }
            }
        } catch (NoSuchFileException e) {
            return new long[0];
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found.longStream().sorted().toArray();
    }

    /** The trace index of a queue file. */
    public Path index(String queue, int cycle) {
        return directory(queue).resolve(name(cycle) + INDEX);
    }

    private static String name(int cycle) {
        final String digits = Integer.toHexString(cycle);
        return "0".repeat(DIGITS - digits.length()) + digits;
    }

    /** The cycles with decisions, oldest first. */
    public static int[] cycles(Path directory) throws IOException {
        final IntArrayList found = new IntArrayList();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + DECISIONS)) {
            for (Path file : files) {
                final int cycle = cycle(file.getFileName().toString());
                if (cycle >= 0) {
                    found.addInt(cycle);
                }
            }
        } catch (NoSuchFileException e) {
            return new int[0];
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        final int[] cycles = found.toIntArray();
        Arrays.sort(cycles);
        return cycles;
    }

    /** The cycle in a file's name; negative when it is another file. */
    private static int cycle(String name) {
        if (name.length() != DIGITS + DECISIONS.length()) {
            return -1;
        }
        try {
            return Integer.parseInt(name.substring(0, DIGITS), HEXADECIMAL);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Deletes what is known of a queue file. */
    public void delete(String queue, int cycle) throws IOException {
        Files.deleteIfExists(decisions(directory(queue), cycle));
        Files.deleteIfExists(index(queue, cycle));
    }

    /** Deletes what is known of a queue. */
    public void delete(String queue) throws IOException {
        final Path directory = directory(queue);
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Files.deleteIfExists(directory);
    }
}
