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
 * knowing much of how the queue's files are made: a document begins with eight bytes that hardly anything else has. The
 * one at which a process was when it was killed is none: it was never said to be in the queue.
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
        int before = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            // The payload of a document is aligned to four bytes.
            while (channel.read(piece) >= 0) {
                piece.flip();
                while (piece.remaining() >= Long.BYTES) {
                    final boolean begins = piece.getLong(piece.position()) == BatchLayout.MAGIC;
                    found += begins && CycleFiles.isPublished(before) ? 1 : 0;
                    before = piece.getInt();
                }
                piece.compact();
            }
        }
        return found;
    }
}
