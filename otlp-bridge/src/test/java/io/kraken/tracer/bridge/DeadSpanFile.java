package io.kraken.tracer.bridge;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** The span file that a killed process leaves behind. */
public final class DeadSpanFile {

    /** The offset of the process's start time in the layout. */
    private static final int START_OFFSET = 136;

    private DeadSpanFile() {}

    /** Copies the file as that of a process with the same pid and another start time. */
    public static void copy(Path spanFile, Path folder) throws IOException {
        final Path copy = Files.copy(spanFile, folder.resolve("dead.spans"));
        try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "rw")) {
            file.seek(START_OFFSET);
            file.writeLong(1);
        }
        Files.createFile(folder.resolve("dead.alive"));
    }
}
