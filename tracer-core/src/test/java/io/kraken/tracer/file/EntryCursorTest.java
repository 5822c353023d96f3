package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cursor trusts no bytes and stays inside its bounds. */
class EntryCursorTest {

    private static final int FROM = 13;

    private final ByteBuffer buffer = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    private final EntryCursor cursor = new EntryCursor();
    private int end = FROM;

    private void tag(int type, int symbol) {
        buffer.putInt(end, symbol << 8 | type);
        end += 4;
    }

    private void word(int value) {
        buffer.putInt(end, value);
        end += 4;
    }

    @Test
    void emptyRangeHasNoEntry() {
        assertFalse(cursor.wrap(buffer, FROM, FROM).next());
        assertFalse(cursor.malformed());
    }

    @Test
    void readsCompleteEntries() {
        tag(EntryLayout.TRUE, 7);
        tag(EntryLayout.STRING, EntryLayout.INLINE_SYMBOL);
        word(3);
        end += 3;
        word(2);
        end += 2;
        cursor.wrap(buffer, FROM, end);
        assertTrue(cursor.next());
        assertEquals(7, cursor.symbol());
        assertTrue(cursor.next());
        assertEquals(3, cursor.keyLength());
        assertEquals(2, cursor.valueLength());
        assertEquals(end, cursor.endOffset());
        assertFalse(cursor.next());
        assertFalse(cursor.malformed());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 5, 0x7FFF_FFF0})
    void impossibleLengthIsMalformed(int length) {
        tag(EntryLayout.STRING, 1);
        word(length);
        end += 4;
        assertMalformed();
        end = FROM;
        tag(EntryLayout.LONG, EntryLayout.INLINE_SYMBOL);
        word(length);
        end += 4;
        assertMalformed();
    }

    private void assertMalformed() {
        cursor.wrap(buffer, FROM, end);
        assertFalse(cursor.next());
        assertTrue(cursor.malformed());
        assertFalse(cursor.next(), "no entry follows");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 15, 22, 255})
    void unknownTypeIsMalformed(int type) {
        tag(type, 1);
        word(0);
        end += 64;
        assertMalformed();
    }

    @ParameterizedTest
    @ValueSource(ints = {EntryLayout.EVENT, EntryLayout.THROWN, EntryLayout.LINK})
    void eventOrLinkWithoutHeadIsMalformed(int type) {
        tag(type, 1);
        word(11);
        end += 11;
        assertMalformed();
    }

    @Test
    void traceStateIsAllowedInLinksOnly() {
        tag(EntryLayout.TRACE_STATE, EntryLayout.NO_SYMBOL);
        word(3);
        end += 3;
        tag(EntryLayout.TRACE_STATE, 1);
        word(3);
        end += 3;
        tag(EntryLayout.LINK, EntryLayout.NO_SYMBOL);
        word(EntryLayout.LINK_HEAD_LENGTH);
        end += EntryLayout.LINK_HEAD_LENGTH;
        tag(EntryLayout.TRUE, 1);
        cursor.wrap(buffer, FROM, end).next();
        assertTrue(cursor.isSoundIn(EntryLayout.LINK));
        assertFalse(cursor.isSoundIn(EntryLayout.EVENT) || cursor.isSoundIn(EntryLayout.THROWN));
        cursor.next();
        assertFalse(cursor.isSoundIn(EntryLayout.LINK), "it has no key");
        cursor.next();
        assertFalse(cursor.isSoundIn(EntryLayout.LINK), "links do not nest");
        cursor.next();
        assertTrue(cursor.isSoundIn(EntryLayout.LINK) && cursor.isSoundIn(EntryLayout.EVENT));
    }

    @Test
    void truncatedEntryIsMalformed() {
        tag(EntryLayout.DOUBLE, EntryLayout.INLINE_SYMBOL);
        word(4);
        end += 4 + 8;
        final int whole = end;
        for (end = FROM + 1; end < whole; end++) {
            assertMalformed();
        }
        assertTrue(cursor.wrap(buffer, FROM, whole).next());
    }

    @Test
    void randomBytesAreReadWithinBounds() {
        final Random random = new Random(1);
        for (int i = 0; i < 200_000; i++) {
            final int length = random.nextInt(100);
            for (int at = FROM; at < FROM + length; at++) {
                buffer.put(at, (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(25)));
            }
            cursor.wrap(buffer, FROM, FROM + length);
            int last = FROM;
            while (cursor.next()) {
                assertTrue(cursor.offset() == last && cursor.endOffset() > last, "entries follow each other");
                assertTrue(cursor.valueOffset() >= cursor.offset() + 4 && cursor.valueLength() >= 0);
                assertTrue(cursor.endOffset() <= FROM + length);
                last = cursor.endOffset();
            }
            assertEquals(last != FROM + length, cursor.malformed());
        }
    }
}
