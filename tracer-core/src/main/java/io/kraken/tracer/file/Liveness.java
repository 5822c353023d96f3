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
 * The proof that the process that writes a span file lives; the only one that there is. Assumes that the header was
 * written by {@link SpanFile}. Guarantees that a process that runs is never taken for dead on the machine it runs on,
 * stopped or not, whoever opens its span file; and that one that has died is taken for dead at once there, and
 * elsewhere ten minutes after its last sign of life.
 *
 * <p>The proof is a lock on an empty file beside the span file. The kernel releases it with the process. It also
 * releases it when the same process closes another descriptor of that file. So nothing but this class opens it, and not
 * when the identity in the header is that of this process: that it lives needs no proof. The identity is found by the
 * processes' numbers too, where these mean the same, so that one whose lock was lost is still seen.
 *
 * <p>Other machines that share the directory may not see the lock, nor does a free lock mean anything where an identity
 * is incomplete. Then the last sign of life decides, by the wall clock.
 */
final class Liveness {

    /** What the name of the locked file ends with, instead of {@link SpanFile#SUFFIX}. */
    static final String SUFFIX = ".alive";

    /** Where nothing else proves anything: so long after its last sign of life a process counts as dead. */
    static final Duration SILENCE = Duration.ofMinutes(10);

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

    /** Creates and locks the file beside a span file that does not exist yet. The channel stays open with the file. */
    static FileChannel hold(Path spanFile) throws IOException {
        final Path file = lockFile(spanFile);
        final FileChannel channel = FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), SpanFile.ownerOnly("rw-------"));
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

    /** Reads the header for it; a file that can't be read is nobody's to delete. */
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

    /** @param header all zeros as far as there is none */
    static boolean isAlive(Path spanFile, ByteBuffer header, long nowMs) {
        if (header.getLong(SpanFileLayout.MAGIC_OFFSET) != SpanFileLayout.MAGIC) {
            return isRecent(lastModifiedMs(spanFile), nowMs); // being created, perhaps
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
            lock = look(lockFile(spanFile));
        }
        return switch (lock) {
            case HELD -> true;
            case FREE -> !writer.isOfSameKernel(own) && hasGivenSign(spanFile, header, nowMs);
            case UNKNOWN -> hasGivenSign(spanFile, header, nowMs);
        };
    }

    /** One at a time: this JVM does not let two threads ask for the same lock. */
    private static synchronized Lock look(Path file) {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Lock.UNKNOWN;
        }
        // A shared lock: two processes that ask at the same time do not take each other for the owner.
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
                FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
            return lock == null ? Lock.HELD : Lock.FREE;
        } catch (OverlappingFileLockException e) { // this process has it, by another class loader's copy of this class
            return Lock.HELD;
        } catch (IOException e) {
            return Lock.UNKNOWN;
        }
    }

    private static boolean hasGivenSign(Path spanFile, ByteBuffer header, long nowMs) {
        return isRecent(Mem.getLongAcquire(header, SpanFileLayout.LAST_SIGN_EPOCH_OFFSET), nowMs)
                || isRecent(lastModifiedMs(spanFile), nowMs);
    }

    /** What is far in the future is no sign of life either. */
    static boolean isRecent(long epochMs, long nowMs) {
        return epochMs > nowMs - SILENCE.toMillis() && epochMs < nowMs + SILENCE.toMillis();
    }

    /** 0 when the file is gone. */
    static long lastModifiedMs(Path file) {
        try {
            return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis();
        } catch (IOException e) {
            return 0;
        }
    }
}
