package io.kraken.tracer.bridge.ship;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.kraken.tracer.bridge.queues.HostQueue;
import java.io.IOException;
import java.nio.file.Path;

/** Position files, for tests that look at them from outside. */
public final class PositionFiles {

    private PositionFiles() {}

    public static void write(Path path, long index, long batch) throws IOException {
        for (HostQueue.Stream stream : HostQueue.Stream.values()) {
            try (PositionFile file = PositionFile.open(path, stream)) {
                file.advance(index, batch, 1);
            }
        }
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
