package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReclaimableBytesTest {

    private static final int SLOT = 64;

    @TempDir
    Path root;

    private Path file;

    @BeforeEach
    void name() {
        file = root.resolve(".bridge").resolve("reclaimable");
    }

    private void write(long... values) throws IOException {
        try (ReclaimableBytes reclaimable = ReclaimableBytes.open(root)) {
            for (long value : values) {
                reclaimable.write(value, 1_800_014_400_000L);
                assertEquals(value, ReclaimableBytes.read(root));
            }
        }
    }

    @Test
    void readsTheLastStatement() throws IOException {
        assertEquals(0, ReclaimableBytes.read(root));
        write(5, Long.MAX_VALUE, 0, 7);
        write(8, 3);
        assertEquals(3, ReclaimableBytes.read(root));
        assertEquals(2 * SLOT, Files.size(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        try (ReclaimableBytes reclaimable = ReclaimableBytes.open(root)) {
            assertThrows(IllegalArgumentException.class, () -> reclaimable.write(-1, 0));
        }
        assertEquals(3, ReclaimableBytes.read(root));
    }

    @Test
    void readsThePreviousStatementIfTheLastIsDamaged() throws IOException {
        write(1, 2, 3); // the third is in the second slot
        final byte[] whole = Files.readAllBytes(file);
        for (int at = SLOT; at < 2 * SLOT; at++) {
            final byte[] damaged = whole.clone();
            damaged[at] ^= 1;
            Files.write(file, damaged);
            assertEquals(2, ReclaimableBytes.read(root), "byte " + at);
        }
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertEquals(length < SLOT ? 0 : 2, ReclaimableBytes.read(root), length + " bytes");
        }
        write(9);
    }

    @Test
    void takesGarbageForNothing() throws IOException {
        final Random random = new Random(3);
        Files.createDirectory(file.getParent());
        for (int round = 0; round < 200; round++) {
            final byte[] junk = new byte[random.nextInt(300) + 1];
            random.nextBytes(junk);
            Files.write(file, junk);
            assertEquals(0, ReclaimableBytes.read(root));
        }
        write(9);
    }

    @Test
    void rejectsSlotsThatAreNeverWritten() throws IOException {
        write(1);
        for (long[] values : new long[][] {{1, 1, -5}, {2, 1, 5}, {1, Long.MAX_VALUE, 5}, {1, -1, 5}, {1, 2, 5}}) {
            final ByteBuffer slots = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            slots.putLong(SLOT + 8, values[0]).putLong(SLOT + 16, values[1]).putLong(SLOT + 24, values[2]);
            final CRC32C checksum = new CRC32C();
            checksum.update(slots.array(), SLOT, 56);
            slots.putLong(SLOT + 56, checksum.getValue());
            final Path other =
                    Files.createDirectories(root.resolve("other/.bridge")).resolve("reclaimable");
            Files.write(other, slots.array());
            assertEquals(0, ReclaimableBytes.read(root.resolve("other")), () -> Arrays.toString(values));
        }
    }

    @Test
    void doesNotFollowALink() throws IOException {
        write(5);
        final Path linked = Files.createDirectory(root.resolve("linked"));
        Files.createDirectory(linked.resolve(".bridge"));
        Files.createSymbolicLink(linked.resolve(".bridge").resolve("reclaimable"), file);
        assertEquals(0, ReclaimableBytes.read(linked));
        assertThrows(IOException.class, () -> ReclaimableBytes.open(linked));
        assertTrue(Files.exists(file));
    }
}
