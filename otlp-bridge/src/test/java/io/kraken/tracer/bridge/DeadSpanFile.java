package io.kraken.tracer.bridge;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process leaves that is killed. */
final class DeadSpanFile {

    /** Where the layout says when the process started. */
    private static final int START_OFFSET = 136;

    private DeadSpanFile() {}

    /** A copy, as of a process with the same number that was started at another time. */
    static void copy(Path spanFile, Path folder) throws IOException {
        final Path copy = Files.copy(spanFile, folder.resolve("dead.spans"));
        try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "rw")) {
            file.seek(START_OFFSET);
            file.writeLong(1);
        }
        Files.createFile(folder.resolve("dead.alive"));
    }
}
