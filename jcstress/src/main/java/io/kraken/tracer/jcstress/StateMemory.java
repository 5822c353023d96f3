package io.kraken.tracer.jcstress;

import io.kraken.tracer.file.Mem;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Allocator of zeroed off-heap memory for the states of a test, of which some ten thousand exist at a time. Pieces are
 * cut from larger blocks, since one allocation each would take longer than the test.
 */
public final class StateMemory {

    private static final int BLOCK = 1 << 20;

    private static ByteBuffer block = ByteBuffer.allocateDirect(0);

    private StateMemory() {}

    /** A piece aligned to a cache line that shares none with others. */
    public static synchronized ByteBuffer zeroed(int length) {
        final int aligned = Mem.align(length, Mem.CACHE_LINE);
        if (block.remaining() < aligned) {
            block = ByteBuffer.allocateDirect(BLOCK + Mem.CACHE_LINE).alignedSlice(Mem.CACHE_LINE);
        }
        final ByteBuffer piece = block.slice(block.position(), aligned).order(ByteOrder.LITTLE_ENDIAN);
        block.position(block.position() + aligned);
        return piece;
    }
}
