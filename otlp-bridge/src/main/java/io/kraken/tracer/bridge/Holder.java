package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Says that a bridge holds a root of queues, and which one, until it is closed or its process ends. */
final class Holder implements AutoCloseable {

    private static final String FILE_NAME = "lock";
    private static final int MOST_BYTES = 256;

    /**
     * Files that this process holds, by their real paths: opening one a second time and closing it again would give up
     * the lock.
     */
    private static final Map<Path, String> OWN = new ConcurrentHashMap<>();

    private final Path file;
    private final FileChannel channel;

    private Holder(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** @throws IOException that says who holds it, when somebody else does */
    static Holder take(Path directory) throws IOException {
        final String self = "process " + ProcessHandle.current().pid() + ", since "
                + Instant.now().truncatedTo(ChronoUnit.SECONDS);
        final Path file = directory.toRealPath().resolve(FILE_NAME);
        final String earlier = OWN.putIfAbsent(file, self);
        if (earlier != null) {
            throw refusal(file, earlier);
        }
        try {
            return new Holder(file, lock(file, self));
        } catch (IOException | RuntimeException e) {
            OWN.remove(file);
            throw e;
        }
    }

    private static FileChannel lock(Path file, String self) throws IOException {
        final FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                OwnerOnly.file());
        try {
            if (channel.tryLock() == null) {
                throw refusal(file, read(channel));
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(self.getBytes(StandardCharsets.UTF_8)), 0);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static IOException refusal(Path file, String holder) {
        return new IOException("another bridge ships the queues in "
                + file.getParent().getParent() + ": " + holder
                + "; stop that one first, or give this one other queues");
    }

    private static String read(FileChannel channel) throws IOException {
        final ByteBuffer text = ByteBuffer.allocate(MOST_BYTES);
        channel.read(text, 0);
        final String holder = StandardCharsets.UTF_8.decode(text.flip()).toString();
        return holder.isBlank() ? "it has not said which" : holder.replaceAll("\\p{Cntrl}", "?");
    }

    @Override
    public void close() throws IOException {
        OWN.remove(file);
        channel.close();
    }
}
