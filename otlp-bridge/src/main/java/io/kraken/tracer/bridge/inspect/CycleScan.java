package io.kraken.tracer.bridge.inspect;

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
 * A scan of a queue file for documents by their magic number, without the queue's own index. It also finds documents
 * that readers cannot reach because the file is damaged in front of them. Reusable; single-threaded.
 */
public final class CycleScan {

    /** Receives each complete document whose checksum is right. */
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
                position += scanWindow(last, visitor);
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

    /** Returns how many bytes are done; a document that may continue beyond the window is left to the next call. */
    private int scanWindow(boolean last, Visitor visitor) {
        final int end = last ? window.limit() - Long.BYTES : window.limit() - BatchLayout.MAX_LENGTH;
        int at = STEP;
        while (at <= end) {
            if (isPublished(at)) {
                visitor.document(document);
                at += document.length(); // the data of a span may look like a document, so skip all of it
            } else {
                at += STEP;
            }
        }
        return at - STEP;
    }

    /** The word in front of a document holds its length once it is complete; its process may have died before that. */
    private boolean isPublished(int at) {
        return window.getLong(at) == BatchLayout.MAGIC
                && document.wrap(window, at, window.limit() - at)
                && window.getInt(at - STEP) == document.length();
    }
}
