package io.kraken.tracer.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/**
 * The writer's side of the control words of a running tracer: settings given by an operator or the bridge at run time.
 * Any number of threads and processes may write; they wait for each other, briefly. A writer that is killed in the
 * middle leaves the previous words in force and nothing locked.
 */
public final class ControlFile {

    /** The file that writers lock, beside the span files; nothing is written to it, and it is never deleted. */
    static final String LOCK_NAME = "control.lock";

    private static final long LOCK_TIMEOUT_NS = Duration.ofSeconds(2).toNanos();
    private static final long LOCK_RETRY_NS = Duration.ofMillis(1).toNanos();

    private final Path path;
    private final ByteBuffer file;
    private final SpanFileLayout layout;
    private final ControlSlots slots;

    /** @param file the span file, writable */
    ControlFile(Path path, ByteBuffer file) {
        this.path = path;
        this.file = file;
        layout = SpanFileReader.checkedLayout(file);
        slots = new ControlSlots(file, layout);
    }

    /** @throws IOException that names the file, if it is not a span file, is damaged, or its process has ended */
    public static ControlFile open(Path path) throws IOException {
        try {
            final ControlFile control = new ControlFile(path, SpanFileReader.map(path, FileChannel.MapMode.READ_WRITE));
            control.checkLiving();
            return control;
        } catch (IllegalArgumentException e) {
            throw new IOException(path + " is damaged: " + e.getMessage(), e);
        }
    }

    private void checkLiving() throws IOException {
        if (!Liveness.isAlive(path, file, System.currentTimeMillis())) {
            throw new IOException(path + ": the tracer is closed or its process has ended");
        }
    }

    /** The newest words of the author, in force or not yet. */
    public ControlWords read(ControlWords.Author author) {
        return slots.newest(author).words();
    }

    /**
     * Replaces all words of the author. Returns their generation.
     *
     * @throws IllegalArgumentException if the words do not fit
     * @throws IOException if the tracer has ended, or another writer holds the lock for too long
     */
    public long write(ControlWords.Author author, ControlWords words) throws IOException {
        return update(author, before -> words);
    }

    /** Changes the words of the author, under the lock. */
    public long update(ControlWords.Author author, UnaryOperator<ControlWords> change) throws IOException {
        synchronized (ControlFile.class) { // a file lock belongs to the process, not to the thread
            checkLiving();
            try (FileChannel channel = openLock();
                    FileLock lock = lock(channel)) {
                assert lock.isValid();
                return slots.write(author, change.apply(read(author)));
            }
        }
    }

    /** Withdraws all words of the author. */
    public long clear(ControlWords.Author author) throws IOException {
        return write(author, ControlWords.EMPTY);
    }

    /** Whether the tracer has applied the newest words of the author. */
    public boolean inForce(ControlWords.Author author) {
        return Mem.getLongAcquire(file, layout.appliedOffset(author))
                == slots.newest(author).generation();
    }

    /**
     * The bridge may run as another user than the service; the service's own user must be able to lock the file, too.
     */
    private FileChannel openLock() throws IOException {
        final Path lock = path.resolveSibling(LOCK_NAME);
        final FileChannel channel = FileChannel.open(
                lock,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                OwnerOnly.file());
        try {
            if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
                final UserPrincipal owner = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS);
                if (!owner.equals(Files.getOwner(lock, LinkOption.NOFOLLOW_LINKS))) {
                    Files.setOwner(lock, owner);
                }
            }
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private FileLock lock(FileChannel channel) throws IOException {
        final long deadline = System.nanoTime() + LOCK_TIMEOUT_NS;
        FileLock lock = channel.tryLock();
        while (lock == null) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(
                        path.resolveSibling(LOCK_NAME) + " has been locked by another process for too long");
            }
            LockSupport.parkNanos(LOCK_RETRY_NS);
            lock = channel.tryLock();
        }
        return lock;
    }
}
