package io.kraken.tracer.bridge.queues;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BridgeLockTest {

    @TempDir
    Path directory;

    private String refusal() {
        return assertThrows(IOException.class, () -> BridgeLock.take(directory)).getMessage();
    }

    @Test
    void refusesASecondBridgeAndNamesTheHolder() throws IOException {
        try (BridgeLock lock = BridgeLock.take(directory)) {
            assertTrue(Files.exists(directory.resolve("lock")), lock::toString);
            assertTrue(refusal().contains("process " + ProcessHandle.current().pid() + ", since "), this::refusal);
            assertTrue(refusal().contains(directory.getParent().toString()));
        }
    }

    @Test
    void canBeTakenAfterItsRelease() throws IOException {
        BridgeLock.take(directory).close();
        BridgeLock.take(directory).close();
    }

    @Test
    void ignoresTheContentOfAnUnlockedFile() throws IOException {
        Files.write(directory.resolve("lock"), new byte[1 << 16]);
        try (BridgeLock lock = BridgeLock.take(directory)) {
            assertTrue(Files.size(directory.resolve("lock")) < 100, lock::toString);
        }
    }

    @Test
    void cleansTheHolderNameInTheMessage() throws IOException {
        try (BridgeLock lock = BridgeLock.take(directory)) {
            Files.write(directory.resolve("lock"), "a\u001b[31m\nb".getBytes(StandardCharsets.UTF_8));
            assertFalse(refusal().contains("\u001b") || refusal().contains("\n"), lock::toString);
            Files.write(directory.resolve("lock"), new byte[0]);
            assertTrue(refusal().contains("unknown"), this::refusal);
        }
    }
}
