package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.BatchLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Looks into the files of queues, and spoils them. */
final class QueueFiles {

    static final String METADATA = "metadata.cq4t";

    /** No document has got further in the files of tests. */
    static final int USED_BYTES = 1 << 17;

    private static final int LENGTH_OFFSET = 12;

    private QueueFiles() {}

    static byte[] used(Path file) throws IOException {
        final byte[] bytes = new byte[(int) Math.min(USED_BYTES, Files.size(file))];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            final ByteBuffer into = ByteBuffer.wrap(bytes);
            while (into.hasRemaining() && channel.read(into) >= 0) {
                // until all is there
            }
        }
        return bytes;
    }

    /** Where the documents of a file begin. */
    static List<Integer> documents(byte[] used) {
        final ByteBuffer bytes = ByteBuffer.wrap(used).order(ByteOrder.LITTLE_ENDIAN);
        final List<Integer> found = new ArrayList<>();
        for (int at = 0; at + BatchLayout.HEADER_LENGTH <= used.length; at += Integer.BYTES) {
            if (bytes.getLong(at) == BatchLayout.MAGIC) {
                found.add(at);
            }
        }
        return found;
    }

    static int document(Path file, int number) throws IOException {
        return documents(used(file)).get(number);
    }

    /** Where the document that begins there ends. */
    static int end(byte[] used, int begin) {
        return begin + ByteBuffer.wrap(used).order(ByteOrder.LITTLE_ENDIAN).getInt(begin + LENGTH_OFFSET);
    }

    static void write(Path file, long at, byte... bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), at);
        }
    }

    /** The queue's own word in front of a document says a length that can't be. */
    static void breakLength(Path file, int number) throws IOException {
        write(file, document(file, number) - Integer.BYTES, (byte) 0, (byte) 0, (byte) 0, (byte) 0x3f);
    }

    /** A byte of the document is another one. */
    static void spoil(Path file, int number) throws IOException {
        write(file, document(file, number) + BatchLayout.HEADER_LENGTH, (byte) 0xa5);
    }

    /** From this document on there is nothing but zeros. */
    static void zeroFrom(Path file, int number) throws IOException {
        final int at = document(file, number) - Integer.BYTES;
        write(file, at, new byte[USED_BYTES - at]);
    }

    /** One document, the queue's own word in front of it included. */
    static void zero(Path file, int number) throws IOException {
        final byte[] used = used(file);
        final int begin = documents(used).get(number);
        write(file, begin - Integer.BYTES, new byte[end(used, begin) - begin + Integer.BYTES]);
    }
}
