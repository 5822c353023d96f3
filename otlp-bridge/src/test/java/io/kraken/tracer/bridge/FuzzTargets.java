package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.ControlWords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/** Fuzz targets for the bridge's parsers, each a class with one static method as fuzzers require. */
public final class FuzzTargets {

    private FuzzTargets() {}

    private static Path newFile() {
        try {
            final Path file = Files.createTempFile("fuzz", "");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A position file with valid magic number and checksum: advancing the position must always work. */
    public static final class Position {
        private static final Path FILE = newFile();
        private static final int SLOT = 64;
        private static final int CHECKED = 56;

        private Position() {}

        public static void fuzzerTestOneInput(byte[] data) throws IOException {
            final ByteBuffer bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
            for (int at = 0; at + SLOT <= Math.min(data.length, 2 * SLOT); at += SLOT) {
                if (data[at] != 0) {
                    final CRC32C checksum = new CRC32C();
                    bytes.putLong(at, 0x534F_504E_4B52_4B31L);
                    checksum.update(data, at, CHECKED);
                    bytes.putLong(at + CHECKED, checksum.getValue());
                }
            }
            Files.write(FILE, data);
            final long index;
            try (PositionFile position = PositionFile.open(FILE)) {
                assertFalse(position.isDamaged() && position.isPresent());
                index = position.index();
                position.advance(Math.max(index, index + 1), 7, 1);
            }
            try (PositionFile position = PositionFile.open(FILE)) {
                assertTrue(position.isPresent() && position.index() == Math.max(index, index + 1));
            }
        }
    }

    /** Untrusted strategies: JSON or protobuf, depending on the first byte. */
    public static final class Strategy {
        private Strategy() {}

        public static void fuzzerTestOneInput(byte[] data) {
            try {
                final boolean json = data.length > 0 && data[0] == '{';
                final ControlWords words = json ? SamplingAnswer.ofJson(data) : SamplingAnswer.ofProtobuf(data);
                assertNotNull(words.rate());
                assertTrue(words.operations().size() <= ControlWords.MAX_OPERATIONS);
            } catch (IOException refused) {
                assertFalse(refused.getMessage().isEmpty());
            }
        }
    }

    /** Settings: either valid, or reported with problems of one line each. */
    public static final class Yaml {
        private static final Path FILE = newFile();

        private Yaml() {}

        public static void fuzzerTestOneInput(byte[] data) throws IOException {
            Files.write(FILE, data);
            try {
                assertNotNull(BridgeSettings.read(List.of("--config=" + FILE), Map.of())
                        .config());
            } catch (SettingsException refused) {
                assertFalse(refused.getMessage().isEmpty());
                final long odd = refused.getMessage()
                        .chars()
                        .filter(c -> c < ' ' && c != '\n')
                        .count();
                assertEquals(0, odd, refused.getMessage());
            }
        }
    }
}
