package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;

/** Says that a bridge holds a root of queues, and which one, until it is closed or its process ends. */
final class Holder implements AutoCloseable {

    private static final String FILE_NAME = "lock";
    private static final int MOST_BYTES = 256;

    private final FileChannel channel;

    private Holder(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws IOException that says who holds it, when somebody else does */
    static Holder take(Path directory) throws IOException {
        final FileChannel channel = FileChannel.open(
                directory.resolve(FILE_NAME),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                OwnerOnly.file());
        try {
            if (!lock(channel)) {
                throw new IOException("another bridge ships the queues in " + directory.getParent() + ": "
                        + read(channel) + "; stop that one first, or give this one other queues");
            }
            final String self = "process " + ProcessHandle.current().pid() + ", since "
                    + Instant.now().truncatedTo(ChronoUnit.SECONDS);
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(self.getBytes(StandardCharsets.UTF_8)), 0);
            return new Holder(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            final FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // by this very process
        }
    }

    private static String read(FileChannel channel) throws IOException {
        final ByteBuffer text = ByteBuffer.allocate(MOST_BYTES);
        channel.read(text, 0);
        final String holder = StandardCharsets.UTF_8.decode(text.flip()).toString();
        return holder.isBlank() ? "it has not said which" : holder.replaceAll("\\p{Cntrl}", "?");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
