package io.kraken.tracer.ring;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Compresses a buffer into another one as one gzip member; allocates nothing, which {@code GZIPOutputStream} can't be
 * made to do.
 */
public final class Gzip implements AutoCloseable {

    private static final int HEADER_LENGTH = 10;
    private static final int TRAILER_LENGTH = 2 * Integer.BYTES;
    /** Magic number, deflate, no flags; then no time, no hint, unknown system. */
    private static final long HEADER = 0x0000_0000_0008_8B1FL;

    private static final short HEADER_END = (short) 0xFF00;

    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    private final CRC32 crc = new CRC32();

    /** A buffer that takes so many bytes even if they can't be compressed. */
    public static ByteBuffer newBuffer(int length) {
        final int stored = length + (length >>> 3) + 256; // a literal takes 9 bits at the most, whichever zlib it is
        return ByteBuffer.allocateDirect(HEADER_LENGTH + stored + TRAILER_LENGTH)
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Leaves the compressed bytes between position and limit of {@code out}; {@code in} stays as it is. */
    public void compress(ByteBuffer in, ByteBuffer out) {
        out.clear().putLong(HEADER).putShort(HEADER_END);
        crc.reset();
        crc.update(in.duplicate());
        deflater.reset();
        deflater.setInput(in.duplicate());
        deflater.finish();
        while (!deflater.finished()) {
            if (deflater.deflate(out) == 0 && out.remaining() < TRAILER_LENGTH) {
                throw new IllegalStateException("compressed bytes need more room than deflate ever needs");
            }
        }
        out.putInt((int) crc.getValue()).putInt(in.remaining()).flip();
    }

    @Override
    public void close() {
        deflater.end();
    }
}
