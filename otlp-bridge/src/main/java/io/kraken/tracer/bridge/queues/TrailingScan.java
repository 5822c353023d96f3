package io.kraken.tracer.bridge.queues;

import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.DiskUse;
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
    /** Scanned after the last document that the file knows of: a dying process may have appended another one. */
    private static final int MARGIN = 1 << 16;

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

    /**
     * Where to stop: a queue file is preallocated, and almost all of it may be a hole. The file itself says where its
     * last document is; if that is not plausible, the whole file is scanned.
     */
    private static long end(Path file) {
        return new DiskUse().ofFile(file) + MARGIN;
    }

    private static long begins(Path file) throws IOException {
        final long end = end(file);
        final ByteBuffer piece =
                ByteBuffer.allocateDirect((int) Math.min(PIECE, end)).order(ByteOrder.LITTLE_ENDIAN);
        long found = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            // The payload of a document is aligned to four bytes.
            while (channel.position() < end && channel.read(piece) >= 0) {
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
