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
 * knowing how the queue's files are made: a document begins with eight bytes that hardly anything else has.
 */
final class LastCycle {

    private static final int PIECE = 1 << 20;

    private LastCycle() {}

    /** Documents in the last cycle of a queue beyond those that were read, at the least. */
    static long unread(HostQueue queue) throws IOException {
        final int[] cycles = CycleFiles.cycles(queue.directory());
        final int last = cycles[cycles.length - 1];
        return Math.max(0, begins(CycleFiles.file(queue.directory(), last)) - queue.documentsOf(last));
    }

    private static long begins(Path file) throws IOException {
        final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE).order(ByteOrder.LITTLE_ENDIAN);
        long found = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            // The payload of a document is aligned to four bytes.
            while (channel.read(piece) >= 0) {
                piece.flip();
                while (piece.remaining() >= Long.BYTES) {
                    found += piece.getLong(piece.position()) == BatchLayout.MAGIC ? 1 : 0;
                    piece.position(piece.position() + Integer.BYTES);
                }
                piece.compact();
            }
        }
        return found;
    }
}
