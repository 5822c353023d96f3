package io.kraken.tracer.ring.queue;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The directory of one process below the root of all queues of a host. It contains the lock that the process holds
 * while it lives, its descriptor, and the queue's files, whose own permissions would let others read them if the
 * directory did not prevent it. The directory is filled under a temporary name and then renamed, so that no reader sees
 * it half complete. Every start of a process gets a new one, even if a container assigns the same process id again.
 */
public final class QueueDirectory implements AutoCloseable {

    static final String LOCK_NAME = "lock";
    /** Prefix of the name while the directory is being filled. */
    static final String UNFINISHED = ".new-";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final int ATTEMPTS = 8;

    private final Path path;
    private final FileChannel lock;

    private QueueDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Root directory of the queues: the value of the setting, or below the user's state directory for {@code auto}. */
    public static Path root(String setting) {
        return root(setting, System.getenv("XDG_STATE_HOME"), System.getProperty("user.home"));
    }

    static Path root(String setting, String stateHome, String userHome) {
        if (!setting.isBlank() && !setting.strip().equals("auto")) {
            return Path.of(setting.strip()).toAbsolutePath();
        }
        // The XDG specification requires relative paths to be ignored.
        final Path state = stateHome != null && Path.of(stateHome).isAbsolute()
                ? Path.of(stateHome)
                : Path.of(userHome, ".local", "state");
        return state.resolve("kraken-tracer").resolve("queues");
    }

    /**
     * Creates a new directory; a process may create several, one after the other, when a queue fails.
     *
     * @throws IOException when it can't be created; nothing is left behind
     */
    public static QueueDirectory create(Path root, QueueDescriptor descriptor) throws IOException {
        OwnerOnly.makeDirectory(root);
        final String begin =
                TIME.format(Instant.ofEpochSecond(0, descriptor.startedNs())) + "-" + descriptor.pid() + "-";
        for (int i = 1; ; i++) {
            final String name = begin
                    + String.format(
                            Locale.ROOT, "%016x", ThreadLocalRandom.current().nextLong());
            try {
                return create(root.toRealPath(), name, descriptor);
            } catch (FileAlreadyExistsException e) {
                if (i == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static QueueDirectory create(Path root, String name, QueueDescriptor descriptor) throws IOException {
        final Path path = root.resolve(name);
        if (Files.exists(path)) {
            throw new FileAlreadyExistsException(path.toString());
        }
        final Path unfinished = Files.createDirectory(root.resolve(UNFINISHED + name), OwnerOnly.directory());
        FileChannel lock = null;
        try {
            lock = FileChannel.open(
                    unfinished.resolve(LOCK_NAME),
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    OwnerOnly.file());
            if (lock.tryLock() == null) {
                throw new IOException(unfinished + " is locked by another process");
            }
            descriptor.write(unfinished);
            QueueRoot.own(path);
            Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
            return new QueueDirectory(path, lock);
        } catch (IOException | RuntimeException | Error e) {
            QueueRoot.disown(path);
            if (lock != null) {
                lock.close();
            }
            QueueRoot.delete(unfinished);
            throw e;
        }
    }

    public Path path() {
        return path;
    }

    /**
     * Releases the lock: from now on the directory counts as that of a dead process, which others may read and delete.
     */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            // The lock is released when the process ends.
        }
        QueueRoot.disown(path);
    }
}
