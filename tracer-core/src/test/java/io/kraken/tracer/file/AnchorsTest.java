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

/** Lines of a counter that jumps, and tables damaged by other writers. */
class AnchorsTest {

    private static final long EPOCH = 1_700_000_000_000_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final long HOUR = 3_600 * SECOND;

    private final ByteBuffer table =
            ByteBuffer.allocateDirect(SpanFileLayout.ANCHORS_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private final Anchors writer = new Anchors(table, 0);
    private final Anchors reader = new Anchors(table, 0);

    @Test
    void convertsTicksOfALaterLineFromTheSharedMoment() {
        final int anchor = writer.add(HOUR, EPOCH, 1);
        writer.beginLine(HOUR + 5 * SECOND, 20 * HOUR, 0.5);
        final int next = writer.add(20 * HOUR, EPOCH + HOUR, 0.5);
        assertTrue(reader.load(anchor));
        assertEquals(EPOCH + 4 * SECOND, reader.toEpochNs(HOUR + 4 * SECOND));
        assertEquals(EPOCH + 5 * SECOND, reader.toEpochNs(20 * HOUR));
        assertEquals(EPOCH + 6 * SECOND, reader.toEpochNs(20 * HOUR + 2 * SECOND));
        assertTrue(reader.load(next));
        assertEquals(EPOCH + HOUR + SECOND, reader.toEpochNs(20 * HOUR + 2 * SECOND));
        assertEquals(1, reader.lines());
    }

    @Test
    void ticksBeforeTheAnchorBelongToTheNextLineAfterAJumpBack() {
        final int anchor = writer.add(HOUR, EPOCH, 1);
        assertTrue(reader.load(anchor));
        assertEquals(EPOCH - HOUR / 2, reader.toEpochNs(HOUR / 2), "while it is the only one");
        writer.beginLine(HOUR + 5 * SECOND, HOUR / 2, 2);
        assertTrue(reader.load(anchor));
        assertEquals(EPOCH + 9 * SECOND, reader.toEpochNs(HOUR / 2 + 2 * SECOND));
        assertEquals(EPOCH - SECOND / 2, reader.toEpochNs(HOUR - SECOND / 2), "its thread was interrupted");
        assertEquals(
                EPOCH + 5 * SECOND + 2 * HOUR,
                reader.toEpochNs(HOUR / 2 + HOUR),
                "the counter has reached that value again");
    }

    @Test
    void usesTheLinesThatAreStillInTheRing() {
        final int anchor = writer.add(0, EPOCH, 1);
        for (int line = 1; line <= 3 * SpanFileLayout.LINES; line++) {
            writer.beginLine((2L * line - 1) * HOUR, 2L * line * HOUR, 1);
            assertEquals(line, reader.lines());
            final int first = writer.add(2L * line * HOUR, EPOCH + line * SECOND, 1);
            assertTrue(reader.load(first));
            assertEquals(EPOCH + line * SECOND + 7, reader.toEpochNs(2L * line * HOUR + 7));
            assertTrue(reader.load(anchor));
            if (line <= SpanFileLayout.LINES) {
                assertEquals(EPOCH + line * HOUR + 7, reader.toEpochNs(2L * line * HOUR + 7));
            }
        }
    }

    /** Random bytes; a reader in another process may find them at any time. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void damagedTableNeverThrows(long seed) {
        final Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            if (round % 100 == 0) {
                table.putInt(0, -1); // so that half of the following entries look valid
                final Anchors again = new Anchors(table, 0);
                for (int i = 0; i < 1 + random.nextInt(40); i++) {
                    again.add(random.nextLong(), random.nextLong(), Double.longBitsToDouble(random.nextLong()));
                    again.beginLine(random.nextLong(), random.nextLong(), random.nextDouble());
                }
            }
            final int at = random.nextInt(table.capacity() / Long.BYTES) * Long.BYTES;
            table.putLong(
                    random.nextInt(4) == 0 ? 0 : at, random.nextInt(3) == 0 ? random.nextInt(64) : random.nextLong());
            reader.load(random.nextInt(4) == 0 ? random.nextInt(1 << 16) : random.nextInt(64));
            for (int i = 0; i < 8; i++) {
                final long time = reader.toEpochNs(random.nextInt(4) == 0 ? random.nextLong() : random.nextInt());
                assertTrue(time >= 0 || time == Anchors.NO_TIME, () -> "time " + time);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 1e300})
    void ignoresEntryWithImpossibleRate(double rate) {
        final int anchor = writer.add(HOUR, EPOCH, 1);
        writer.beginLine(2 * HOUR, 3 * HOUR, rate);
        final int bad = writer.add(3 * HOUR, EPOCH, rate);
        assertTrue(reader.load(anchor));
        assertEquals(EPOCH + 2 * HOUR, reader.toEpochNs(3 * HOUR));
        assertFalse(reader.load(bad));
        assertEquals(EPOCH + 2 * HOUR, reader.toEpochNs(3 * HOUR), "by the oldest one left");
    }

    @Test
    void sumsSaturate() {
        assertTrue(reader.load(writer.add(1 - Long.MAX_VALUE, EPOCH, 1e6)));
        assertEquals(Long.MAX_VALUE, reader.toEpochNs(Long.MAX_VALUE));
        assertTrue(reader.load(writer.add(Long.MAX_VALUE, EPOCH, 1e6)));
        assertEquals(0, reader.toEpochNs(Long.MIN_VALUE));
    }
}
