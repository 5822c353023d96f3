package io.kraken.tracer.file;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** Span files as processes leave them behind, and what is made of them at another time. */
public final class Left {

    /** Where the page of {@link SpanFileLayout} says. */
    static final int PID = 24;

    static final int BOOT = 112;
    static final int NAMESPACE = 128;
    static final int START = 136;
    static final int LAST_SIGN = 208;

    private Left() {}

    /** A copy that says it is of a process with this one's number, which was started at another time. */
    public static Path copy(Path spanFile, Path copy) throws IOException {
        Files.copy(spanFile, copy);
        Files.createFile(Liveness.lockFile(copy));
        put(copy, START, get(copy, START) - 1);
        return copy;
    }

    static long get(Path spanFile, int offset) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(spanFile.toFile(), "r")) {
            file.seek(offset);
            return Long.reverseBytes(file.readLong());
        }
    }

    static void put(Path spanFile, int offset, long value) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(spanFile.toFile(), "rw")) {
            file.seek(offset);
            file.writeLong(Long.reverseBytes(value));
        }
    }

    /** What is said of it so much later, while no exporter gives a sign. */
    public static boolean isAliveAfter(long ms, Path spanFile) {
        return Liveness.isAlive(spanFile, System.currentTimeMillis() + ms);
    }
}
