package io.kraken.tracer.bridge.ship;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.queues.HostQueue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** A position file with valid magic number and checksum: advancing the position must always work. */
public final class FuzzPosition {
    private static final Path FILE = newFile();
    private static final int SLOT = 64;
    private static final int CHECKED = 56;

    private FuzzPosition() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + SLOT <= Math.min(data.length, 2 * SLOT); at += SLOT) {
            if (data[at] != 0) {
                final CRC32C checksum = new CRC32C();
                bytes.putLong(at, 0x534F_504E_4B52_4B31L + (data[at] & 1)); // of the first version, or the current
                checksum.update(data, at, CHECKED);
                bytes.putLong(at + CHECKED, checksum.getValue());
            }
        }
        Files.write(FILE, data);
        final long index;
        try (PositionFile position = PositionFile.open(FILE, HostQueue.Stream.KEPT)) {
            assertFalse(position.isDamaged() && position.isPresent());
            index = position.index();
            position.advance(Math.max(index, index + 1), 7, 1);
        }
        try (PositionFile position = PositionFile.open(FILE, HostQueue.Stream.KEPT)) {
            assertTrue(position.isPresent() && position.index() == Math.max(index, index + 1));
        }
    }

    private static Path newFile() {
        try {
            final Path file = Files.createTempFile("fuzz", "");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
