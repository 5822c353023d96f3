package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/** Program that appends until it is killed, and publishes in a mapped file how many of its appends have returned. */
final class AppendForeverMain {

    private AppendForeverMain() {}

    public static void main(String[] args) throws IOException {
        final var incarnation = new QueueDescriptor.Incarnation(3, 4);
        // The process id that every process of a container sees.
        final var descriptor = new QueueDescriptor("killed", "host", 1, 1_000_000_000, incarnation, Map.of());
        final Path progress = Path.of(args[1]);
        try (FileChannel channel = FileChannel.open(
                        progress, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                QueueDirectory directory = QueueDirectory.create(Path.of(args[0]), descriptor);
                QueueAppender appender = Queues.append(directory.path(), 20)) {
            final ByteBuffer done = channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
            final ByteBuffer bytes = ByteBuffer.allocateDirect(Documents.OVERHEAD + Documents.MOST + 3);
            for (int i = 1; ; i++) {
                Documents.append(appender, bytes, i);
                done.putInt(0, i);
            }
        }
    }
}
