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

/** The directories of all processes of a host, as seen by a reader of their queues. May be used by any thread. */
public final class QueueRoot {

    /** Age after which an unfinished directory will not be completed any more. */
    private static final Duration UNFINISHED_FOR = Duration.ofMinutes(1);

    /**
     * Real paths of this process's directories: opening one of their lock files again and closing it would release the
     * lock.
     */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private QueueRoot() {}

    static void own(Path directory) {
        OWN.add(directory);
    }

    static void disown(Path directory) {
        OWN.remove(directory);
    }

    /** All directories, oldest start first; none when the root does not exist. */
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
     * Whether the process that owns this directory is running, which means that it holds the lock. False without a lock
     * file; true when it can't be determined, so that nothing is deleted by mistake.
     */
    public static boolean isAlive(Path directory) {
        final Path file = directory.resolve(QueueDirectory.LOCK_NAME);
        if (isOwn(directory)) {
            return true;
        }
        // A shared lock, so that two processes that check at the same time do not take each other for the owner.
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
        if (OWN.isEmpty()) {
            return false;
        }
        try {
            return OWN.contains(directory.toRealPath());
        } catch (IOException e) {
            return OWN.contains(directory);
        }
    }

    /** Deletes incomplete directories of processes that died while they created them; returns their number. */
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

    /** Deletes the directory of a queue, which contains no directories; the lock file is deleted last. */
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
