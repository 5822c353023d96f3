package io.kraken.tracer.bridge.queues;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** A file lock that gives one bridge exclusive use of a queue root, until it is closed or its process ends. */
public final class BridgeLock implements AutoCloseable {

    private static final String FILE_NAME = "lock";
    private static final int MOST_BYTES = 256;

    /**
     * The locks of this process, by the real path of their file. POSIX releases a process's lock when any of its
     * descriptors of the file is closed, so a locked file must not be opened a second time.
     */
    private static final Map<Path, BridgeLock> OWN = new HashMap<>();

    private final Path file;
    private final FileChannel channel;

    private BridgeLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** @throws IOException when another bridge holds the lock; the message names its process */
    public static BridgeLock take(Path directory) throws IOException {
        final Path file = directory.toRealPath().resolve(FILE_NAME);
        synchronized (OWN) {
            final BridgeLock earlier = OWN.get(file);
            if (earlier != null) {
                throw refusal(file, read(earlier.channel));
            }
            final BridgeLock lock = new BridgeLock(file, lock(file));
            OWN.put(file, lock);
            return lock;
        }
    }

    private static FileChannel lock(Path file) throws IOException {
        final FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                OwnerOnly.file());
        try {
            if (channel.tryLock() == null) {
                throw refusal(file, read(channel));
            }
            final String self = "process " + ProcessHandle.current().pid() + ", since "
                    + Instant.now().truncatedTo(ChronoUnit.SECONDS);
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(self.getBytes(StandardCharsets.UTF_8)), 0);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static IOException refusal(Path file, String holder) {
        return new IOException("another bridge is shipping the queues in "
                + file.getParent().getParent() + ": " + holder
                + "; stop it first, or set 'queues' to another directory");
    }

    private static String read(FileChannel channel) throws IOException {
        final ByteBuffer text = ByteBuffer.allocate(MOST_BYTES);
        channel.read(text, 0);
        final String holder = StandardCharsets.UTF_8.decode(text.flip()).toString();
        return holder.isBlank() ? "unknown" : holder.replaceAll("\\p{Cntrl}", "?");
    }

    @Override
    public void close() throws IOException {
        synchronized (OWN) {
            OWN.remove(file, this);
            channel.close();
        }
    }
}
