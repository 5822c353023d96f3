package io.kraken.tracer.ring.otlp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Compressor of one buffer into another as a single gzip member. It allocates nothing, which {@code GZIPOutputStream}
 * can't avoid.
 */
public final class Gzip implements AutoCloseable {

    private static final int HEADER_LENGTH = 10;
    private static final int TRAILER_LENGTH = 2 * Integer.BYTES;
    /** Magic number, deflate, no flags, no modification time, no hint, unknown operating system. */
    private static final long HEADER = 0x0000_0000_0008_8B1FL;

    private static final short HEADER_END = (short) 0xFF00;

    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    private final CRC32 crc = new CRC32();

    /** A buffer large enough for the result of compressing {@code length} bytes, even if they are incompressible. */
    public static ByteBuffer newBuffer(int length) {
        // a literal takes at most 9 bits, in every zlib implementation
        final int stored = length + (length >>> 3) + 256;
        return ByteBuffer.allocateDirect(HEADER_LENGTH + stored + TRAILER_LENGTH)
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Writes the compressed bytes between position and limit of {@code out}; {@code in} is not changed. */
    public void compress(ByteBuffer in, ByteBuffer out) {
        out.clear().putLong(HEADER).putShort(HEADER_END);
        crc.reset();
        crc.update(in.duplicate());
        deflater.reset();
        deflater.setInput(in.duplicate());
        deflater.finish();
        while (!deflater.finished()) {
            if (deflater.deflate(out) == 0 && out.remaining() < TRAILER_LENGTH) {
                throw new IllegalStateException("the output buffer is too small for the compressed bytes");
            }
        }
        out.putInt((int) crc.getValue()).putInt(in.remaining()).flip();
    }

    @Override
    public void close() {
        deflater.end();
    }
}
