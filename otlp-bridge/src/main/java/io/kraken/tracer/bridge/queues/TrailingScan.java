package io.kraken.tracer.bridge.queues;

import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A scan for documents that readers have not reached: after a zeroed region a queue seems to end. The scan does not
 * depend on the queue's file format: a document begins with a magic number of eight bytes, and once it is complete the
 * word in front of it is its length. Documents that were never completed, because the process died or the disk was
 * full, are not counted: their spans have not been counted as queued either.
 */
final class TrailingScan {

    private static final int PIECE = 1 << 20;

    /** Length of the word in front of a document and of the document's header up to its length field. */
    private static final int BEGIN_LENGTH = 20;

    private static final int MAGIC_OFFSET = 4;
    private static final int LENGTH_OFFSET = 16;

    private TrailingScan() {}

    /** A lower bound of the unread documents in the last file of a queue. */
    static long unread(HostQueue queue) throws IOException {
        final int[] cycles = CycleFiles.cycles(queue.directory());
        final int last = cycles[cycles.length - 1];
        return Math.max(0, begins(CycleFiles.file(queue.directory(), last)) - queue.documentsOf(last));
    }

    private static boolean isBegin(ByteBuffer piece, int at) {
        final int length = piece.getInt(at);
        return piece.getLong(at + MAGIC_OFFSET) == BatchLayout.MAGIC
                && length > 0
                && length == piece.getInt(at + LENGTH_OFFSET);
    }

    private static long begins(Path file) throws IOException {
        final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE).order(ByteOrder.LITTLE_ENDIAN);
        long found = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            // The payload of a document is aligned to four bytes.
            while (channel.read(piece) >= 0) {
                piece.flip();
                while (piece.remaining() >= BEGIN_LENGTH) {
                    found += isBegin(piece, piece.position()) ? 1 : 0;
                    piece.position(piece.position() + Integer.BYTES);
                }
                piece.compact();
            }
        }
        return found;
    }
}
