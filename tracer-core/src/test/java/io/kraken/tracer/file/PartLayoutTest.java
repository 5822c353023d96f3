package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** A record that becomes a part of a span, and was a part before. */
class PartLayoutTest {

    private static final int HEAD = 7;
    private static final long HEAD_WORD = RecordLayout.opened(3 * RecordLayout.LEASE, 0, RecordLayout.OPEN);

    private final Memory memory = Memory.of(ByteBuffer.allocateDirect(512).order(ByteOrder.LITTLE_ENDIAN));
    private final long base = memory.address(256);

    @Test
    void interruptedWritingLeavesNoPart() {
        RecordLayout.beginPart(memory, base, RecordLayout.LEASE, 1, HEAD, HEAD_WORD);
        assertTrue(RecordLayout.isPart(memory, base, 1, HEAD, HEAD_WORD));
        final long before = RecordLayout.commitWord(memory, base);
        RecordLayout.clearState(memory, base); // the fields say what they will say again, the part is not begun
        assertFalse(RecordLayout.isPart(memory, base, 1, HEAD, HEAD_WORD));
        assertEquals(RecordLayout.lease(before), RecordLayout.lease(RecordLayout.commitWord(memory, base)));
        RecordLayout.beginPart(memory, base, 2 * RecordLayout.LEASE, 1, HEAD, HEAD_WORD);
        assertTrue(RecordLayout.isPart(memory, base, 1, HEAD, HEAD_WORD));
    }
}
