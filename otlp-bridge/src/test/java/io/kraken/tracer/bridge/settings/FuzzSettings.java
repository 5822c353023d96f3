package io.kraken.tracer.bridge.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Settings: either valid, or reported with problems of one line each. */
public final class FuzzSettings {
    private static final Path FILE = newFile();

    private FuzzSettings() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Files.write(FILE, data);
        try {
            assertNotNull(
                    BridgeSettings.read(List.of("--config=" + FILE), Map.of()).config());
        } catch (SettingsException refused) {
            assertFalse(refused.getMessage().isEmpty());
            final long odd = refused.getMessage()
                    .chars()
                    .filter(c -> c < ' ' && c != '\n')
                    .count();
            assertEquals(0, odd, refused.getMessage());
        }
    }

    /** Writes valid inputs. */
    public static void seed(Path corpus) throws IOException {
        final String more = SettingsFileTest.ALL + "    other: &a [1, *a]\n";
        Files.writeString(corpus.resolve("sound"), SettingsFileTest.ALL);
        Files.writeString(corpus.resolve("more"), more);
        Files.writeString(corpus.resolve("services"), ServiceSettingsTest.SERVICES);
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
