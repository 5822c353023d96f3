package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A test program in a forked JVM with the flags that queues need. */
final class ForkedMain implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 60;
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(5);

    final Process process;
    private final Path log;

    private ForkedMain(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** @param log the file for its output */
    static ForkedMain start(Path log, Class<?> main, List<String> arguments) throws IOException {
        return start(log, List.of("-ea", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), main, arguments);
    }

    static ForkedMain start(Path log, List<String> flags, Class<?> main, List<String> arguments) throws IOException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(QueueArguments.read());
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        final ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.matches("JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|OTEL_.*|KRAKEN_.*"));
        return new ForkedMain(builder.start(), log);
    }

    /** Writes a line to its standard input. */
    void tell(String line) throws IOException {
        process.getOutputStream().write((line + '\n').getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    String said() throws IOException {
        return Files.readString(log);
    }

    void awaitOutput(String text) throws IOException {
        while (!said().contains(text)) {
            assertTrue(process.isAlive(), said());
            LockSupport.parkNanos(LOOK_NS);
        }
    }

    /** Kills the process with SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    /** Sends SIGTERM and waits for the exit. */
    void terminate() throws InterruptedException {
        process.destroy();
        awaitEnd();
    }

    void awaitEnd() throws InterruptedException {
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "still running");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
