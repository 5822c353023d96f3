package io.kraken.tracer.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;

/**
 * The check whether the process that writes a span file is alive. Assumes that the header was written by {@link
 * SpanFile}. Guarantees that a process that runs on this machine is never taken for dead, even if it is stopped, and
 * whichever process opens its span file; and that a dead one is recognised at once on its machine, and elsewhere ten
 * minutes after its last sign of life.
 *
 * <p>The proof of life is a lock on an empty file beside the span file, which the kernel releases when the process
 * ends. It also releases it when the same process closes any other descriptor of that file. So only this class opens
 * the file, and not if the identity in the header is that of its own process, which needs no proof. In addition, if the
 * process id is valid in this namespace, the process is looked up, so that one that has lost its lock is still
 * recognised.
 *
 * <p>Other machines that share the directory may not see the lock, and a free lock proves nothing if an identity is
 * incomplete. Then the last sign of life decides, by the wall clock.
 */
final class Liveness {

    /** The suffix of the locked file, in place of {@link SpanFile#SUFFIX}. */
    static final String SUFFIX = ".alive";

    /** Without other evidence, a process counts as dead when its last sign of life is older than this. */
    static final Duration MAX_SILENCE = Duration.ofMinutes(10);

    private static final int HEADER_LENGTH = 256;

    private enum Lock {
        HELD,
        FREE,
        UNKNOWN
    }

    private Liveness() {}

    static Path lockFile(Path spanFile) {
        final String name = spanFile.getFileName().toString();
        final String stem =
                name.endsWith(SpanFile.SUFFIX) ? name.substring(0, name.length() - SpanFile.SUFFIX.length()) : name;
        return spanFile.resolveSibling(stem + SUFFIX);
    }

    /** Creates and locks the file beside a span file that is about to be created. The channel stays open with it. */
    static FileChannel hold(Path spanFile) throws IOException {
        final Path file = lockFile(spanFile);
        final FileChannel channel = FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OwnerOnly.file());
        try {
            channel.lock();
            return channel;
        } catch (IOException | RuntimeException | Error e) {
            release(spanFile, channel);
            throw e;
        }
    }

    static void release(Path spanFile, FileChannel channel) throws IOException {
        try (channel) {
            Files.deleteIfExists(lockFile(spanFile));
        }
    }

    /** Reads the header to decide; a file that can't be read counts as alive and is not deleted. */
    static boolean isAlive(Path spanFile, long nowMs) {
        if (!Files.isRegularFile(spanFile, LinkOption.NOFOLLOW_LINKS)) { // opening another kind may block
            return Files.exists(spanFile, LinkOption.NOFOLLOW_LINKS);
        }
        final ByteBuffer header = ByteBuffer.allocate(HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel =
                FileChannel.open(spanFile, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            channel.read(header, 0);
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            return Files.exists(spanFile, LinkOption.NOFOLLOW_LINKS);
        }
        return isAlive(spanFile, header, nowMs);
    }

    /** @param header filled with zeros if the file is shorter */
    static boolean isAlive(Path spanFile, ByteBuffer header, long nowMs) {
        if (header.getLong(SpanFileLayout.MAGIC_OFFSET) != SpanFileLayout.MAGIC) {
            return isRecent(lastModifiedMs(spanFile), nowMs); // possibly being created
        }
        if (Mem.getIntAcquire(header, SpanFileLayout.CLOSED_OFFSET) != 0) {
            return false;
        }
        final ProcessIdentity own = ProcessIdentity.own();
        final ProcessIdentity writer = ProcessIdentity.read(header);
        Lock lock = Lock.UNKNOWN;
        if (own.isComplete() && writer.isComplete()) {
            if (writer.isSameAs(own) || writer.isSeenRunning()) {
                return true;
            }
            lock = lockState(lockFile(spanFile));
        }
        return switch (lock) {
            case HELD -> true;
            case FREE -> !writer.isOfSameKernel(own) && hasGivenSign(spanFile, header, nowMs);
            case UNKNOWN -> hasGivenSign(spanFile, header, nowMs);
        };
    }

    /** Synchronised: the JVM does not let two threads request the same lock. */
    private static synchronized Lock lockState(Path file) {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Lock.UNKNOWN;
        }
        // A shared lock: two processes that check at the same time do not take each other for the owner.
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
                FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
            return lock == null ? Lock.HELD : Lock.FREE;
        } catch (OverlappingFileLockException e) { // held by this process, through another class loader
            return Lock.HELD;
        } catch (IOException e) {
            return Lock.UNKNOWN;
        }
    }

    private static boolean hasGivenSign(Path spanFile, ByteBuffer header, long nowMs) {
        return isRecent(Mem.getLongAcquire(header, SpanFileLayout.LAST_SIGN_EPOCH_OFFSET), nowMs)
                || isRecent(lastModifiedMs(spanFile), nowMs);
    }

    /** Whether a time is near now; one far in the future is no sign of life either. */
    static boolean isRecent(long epochMs, long nowMs) {
        return epochMs > nowMs - MAX_SILENCE.toMillis() && epochMs < nowMs + MAX_SILENCE.toMillis();
    }

    /** 0 if the file does not exist. */
    static long lastModifiedMs(Path file) {
        try {
            return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis();
        } catch (IOException e) {
            return 0;
        }
    }
}
