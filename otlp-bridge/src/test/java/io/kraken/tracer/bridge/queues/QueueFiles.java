package io.kraken.tracer.bridge.queues;

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

/** Helpers that inspect and damage queue files. */
public final class QueueFiles {

    public static final String METADATA = "metadata.cq4t";

    /** The part of a file that documents of tests can reach. */
    static final int USED_BYTES = 1 << 17;

    private static final int LENGTH_OFFSET = 12;

    private QueueFiles() {}

    public static byte[] used(Path file) throws IOException {
        final byte[] bytes = new byte[(int) Math.min(USED_BYTES, Files.size(file))];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            final ByteBuffer into = ByteBuffer.wrap(bytes);
            while (into.hasRemaining() && channel.read(into) >= 0) {
                // reads until the buffer is full
            }
        }
        return bytes;
    }

    /** The offsets of the documents of a file. */
    public static List<Integer> documents(byte[] used) {
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

    /** The end of the document at an offset. */
    public static int end(byte[] used, int begin) {
        return begin + ByteBuffer.wrap(used).order(ByteOrder.LITTLE_ENDIAN).getInt(begin + LENGTH_OFFSET);
    }

    static void write(Path file, long at, byte... bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), at);
        }
    }

    /** Writes an impossible length into the queue's own word in front of a document. */
    static void breakLength(Path file, int number) throws IOException {
        write(file, document(file, number) - Integer.BYTES, (byte) 0, (byte) 0, (byte) 0, (byte) 0x3f);
    }

    /** Changes a byte of the document. */
    static void corrupt(Path file, int number) throws IOException {
        write(file, document(file, number) + BatchLayout.HEADER_LENGTH, (byte) 0xa5);
    }

    /** Zeroes the file from this document on. */
    static void zeroFrom(Path file, int number) throws IOException {
        final int at = document(file, number) - Integer.BYTES;
        write(file, at, new byte[USED_BYTES - at]);
    }

    /** Zeroes one document, including the queue's own word in front of it. */
    static void zero(Path file, int number) throws IOException {
        final byte[] used = used(file);
        final int begin = documents(used).get(number);
        write(file, begin - Integer.BYTES, new byte[end(used, begin) - begin + Integer.BYTES]);
    }
}
