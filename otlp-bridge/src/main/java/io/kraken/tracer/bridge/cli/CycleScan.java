package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Finds documents in a file of a queue by how they begin, without asking the queue: also those that its readers do not
 * reach because what stands before them is damaged. Reused; one thread.
 */
final class CycleScan {

    /** Takes each whole document, checksum and all. */
    interface Visitor {
        void document(BatchReader document);
    }

    private static final int STEP = Integer.BYTES;

    private final ByteBuffer window =
            ByteBuffer.allocateDirect(4 * BatchLayout.MAX_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private final BatchReader document = new BatchReader();

    void scan(Path file, Visitor visitor) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            long position = 0;
            boolean last = false;
            while (!last) {
                last = !fill(channel, position);
                position += look(last, visitor);
            }
        }
    }

    /** False when the file ends in the window. */
    private boolean fill(FileChannel channel, long position) throws IOException {
        window.clear();
        while (window.hasRemaining()) {
            if (channel.read(window, position + window.position()) < 0) {
                window.flip();
                return false;
            }
        }
        window.flip();
        return true;
    }

    /** Returns the bytes that need not be looked at again: a document that might go on behind the window is left. */
    private int look(boolean last, Visitor visitor) {
        final int end = last ? window.limit() - Long.BYTES : window.limit() - BatchLayout.MAX_LENGTH;
        int at = 0;
        while (at <= end) {
            if (window.getLong(at) == BatchLayout.MAGIC && document.wrap(window, at, window.limit() - at)) {
                visitor.document(document);
                at += document.length(); // a span may well carry something that looks like a document
            } else {
                at += STEP;
            }
        }
        return at;
    }
}
