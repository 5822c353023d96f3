package io.kraken.tracer.file;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** Span files as processes leave them, and changes that make them look older. */
public final class Left {

    /** Offsets from the description in {@link SpanFileLayout}. */
    static final int PID = 24;

    static final int BOOT = 112;
    static final int NAMESPACE = 128;
    static final int START = 136;
    static final int LAST_SIGN = 208;

    private Left() {}

    /** A copy whose identity is a process with this one's id, started at another time. */
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

    /** Whether the file counts as alive this much later, without a sign of life of the exporter. */
    public static boolean isAliveAfter(long ms, Path spanFile) {
        return Liveness.isAlive(spanFile, System.currentTimeMillis() + ms);
    }
}
