package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;

/**
 * Program that appends and reads like a service and the bridge in one process; a missing flag is reported as a line of
 * text.
 */
final class RoundTripMain {

    static final int DOCUMENTS = 1000;

    private RoundTripMain() {}

    public static void main(String[] args) throws IOException {
        final var incarnation = new QueueDescriptor.Incarnation(1, 2);
        final var descriptor =
                new QueueDescriptor("service", "host", ProcessHandle.current().pid(), 1, incarnation, Map.of());
        try (QueueDirectory directory = QueueDirectory.create(Path.of(args[0]), descriptor)) {
            appendAndRead(directory.path());
        }
    }

    private static void appendAndRead(Path directory) {
        int right = 0;
        try (QueueAppender appender = Queues.append(directory, 20);
                QueueTailer tailer = Queues.read(directory)) {
            for (int i = 1; i <= DOCUMENTS; i++) {
                Documents.append(appender, i);
            }
            final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
            while (Documents.read(tailer, into) == right + 1) {
                right++;
            }
            System.out.print("read " + right); // allow:console output
        } catch (QueueException e) {
            System.out.print(e.getMessage()); // allow:console output
        }
    }
}
