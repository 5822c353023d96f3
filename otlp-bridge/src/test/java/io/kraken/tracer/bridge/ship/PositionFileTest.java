package io.kraken.tracer.bridge.ship;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.queues.HostQueue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PositionFileTest {

    private static final int SLOT = PositionFiles.SLOT;
    private static final long FIRST_MAGIC = PositionFiles.FIRST_MAGIC;

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("position");
    }

    private void advanceTo(long... indexes) throws IOException {
        try (PositionFile position = PositionFile.open(file, HostQueue.Stream.KEPT)) {
            for (long index : indexes) {
                position.advance(index, index / 10, 64);
            }
        }
    }

    private String read() throws IOException {
        try (PositionFile position = PositionFile.open(file, HostQueue.Stream.KEPT)) {
            return position.isPresent()
                    ? position.index() + " " + position.batch() + " " + position.spans()
                    : position.isDamaged() ? "damaged" : "none";
        }
    }

    @Test
    void createsAFileWithoutPositionForTheOwnerOnly() throws IOException {
        assertEquals("none", read());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void restoresTheLastPositionWhenReopened() throws IOException {
        advanceTo(10, 20, 30);
        assertEquals("30 3 192", read());
        advanceTo(40);
        assertEquals("40 4 256", read());
        assertEquals(2 * SLOT, Files.size(file));
    }

    @Test
    void neverMovesThePositionBack() throws IOException {
        advanceTo(30, 20, 30);
        assertEquals("30 3 64", read());
    }

    @Test
    void usesThePreviousSlotIfOneIsDamaged() throws IOException {
        advanceTo(10, 20, 30);
        final byte[] whole = Files.readAllBytes(file);
        for (int at = SLOT; at < 2 * SLOT; at++) { // the third generation is in the second slot
            final byte[] damaged = whole.clone();
            damaged[at] ^= 1;
            Files.write(file, damaged);
            assertEquals("20 2 128", read(), "byte " + at);
        }
    }

    @Test
    void usesCompleteSlotsOfATruncatedFile() throws IOException {
        advanceTo(10, 20);
        final byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            assertEquals(length == 0 ? "none" : length < SLOT ? "damaged" : "20 2 128", read(), length + " bytes");
        }
    }

    /** Writes a second slot with a right checksum, and nothing into the first. */
    private void writeSlot(long magic, long generation, long index) throws IOException {
        Files.write(file, PositionFiles.secondSlot(magic, generation, index, 3));
    }

    @Test
    void convertsAPositionOfTheFirstVersion() throws IOException {
        final long formerCycle = 6_000_048; // 1,800,014,400 s since 1970
        final long cycle = 360_002_880;
        writeSlot(FIRST_MAGIC, 1, formerCycle << 32 | 0xffff_fffeL);
        assertEquals((cycle << 32 | 0xffff_fffeL) + " 3 64", read());
        advanceTo(cycle << 32 | 0xffff_fffdL, cycle << 32 | 0xffff_ffffL);
        assertEquals((cycle << 32 | 0xffff_ffffL) + " " + (cycle << 32 | 0xffff_ffffL) / 10 + " 128", read());
        final ByteBuffer slots = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(FIRST_MAGIC + 1, slots.getLong(0));
        assertEquals(FIRST_MAGIC, slots.getLong(SLOT), "the other slot is of the first version");
    }

    @Test
    void rejectsAnImpossiblePositionOfTheFirstVersion() throws IOException {
        for (long index : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, (Integer.MAX_VALUE / 60 + 1L) << 32}) {
            writeSlot(FIRST_MAGIC, 1, index);
            assertEquals("damaged", read(), () -> Long.toHexString(index));
        }
    }

    /** A valid slot, except for its generation, which has no successor. */
    @Test
    void rejectsASlotWithTheLastGeneration() throws IOException {
        writeSlot(FIRST_MAGIC + 1, Long.MAX_VALUE, 99);
        try (PositionFile position = PositionFile.open(file, HostQueue.Stream.KEPT)) {
            assertTrue(position.isDamaged());
        }
        advanceTo(7);
        try (PositionFile position = PositionFile.open(file, HostQueue.Stream.KEPT)) {
            assertEquals(7, position.index());
        }
    }

    @Test
    void detectsAndOverwritesGarbage() throws IOException {
        final Random random = new Random(3);
        for (int round = 0; round < 200; round++) {
            final byte[] junk = new byte[random.nextInt(300) + 1];
            random.nextBytes(junk);
            Files.write(file, junk);
            try (PositionFile position = PositionFile.open(file, HostQueue.Stream.KEPT)) {
                assertTrue(position.isDamaged());
                assertFalse(position.isPresent());
                position.advance(70, 7, 1);
            }
            assertEquals("70 7 1", read());
        }
    }
}
