package io.kraken.tracer.bridge.ship;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.kraken.tracer.bridge.queues.HostQueue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** Position files, for tests that look at them from outside. */
public final class PositionFiles {

    static final int SLOT = 64;
    static final long FIRST_MAGIC = 0x534F_504E_4B52_4B31L;

    private static final int SUM_OFFSET = 56;

    private PositionFiles() {}

    public static void write(Path path, long index, long batch) throws IOException {
        for (HostQueue.Stream stream : HostQueue.Stream.values()) {
            try (PositionFile file = PositionFile.open(path, stream)) {
                file.advance(index, batch, 1);
            }
        }
    }

    /** Writes a position as the first version did; its file has one slot, the second. */
    public static void writeFirstVersion(Path path, long index, long batch) throws IOException {
        Files.write(path, secondSlot(FIRST_MAGIC, 1, index, batch));
    }

    static byte[] secondSlot(long magic, long generation, long index, long batch) {
        final ByteBuffer slots = ByteBuffer.allocate(2 * SLOT).order(ByteOrder.LITTLE_ENDIAN);
        slots.putLong(SLOT, magic).putLong(SLOT + 8, generation).putLong(SLOT + 16, index);
        slots.putLong(SLOT + 24, batch).putLong(SLOT + 32, 64);
        final CRC32C checksum = new CRC32C();
        checksum.update(slots.array(), SLOT, SUM_OFFSET);
        return slots.putLong(SLOT + SUM_OFFSET, checksum.getValue()).array();
    }

    public static boolean isPresent(Path path) throws IOException {
        try (PositionFile file = PositionFile.open(path, HostQueue.Stream.SAMPLED)) {
            return file.isPresent();
        }
    }

    /** The index of a file that must not be damaged. */
    public static long index(Path path) throws IOException {
        try (PositionFile file = PositionFile.open(path, HostQueue.Stream.SAMPLED)) {
            assertFalse(file.isDamaged());
            return file.index();
        }
    }
}
