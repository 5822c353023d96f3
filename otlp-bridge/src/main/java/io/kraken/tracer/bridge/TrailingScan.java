package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Looks for documents that no reader has come to: behind a region that was zeroed a queue simply seems to end. Without
 * knowing how the queue's files are made: a document begins with eight bytes that hardly anything else has, and once
 * it is complete the word in front of it is its length. One that was never completed, because its process died or the
 * disk was full, is nobody's loss here: its spans have not counted as queued.
 */
final class TrailingScan {

    private static final int PIECE = 1 << 20;

    /** The word in front, and a document up to its length. */
    private static final int BEGIN_LENGTH = 20;

    private static final int MAGIC_OFFSET = 4;
    private static final int LENGTH_OFFSET = 16;

    private TrailingScan() {}

    /** Documents in the last cycle of a queue beyond those that were read, at the least. */
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
