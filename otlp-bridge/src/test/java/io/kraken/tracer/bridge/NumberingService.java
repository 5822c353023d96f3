package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A service in a JVM of its own, with the number of spans in its queue, known even after it was killed. */
final class NumberingService implements AutoCloseable {

    private static final long LOOK_NS = TimeUnit.MICROSECONDS.toNanos(100);

    final String name;
    private final ForkedMain jvm;
    private final Path progress;
    private ByteBuffer queued;

    private NumberingService(String name, ForkedMain jvm, Path progress) {
        this.name = name;
        this.jvm = jvm;
        this.progress = progress;
    }

    /** Starts the service with a rate of spans a second, or without a limit. */
    static NumberingService forEver(Path folder, Path root, String name, long rate) throws IOException {
        return of(folder, root, name, rate, 0);
    }

    static NumberingService of(Path folder, Path root, String name, long rate, long spans) throws IOException {
        final Path progress = folder.resolve(name + ".queued");
        final List<String> arguments =
                List.of(root.toString(), name, Long.toString(rate), Long.toString(spans), progress.toString());
        return new NumberingService(
                name, ForkedMain.start(folder.resolve(name + ".log"), NumberingServiceMain.class, arguments), progress);
    }

    /** The number of spans whose append had returned: those with the smallest numbers. */
    long queued() throws IOException {
        if (queued == null && Files.exists(progress) && Files.size(progress) == Long.BYTES) {
            try (FileChannel channel = FileChannel.open(progress, StandardOpenOption.READ)) {
                queued = channel.map(FileChannel.MapMode.READ_ONLY, 0, Long.BYTES);
            }
        }
        return queued == null ? 0 : queued.getLong(0);
    }

    void awaitQueued(long spans) throws IOException {
        while (queued() < spans) {
            assertTrue(jvm.process.isAlive(), jvm.said());
            LockSupport.parkNanos(LOOK_NS);
        }
    }

    /** @return the number of spans whose append had returned */
    long kill() throws IOException, InterruptedException {
        jvm.kill();
        return queued();
    }

    boolean isAlive() {
        return jvm.process.isAlive();
    }

    /** Waits for the exit of a service with a limited number of spans. */
    long awaitEnd() throws IOException, InterruptedException {
        jvm.awaitEnd();
        assertEquals(0, jvm.process.exitValue(), jvm.said());
        return queued();
    }

    @Override
    public void close() {
        jvm.close();
    }
}
