package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The directories of all processes of a host, as who reads their queues sees them. Any thread may ask. */
public final class QueueRoot {

    /** Older ones that have no name yet will not get one. */
    private static final Duration UNFINISHED_FOR = Duration.ofMinutes(1);

    /**
     * Directories of this process, by their real paths: opening a lock file a second time and closing it again would
     * give up the lock.
     */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private QueueRoot() {}

    static void own(Path directory) {
        OWN.add(directory);
    }

    static void disown(Path directory) {
        OWN.remove(directory);
    }

    /** Oldest start first; a root that is not there has none. */
    public static List<Path> list(Path root) throws IOException {
        final List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
            for (Path entry : entries) {
                final boolean hidden = entry.getFileName().toString().startsWith(".");
                if (!hidden && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    found.add(entry);
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(found);
        return found;
    }

    /**
     * Whether the process whose directory this is still runs: it holds the lock. Without a lock file there is nobody;
     * when it can't be told the answer is yes, so that nothing is deleted by mistake.
     */
    public static boolean isAlive(Path directory) {
        final Path file = directory.resolve(QueueDirectory.LOCK_NAME);
        if (isOwn(directory)) {
            return true;
        }
        // A shared lock: two that ask at the same time do not take each other for the owner.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
            return lock == null;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException | OverlappingFileLockException e) {
            return true;
        }
    }

    private static boolean isOwn(Path directory) {
        try {
            return OWN.contains(directory.toRealPath());
        } catch (IOException e) {
            return OWN.contains(directory);
        }
    }

    /** Deletes what processes left behind that died while they made their directory; returns how many. */
    public static int deleteUnfinished(Path root, Instant now) throws IOException {
        int deleted = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root, QueueDirectory.UNFINISHED + "*")) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS) && isOld(entry, now) && !isAlive(entry)) {
                    delete(entry);
                    deleted++;
                }
            }
        } catch (NoSuchFileException e) {
            return deleted;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return deleted;
    }

    private static boolean isOld(Path entry, Instant now) throws IOException {
        final FileTime changed = Files.getLastModifiedTime(entry, LinkOption.NOFOLLOW_LINKS);
        return changed.toInstant().plus(UNFINISHED_FOR).isBefore(now);
    }

    /** Deletes a directory of a queue, which has no directories in it; the lock goes last. */
    public static void delete(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (!file.getFileName().toString().equals(QueueDirectory.LOCK_NAME)) {
                    CycleFiles.delete(file);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Files.deleteIfExists(directory.resolve(QueueDirectory.LOCK_NAME));
        Files.deleteIfExists(directory);
    }
}
