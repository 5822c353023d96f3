package io.kraken.tracer.bridge.demo;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file of messages with their lengths, which keeps what a receiver has received beyond its death. */
final class ReceivedLog implements AutoCloseable {

    private final FileChannel channel;
    private long messages;

    ReceivedLog(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Appends a message, which survives the death of the process once this returns. */
    synchronized void append(byte[] message) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES + message.length);
        bytes.putInt(message.length).put(message).flip();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        messages++;
    }

    synchronized long messages() {
        return messages;
    }

    /** Passes on all complete messages: an incomplete last one has not been acknowledged. */
    static void read(Path file, SpanReceiver.Taker taker) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            while (true) {
                final byte[] message = new byte[in.readInt()];
                in.readFully(message);
                taker.take(message);
            }
        } catch (EOFException e) {
            return;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
